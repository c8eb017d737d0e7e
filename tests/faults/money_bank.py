"""T13 over money: the bank's own statement, taken in and matched with what was noted as moved there."""

from collections import Counter
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule
from sqlalchemy import select

from groupbuy.db import db
from groupbuy.finance import rules
from groupbuy.finance.models import BankLine
from groupbuy.flows import banking
from groupbuy.flows.bank_file import BankRow
from tests.faults.money_stage import Stage, crashes, some


class Bank(Stage):
    """A bank that says what came and went, and finance who looks for it in the books."""

    def set_up(self, limit_fen: int) -> None:
        """Remember of what earlier examples have moved the bank has said nothing."""
        super().set_up(limit_fen)
        self.unsaid = Counter(_missing().values())

    @precondition(lambda self: self.model.at_bank)
    @rule(pick=some, again=st.booleans(), crash=crashes)
    def take_statement(self, pick: int, again: bool, crash: bool) -> None:
        """Take a statement in, twice; match by hand what was in doubt, perhaps once more after a mistake."""
        count = 1 + pick % len(self.model.at_bank)
        day = self.now.astimezone(rules.BOOKS).date()
        rows = [BankRow(self.key(), day, fen, "", "x", "") for fen in self.model.at_bank[:count]]
        taken = self.do(lambda: banking.take_in(rows=rows, **self.people()), crash=crash)
        assert taken is not None
        assert taken.new == count
        assert self.do(lambda: banking.take_in(rows=rows, **self.people())).new == 0
        for line_id, state, fen in _lines([row.key for row in rows]):
            if again and state == "matched":
                self.do(lambda: banking.reopen(line_id=line_id, **self.people()) or True)  # noqa: B023 - called at once
            if again or state == "open":
                self.match(line_id, fen, crash=crash)
        del self.model.at_bank[:count]
        self.compare_bank()

    def match(self, line_id: int, fen: int, *, crash: bool) -> None:
        """Match a line by hand, once."""
        posting = next(id_ for id_, one in _missing().items() if one == fen)
        wish = {"line_id": line_id, "posting_ids": [posting], **self.people()}
        assert self.do(lambda: banking.match(**wish) or True, crash=crash)
        assert self.do(lambda: banking.match(**wish) or True) is None

    def compare_bank(self) -> None:
        """See that what the bank has not said yet is what the model says, to the fen."""
        assert Counter(_missing().values()) == self.unsaid + Counter(self.model.at_bank)

    def clear_up(self) -> None:
        """Hold what is unsaid against the model at the end too."""
        super().clear_up()
        self.compare_bank()


def _missing() -> dict[int, int]:
    db.session.rollback()
    return {row.Posting.id: row.fen for row in db.session.execute(banking.missing())}


def _lines(keys: list[str]) -> list[Any]:
    db.session.rollback()
    mine = select(BankLine.id, BankLine.state, BankLine.amount_fen).where(BankLine.key.in_(keys))
    return list(db.session.execute(mine.order_by(BankLine.id)))
