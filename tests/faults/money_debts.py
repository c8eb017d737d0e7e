"""T13 over money: what the leader owes, paid back in parts or written off, alone or by two persons."""

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from groupbuy.commissions import debts
from groupbuy.db import db
from groupbuy.leaders.models import Leader
from tests.faults.money_rows import ModelDebt
from tests.faults.money_stage import Stage, amounts, crashes, persons, pick_one, some

WAYS = st.sampled_from(["bank", "cash", None])


class Debts(Stage):
    """A leader who was paid commission that was taken back later."""

    @precondition(lambda self: self.model.debt_fen)
    @rule(
        fen=st.one_of(amounts, st.integers(1, 150)), whole=st.booleans(), way=WAYS, by=persons, crash=crashes
    )
    def settle_debt(self, fen: int, whole: bool, way: str | None, by: str, crash: bool) -> None:
        """Note what was paid back, or write it off, twice by the same form."""
        fen, key = self.model.debt_fen if whole else fen, self.key()
        wish = debts.Wish(debts.REPAID if way else debts.WRITTEN_OFF, fen, "x", way)

        def work() -> Any:
            leader = db.session.get_one(Leader, self.leader)
            return debts.settle(leader=leader, wish=wish, now=self.now, actor=by, submission_key=key).id

        done = self.do(work, crash=crash)
        assert self.do(work) == done
        assert (done is not None) is (0 < fen <= self.model.debt_fen)
        if done is not None:
            self.model.settle_debt(done, ModelDebt(fen, way, by))
        self.compare()

    @precondition(lambda self: self.model.debts)
    @rule(pick=some, agree=st.booleans(), by=persons, crash=crashes)
    def decide_debt(self, pick: int, agree: bool, by: str, crash: bool) -> None:
        """Agree to a write-off as the second person, or reject it, twice."""
        asked = {id_: one for id_, one in self.model.debts.items() if one.state == "asked"}
        id_, one = pick_one(asked if asked and pick % 9 else self.model.debts, pick)
        wish = {"settlement_id": id_, "agree": agree, "reason": "x", "now": self.now, "actor": by}
        may = self.model.decide_debt(one, agree=agree, by=by)
        for again in (False, True):
            done = self.do(lambda: debts.decide(**wish).id, crash=crash and not again)
            assert done == (id_ if may else None)
        self.compare()
