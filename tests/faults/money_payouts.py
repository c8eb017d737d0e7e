"""T13 over money: payout files for the bank, and what the bank says of each withdrawal in them."""

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from groupbuy.commissions import payout_files
from groupbuy.commissions.payout_files import Result
from tests.faults.money_stage import Stage, bosses, crashes, pick_one, some


class Payouts(Stage):
    """Finance who pays many withdrawals by one file."""

    @precondition(lambda self: any(one.state == "approved" for one in self.model.withdrawals.values()))
    @rule(by=bosses, crash=crashes)
    def make_file(self, by: str, crash: bool) -> None:
        """Put what is approved and in no file yet into one; the next file has none of it."""
        waiting = [one for one in self.model.withdrawals.values() if one.state == "approved" and not one.file]
        for again in (False, True):
            made = self.do(lambda: payout_files.make(now=self.now, actor=by).id, crash=crash and not again)
            # What an earlier history has left approved may be in the first file, too.
            assert made is not None or again or not waiting
            assert made is None or not again
            for one in waiting if made else ():
                one.file = made
        self.compare()

    @precondition(lambda self: any(one.file for one in self.model.withdrawals.values()))
    @rule(pick=some, paid=st.booleans(), by=bosses, crash=crashes)
    def note_result(self, pick: int, paid: bool, by: str, crash: bool) -> None:
        """Note what the bank says of one of them, twice; what is over already is named."""
        filed = {number: one for number, one in self.model.withdrawals.items() if one.file}
        number, one = pick_one(filed, pick)
        said = Result(number, proof="x") if paid else Result(number, reason="x")
        wish = {"batch_id": one.file, "results": [said], "now": self.now, "actor": by}
        for again in (False, True):
            left_out = self.do(lambda: payout_files.note_results(**wish), crash=crash and not again)
            may = self.model.decide_withdrawal(one, "paid" if paid else "reject", by, confirmed=True)
            assert [row.number for row in left_out] == ([] if may else [number])
        self.compare()
