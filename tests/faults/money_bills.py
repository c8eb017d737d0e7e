"""T13 over money: what only the channel's bill has, and what finance books or explains of it."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from groupbuy.finance import rules
from groupbuy.flows import settling_bills
from groupbuy.payments.bill_differences import find_difference
from groupbuy.payments.simulator.book import Trade
from tests.faults import money_books
from tests.faults.money_rows import BOSS, DIFFERENCES, OTHER, ModelStray
from tests.faults.money_stage import Stage, crashes, persons, pick_one, some

DEEDS = ("explain", "book", "book", "book")


class Bills(Stage):
    """A channel whose book has what nobody here knows of, and finance who settles it."""

    @rule(fen=st.integers(1, 3000), back=st.integers(0, 3000))
    def go_astray(self, fen: int, back: int) -> None:
        """Let the channel take money that was asked for nowhere here, and perhaps give some of it back."""
        type(self).faults += 1
        number = f"STRAY{self.key()}"
        book = self.simulator.book
        book.open(Trade(number, "", "", fen, "NATIVE", "", None, "x", "somebody"))
        book.pay(number, now=self.now)
        day = self.now.astimezone(rules.BOOKS).date()
        self.model.strays["pay", number] = ModelStray(fen, day)
        if 0 < back <= fen:
            book.refund(f"{number}B", payment=number, amount_fen=back, total_fen=fen, now=self.now)
            book.settle(f"{number}B", "SUCCESS", now=self.now)
            self.model.strays["refund", f"{number}B"] = ModelStray(back, day)

    @precondition(lambda self: self.model.strays)
    @rule(
        pick=some,
        deed=st.sampled_from(DEEDS),
        account=st.sampled_from(sorted(DIFFERENCES)),
        by=persons,
        crash=crashes,
    )
    def settle_difference(self, pick: int, deed: str, account: str, by: str, crash: bool) -> None:
        """Fetch the bill and settle what it has too much, twice by the same form."""
        (kind, number), stray = pick_one(self.model.strays, pick)
        of = {"channel": "wechat", "day": stray.day, "kind": kind, "number": number}
        self.settle_stray(of, stray, (deed, account if deed == "book" else ""), by, crash=crash)
        self.compare()

    def settle_stray(
        self, of: Mapping[str, Any], stray: ModelStray, same: tuple[str, str], by: str, *, crash: bool
    ) -> None:
        """Settle it, which is possible once, above the limit with a second person; later it is found done."""
        self.fetch_bill(stray.day)
        assert (find_difference(**of) is None) is stray.settled
        wish = settling_bills.Wish(same[0], "x", None, stray.fen, same[1] or None)

        def work() -> Any:
            return settling_bills.settle(**of, wish=wish, now=self.now, actor=by).id

        for again in (False, True):
            done = self.do(work, crash=crash and not again)
            assert (done is not None) is self.model.settle_stray(of["kind"], stray, same, by)

    def fetch_bill(self, day: date) -> None:
        """Fetch the bill of a day again, as finance may at any time."""
        money_books.fetch_bill(day, self.now)

    def clear_up(self) -> None:
        """Settle what nobody has settled yet: until then the audit names it."""
        super().clear_up()
        for (kind, number), stray in self.model.strays.items():
            of = {"channel": "wechat", "day": stray.day, "kind": kind, "number": number}
            for by in (BOSS, OTHER):
                if not stray.settled:
                    self.settle_stray(of, stray, ("book", "held"), by, crash=False)
        self.compare(kept=True)
