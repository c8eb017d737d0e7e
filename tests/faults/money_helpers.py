"""T13 over money: what the leader pays the helper, who confirms it or says that it has not come."""

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from groupbuy.commissions import helper_payments
from groupbuy.db import db
from groupbuy.leaders.models import Leader
from tests.faults.money_rows import ModelHelperPayment
from tests.faults.money_stage import Stage, amounts, crashes, pick_one, some


class Helpers(Stage):
    """A leader with a helper."""

    @precondition(lambda self: self.model.helper_fen or self.model.helper_payments)
    @rule(fen=amounts, whole=st.booleans(), crash=crashes)
    def pay_helper(self, fen: int, whole: bool, crash: bool) -> None:
        """Note what the helper was paid."""
        self.say_paid(self.model.owed_helper_fen if whole else fen, crash=crash)
        self.compare()

    def say_paid(self, fen: int, *, crash: bool) -> None:
        """Note what the helper was paid, twice by the same form."""
        owed_fen = self.model.owed_helper_fen
        wish = {"account_id": self.helper, "amount_fen": fen, "proof": "x"}
        wish |= {"submission_key": self.key(), **self.people()}

        def work() -> int:
            leader = db.session.get_one(Leader, self.leader)
            return helper_payments.note(leader=leader, **wish).id

        done = self.do(work, crash=crash)
        assert self.do(work) == done
        assert (done is not None) is (0 < fen <= owed_fen)
        if done is not None:
            self.model.helper_payments[done] = ModelHelperPayment(fen)

    @precondition(lambda self: self.model.helper_payments)
    @rule(pick=some, came=st.sampled_from([True, True, False]), crash=crashes)
    def answer_as_helper(self, pick: int, came: bool, crash: bool) -> None:
        """Confirm that the money has come, once however often, or say that it has not."""
        self.answer(*pick_one(self.model.helper_payments, pick), came=came, crash=crash)
        self.compare()

    def answer(self, id_: int, one: ModelHelperPayment, *, came: bool, crash: bool) -> None:
        """Answer as the helper, the same again or otherwise."""
        wish = {"payment_id": id_, "account_id": self.helper, **self.people()}
        works = {
            True: lambda: helper_payments.confirm(**wish).id,
            False: lambda: helper_payments.deny(**wish, reason="x").id,
        }
        done = self.do(works[came], crash=crash)
        again = came and one.state == "confirmed"
        assert done == (id_ if one.state == "noted" or again else None)
        if one.state == "noted" and came:
            self.model.confirm_helper(one)
        elif one.state == "noted":
            one.state = "denied"
