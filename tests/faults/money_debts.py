"""T13 over money: what the leader owes, paid back in parts or written off, alone or by two persons."""

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from groupbuy.commissions import debts
from groupbuy.db import db
from groupbuy.leaders.models import Leader
from tests.faults.money_rows import ModelDebt
from tests.faults.money_stage import Stage, amounts, crashes, persons, pick_one, some

Deed = tuple[int, bool, str | None, str, bool]
# How much of a debt, or all; where it came, None where it is written off; by whom; and whether that dies.
deeds: st.SearchStrategy[Deed] = st.tuples(
    st.one_of(st.integers(1, 120), st.integers(1, 120), amounts),
    st.sampled_from([False, False, True]),
    st.sampled_from(["bank", "cash", None, None]),
    persons,
    crashes,
)


class Debts(Stage):
    """A leader who was paid commission that was taken back later."""

    @precondition(lambda self: self.model.debt_fen)
    @rule(deed=deeds)
    def settle_debt(self, deed: Deed) -> None:
        """Note what was paid back, or write it off."""
        self.settle(*deed)
        self.compare()

    def settle(self, fen: int, whole: bool, way: str | None, by: str, crash: bool) -> None:
        """Settle a debt or a part of it, twice by the same form."""
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

    @precondition(lambda self: self.model.debts)
    @rule(pick=some, agree=st.booleans(), by=persons, crash=crashes)
    def decide_debt(self, pick: int, agree: bool, by: str, crash: bool) -> None:
        """Agree to a write-off as the second person, or reject it, twice."""
        asked = {id_: one for id_, one in self.model.debts.items() if one.state == "asked"}
        id_, _ = pick_one(asked if asked and pick % 9 else self.model.debts, pick)
        self.decide(id_, agree, by, crash)
        self.compare()

    def decide(self, id_: int, agree: bool, by: str, crash: bool) -> None:
        """Decide about a write-off, twice; the same again is the same."""
        wish = {"settlement_id": id_, "agree": agree, "reason": "x", "now": self.now, "actor": by}
        may = self.model.decide_debt(self.model.debts[id_], agree=agree, by=by)
        for again in (False, True):
            done = self.do(lambda: debts.decide(**wish).id, crash=crash and not again)
            assert done == (id_ if may else None)
