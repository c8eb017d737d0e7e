"""Helpers are paid: noted by the leader, confirmed by the helper, once each, to the fen."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine
from flask import Flask

from groupbuy.accounts.queries import get_account
from groupbuy.analytics import leader_statement
from groupbuy.analytics.invariants import check_all
from groupbuy.commissions import helper_payments as service
from groupbuy.commissions.models import HelperPayment
from groupbuy.commissions.rules import Rate
from groupbuy.db import db
from groupbuy.db.transaction import in_transaction, transaction
from groupbuy.finance import queries, rules
from groupbuy.flows import enrolling, leaving, putting_right, recruiting
from groupbuy.flows.putting_right import Kind, Reason, Request
from groupbuy.kernel.errors import GroupbuyError
from groupbuy.leaders.models import Leader
from groupbuy.notices import choices, log
from groupbuy.notices.log import Asked
from groupbuy.notices.names import names_of
from groupbuy.notices.reach import recipient
from groupbuy.notices.rules import HELPER
from groupbuy.orders.models import Order
from tests import building
from tests.api.conftest import Town, person_of
from tests.building import ACTOR
from tests.commissions.test_helpers import help_out, share
from tests.money import PICKED, SETTLED, hand_out, keep
from tests.support.refusals import code_of
from tests.web.admin.people import Person, sign_in

# A third of ¥9.90: what the helper gets of a commission of a tenth of 10 units.
OWED = 330


def earned(app: Flask) -> tuple[int, int]:
    """Return a leader and its helper, who has a third of a settled commission of ¥9.90."""
    building.set_commission(Rate(rate_bp=1000))
    leader = building.add_leader()
    helper = help_out(leader, "13911110001", "小赵")
    share(leader, helper, 3334)
    round_ = building.add_round([building.add_product(building.add_supplier())])
    order = building.place(round_, building.add_resident(leader), {"P1": 10})
    building.close(app, round_)
    hand_out(db.session.get_one(Order, order.id))
    keep(PICKED + timedelta(minutes=1))
    keep(SETTLED)
    return leader.id, helper


def paid(leader: int, helper: int, fen: int, *, proof: str = "现金", key: str | None = None) -> int:
    usual = {"now": SETTLED, "actor": "test", "submission_key": key}
    return in_transaction(
        lambda: (
            service.note(
                leader=db.session.get_one(Leader, leader),
                account_id=helper,
                amount_fen=fen,
                proof=proof,
                **usual,
            ).id
        )
    )


def confirmed(payment: int, helper: int) -> str:
    return in_transaction(
        lambda: service.confirm(payment_id=payment, account_id=helper, now=SETTLED, actor="test").state
    )


def balances(leader: int, helper: int) -> list[int]:
    return [queries.available(name) for name in (rules.helper(helper), rules.commission(leader, "settled"))]


def broken() -> list[str]:
    return [one.name for one in check_all(now=SETTLED, at_rest=False) if one.violations]


def test_what_the_helper_confirms_goes_back_to_the_leader(app: Flask) -> None:
    leader, helper = earned(app)
    assert balances(leader, helper) == [OWED, 990 - OWED]
    for fen, proof, code in ((OWED + 1, "x", "above_owed"), (0, "x", "out_of_range"), (1, " ", "required")):
        assert code_of(paid, leader, helper, fen, proof=proof) == code
    first = paid(leader, helper, 200, key="a")
    assert paid(leader, helper, 200, key="a") == first
    assert balances(leader, helper) == [OWED, 990 - OWED]
    assert code_of(paid, leader, helper, OWED - 199) == "above_owed"
    assert code_of(confirmed, first, helper + 1) == "unknown_payment"
    assert [confirmed(first, helper) for _ in range(2)] == ["confirmed", "confirmed"]
    assert balances(leader, helper) == [OWED - 200, 990 - OWED + 200]
    denied = paid(leader, helper, OWED - 200)
    usual = {"payment_id": denied, "account_id": helper, "now": SETTLED, "actor": "test"}
    in_transaction(lambda: service.deny(**usual, reason="没有到账"))
    assert code_of(confirmed, denied, helper) == "decided_meanwhile"
    assert [(one.name, one.fen) for one in service.owed_by(leader)] == [("小赵", OWED - 200)]
    sums = leader_statement.sums_by_source(leader_statement.statement(leader, "2026-11"))
    assert (sums["helper_share"], sums["helper_payment"]) == ((0, 0, -OWED), (0, 0, 200))
    assert broken() == []


def test_a_refund_after_the_payment_leaves_the_helper_in_debt_to_the_next_share(app: Flask) -> None:
    leader, helper = earned(app)
    payment = paid(leader, helper, OWED)
    usual = {"now": PICKED + timedelta(hours=1), "zone": building.ZONE, "actor": ACTOR}
    wanted = Request(Kind.REFUND, Reason.SPOILED, "发霉了", {"P1": 5})
    with transaction():
        case = putting_right.ask(order=db.session.query(Order).one(), request=wanted, **usual)
        putting_right.decide(number=case.number, approve=True, answer="", **usual)
    keep(SETTLED + timedelta(minutes=10))
    assert confirmed(payment, helper) == "confirmed"
    assert balances(leader, helper) == [-OWED // 2, 495 + OWED // 2]
    assert [one.fen for one in service.owed_by(leader)] == [-OWED // 2]
    assert broken() == []


def test_ten_clicks_pay_once(app: Flask) -> None:
    leader, helper = earned(app)
    db.session.rollback()

    def click(key: str) -> str:
        with app.app_context():
            return code_of(paid, leader, helper, OWED, key=key)

    with ThreadPoolExecutor(10) as pool:
        codes = list(pool.map(click, ["same"] * 5 + list("vwxyz")))
    assert db.session.query(HelperPayment).count() == 1
    assert set(codes) <= {"done", "above_owed"}
    payment = db.session.query(HelperPayment.id).scalar()
    db.session.rollback()

    def accept(_: int) -> str:
        with app.app_context():
            return code_of(confirmed, payment, helper)

    with ThreadPoolExecutor(10) as pool:
        assert set(pool.map(accept, range(10))) <= {"done", "decided_meanwhile"}
    assert balances(leader, helper) == [0, 990]
    assert broken() == []


def test_nobody_leaves_while_a_share_is_unpaid(app: Flask) -> None:
    leader, helper = earned(app)
    assert recruiting.open_money_of(db.session.get_one(Leader, leader))["helpers"] == OWED
    with transaction():
        enrolling.stop_help(
            leader=db.session.get_one(Leader, leader), account_id=helper, now=SETTLED, actor=ACTOR
        )
    with pytest.raises(GroupbuyError, match=r"¥3\.30") as refused:
        in_transaction(lambda: leaving.leave(account_id=helper, now=SETTLED, actor="test"))
    assert refused.value.code == "open_money"
    confirmed(paid(leader, helper, OWED), helper)
    assert "helpers" not in recruiting.open_money_of(db.session.get_one(Leader, leader))
    in_transaction(lambda: leaving.leave(account_id=helper, now=SETTLED, actor="test"))


def test_the_leader_notes_it_and_a_former_helper_confirms_it_on_pages(app: Flask) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    leader, helper = earned(app)
    with time_machine.travel(SETTLED, tick=False):
        mine = sign_in(app, get_account(db.session.get_one(Leader, leader).account_id), "leader")
        theirs = sign_in(app, get_account(helper), "pickup_verifier")
        page = "/leader/helpers/payments"
        assert "¥3.30" in mine.text(page)
        wish = {"account": helper, "amount": "3.31", "proof": "微信 1000001"}
        assert mine.client.post(page, data=wish).status_code == 422
        for amount in ("1.30", "2.00"):
            assert mine.client.post(page, data=wish | {"amount": amount}).status_code == 303
        with transaction():
            enrolling.stop_help(
                leader=db.session.get_one(Leader, leader), account_id=helper, now=SETTLED, actor=ACTOR
            )
        assert theirs.get("/leader/pickup").headers["Location"].endswith("/leader/shares")
        assert "微信 1000001" in theirs.text("/leader/shares")
        first, second = [one.id for one in service.payments(account_id=helper)]
        assert answered(theirs, first, "confirm") == "谢谢，团长会看到。"
        assert answered(theirs, second, "deny") != "谢谢，团长会看到。"
        assert answered(theirs, second, "deny", reason="没有到账") == "谢谢，团长会看到。"
        assert "没有到账" in mine.text(page)
    assert balances(leader, helper) == [130, 990 - 130]


def answered(person: Person, payment: int, deed: str, **form: str) -> str:
    """Return whether the page thanks for an answer, else nothing."""
    thanks = "谢谢，团长会看到。"
    person.client.post(f"/leader/shares/{payment}/{deed}", data=form)
    return thanks if thanks in person.text("/leader/shares") else ""


def test_programs_note_and_answer(app: Flask) -> None:
    leader, helper = earned(app)
    round_, row = db.session.query(Order).one().round, db.session.get_one(Leader, leader)
    resident = building.add_resident(row)
    town = Town(app, round_, row, row, resident, resident)
    with time_machine.travel(SETTLED, tick=False):
        head, hand = town.person(row.account_id, "leader"), town.person(helper, "pickup_verifier")
        path = f"/leaders/{row.code}/helper-payments"
        wish = {"account_id": helper, "amount_fen": OWED, "proof": "现金", "submission_key": "k"}
        made = [head.post(path, wish) for _ in range(2)]
        assert [one.status_code for one in made] == [201, 201]
        assert made[0].json == made[1].json
        assert hand.get("/helper-shares").json["balance_fen"] == OWED
        answer = f"/helper-shares/payments/{made[0].json['id']}/answer"
        assert hand.post(answer, {"received": False}).json["error"]["param"] == "reason"
        assert hand.post(answer, {"received": True}).json["state"] == "confirmed"
        assert head.get(path).json["owed"] == []


def test_the_helper_is_told_once_by_every_channel_that_is_wanted(app: Flask) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    leader, helper = earned(app)
    me = recipient(HELPER, helper)
    with transaction():
        for channel in ("sms", "wechat"):
            choices.switch(wanted={("share_paid", HELPER, channel): True}, now=SETTLED, actor="test")
        get_account(helper).language = "en"
    assert [paid(leader, helper, 200, proof="cash", key="a") for _ in range(2)] == [1, 1]
    told = [(one.channel, one.state) for one in log.recent(Asked(recipient=me), most=9)]
    assert sorted(told) == [("page", "accepted"), ("sms", "queued")]
    assert names_of([me]) == {me: "小赵"}
    with time_machine.travel(SETTLED, tick=False):
        theirs = sign_in(app, get_account(helper), "pickup_verifier")
        page = "/leader/shares/messages"
        assert "says to have paid you ¥2.00 of your share: cash." in theirs.text(page)
        assert "1 条未读" in theirs.text(page)
        theirs.client.post(page, data={"until": "999"})
        assert "全部已读" in theirs.text(page)
        wish = {"on": ["share_paid.wechat"]}
        assert theirs.client.post(f"{page}/preferences", data=wish).status_code == 303
    paid(leader, helper, 1, proof="cash")
    told = [one.channel for one in log.recent(Asked(recipient=me), most=9)]
    assert sorted(told) == ["page", "page", "sms"]


def test_programs_of_helpers_read_what_they_were_told(app: Flask) -> None:
    leader, helper = earned(app)
    paid(leader, helper, 200)
    hand = person_of(app, helper, "pickup_verifier")
    with time_machine.travel(SETTLED, tick=False):
        path = "/helper-shares/messages"
        told = hand.get(path).json
        assert (told["unread"], told["items"][0]["subject"]) == (1, "分成已付 · ¥2.00")
        assert hand.post(f"{path}/seen", {"until": told["items"][0]["id"]}).json == {"unread": 0}
        assert hand.get(f"{path}/preferences").json == {"items": []}
