"""From an application to a leader, and out again."""

from dataclasses import replace
from threading import Barrier, Thread

import pytest
from flask import Flask
from sqlalchemy import select

from groupbuy.accounts import queries as accounts
from groupbuy.audit.models import AuditEntry
from groupbuy.commissions import withdrawing
from groupbuy.commissions.rules import Rate
from groupbuy.db import db
from groupbuy.db.transaction import in_transaction, transaction
from groupbuy.flows import collecting, recruiting
from groupbuy.kernel.errors import BadInput, GroupbuyError, NotFound, RuleBroken
from groupbuy.leaders.agreement import agreement_in_force, write_agreement
from groupbuy.leaders.applying import wanted_from
from groupbuy.leaders.models import Leader
from groupbuy.leaders.rules import check_email
from groupbuy.messaging.models import Message
from tests import building, money
from tests.building import CLOSES, NOW

PHONE = "13812345678"
WANTED = wanted_from(
    name="周姐",
    community="阳光花园",
    address="3号楼一层便利店",
    why="我开便利店，认识邻居",
    latitude_e6=30_274_100,
    longitude_e6=120_155_100,
)


def apply(phone: str = PHONE) -> Leader:
    """Apply with a phone."""
    return in_transaction(lambda: recruiting.apply(phone=phone, wanted=WANTED, now=NOW))


def decide(code: str, seen: str, state: str, reason: str = "", **more: bool) -> Leader:
    """Decide as an operator who saw a state."""
    return in_transaction(
        lambda: recruiting.decide(
            code=code, seen=seen, state=state, reason=reason, now=NOW, actor="test", **more
        )
    )


def accept(leader: Leader, version: int = 1) -> Leader:
    """Accept the agreement as the applicant."""
    account_id = leader.account_id
    return in_transaction(lambda: recruiting.accept(account_id=account_id, version=version, now=NOW))


def refusal(deed: object) -> str:
    """Return the code of the error that a deed ends with."""
    with pytest.raises(GroupbuyError) as caught:
        deed()  # type: ignore[operator]  # A test calls what it was given.
    return caught.value.code


def test_an_applicant_becomes_a_leader_with_code_point_role_and_agreement(app: Flask) -> None:
    leader = apply()
    assert (leader.state, accounts.roles_of(leader.account_id)) == ("applied", set())
    decide(leader.code, "applied", "reviewed")
    found = accept(leader)
    assert (found.state, found.address, found.agreement_version) == ("active", "3号楼一层便利店", 1)
    assert (found.agreed_at, found.latitude_e6) == (NOW, 30_274_100)
    assert found.community is not None
    assert found.community.name == "阳光花园"
    assert accounts.roles_of(leader.account_id) == {"leader"}
    verbs = db.session.scalars(
        select(AuditEntry.verb).where(AuditEntry.subject == leader.code).order_by(AuditEntry.id)
    ).all()
    assert verbs == ["leader_applied", "leader_moved", "leader_moved", "agreement_accepted"]


def test_applying_twice_is_said_at_each_stage(app: Flask) -> None:
    leader = apply()
    assert refusal(apply) == "already_applied"
    decide(leader.code, "applied", "reviewed")
    assert refusal(apply) == "already_approved"
    accept(leader)
    assert refusal(apply) == "already_leader"
    decide(leader.code, "active", "suspended", "投诉")
    assert refusal(apply) == "suspended"


def test_who_was_rejected_reads_why_and_applies_again(app: Flask) -> None:
    leader = apply()
    assert decide(leader.code, "applied", "rejected", "附近已有团长").state_reason == "附近已有团长"
    again = apply()
    assert (again.id, again.state, again.state_reason) == (leader.id, "applied", None)


def test_who_gave_a_mail_address_is_written_to_about_each_decision(app: Flask) -> None:
    wanted = replace(WANTED, email="leader@example.com")
    leader = in_transaction(lambda: recruiting.apply(phone=PHONE, wanted=wanted, now=NOW))
    decide(leader.code, "applied", "rejected", "附近已有团长")
    decide(leader.code, "rejected", "reviewed")
    mails = db.session.scalars(select(Message).order_by(Message.id)).all()
    assert [(mail.recipient, mail.subject) for mail in mails] == [("leader@example.com", "团长申请结果")] * 2
    assert "附近已有团长" in mails[0].body
    assert "已通过审核" in mails[1].body


def test_the_second_of_two_operators_is_told_that_the_first_decided(app: Flask) -> None:
    leader = apply()
    decide(leader.code, "applied", "reviewed")
    assert refusal(lambda: decide(leader.code, "applied", "rejected", "x")) == "decided_meanwhile"
    assert refusal(lambda: decide(leader.code, "applied", "reviewed")) == "decided_meanwhile"


def test_of_two_decisions_at_once_one_counts(app: Flask) -> None:
    leader, gate, results = apply(), Barrier(2), list[str]()
    code = leader.code

    def one(state: str) -> None:
        with app.app_context():
            gate.wait()
            try:
                results.append(decide(code, "applied", state, "x").state)
            except RuleBroken as error:
                results.append(error.code)

    threads = [Thread(target=one, args=(state,)) for state in ("reviewed", "rejected")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert "decided_meanwhile" in results
    assert len({"reviewed", "rejected"} & set(results)) == 1


@pytest.mark.check(37)
def test_no_step_is_skipped(app: Flask) -> None:
    leader = apply()
    assert refusal(lambda: accept(leader)) == "not_approved"
    assert refusal(lambda: decide(leader.code, "applied", "active")) == "wrong_state"
    with pytest.raises(NotFound):
        recruiting.accept(account_id=building.add_account("别人").id, version=1, now=NOW)


def test_an_agreement_that_was_changed_must_be_read_again(app: Flask) -> None:
    leader = apply()
    decide(leader.code, "applied", "reviewed")
    with transaction():
        write_agreement(text="新协议", seen=1, now=NOW, actor="test")
    assert refusal(lambda: accept(leader, 1)) == "agreement_changed"
    assert accept(leader, 2).agreement_version == 2
    assert refusal(lambda: write_agreement(text="又改", seen=1, now=NOW, actor="test")) == "agreement_changed"
    assert agreement_in_force().text == "新协议"


def test_a_suspended_leader_takes_no_new_orders_and_hands_out_the_old(app: Flask) -> None:
    leader = building.add_leader()
    resident = building.add_resident(leader)
    round_ = building.add_round([building.add_product(building.add_supplier())])
    order = building.place(round_, resident, {"P1": 1})
    decide("L1", "active", "suspended", "投诉")
    assert refusal(lambda: building.place(round_, resident, {"P1": 1})) == "leader_not_active"
    db.session.refresh(order)
    assert order.state == "confirmed"
    decide("L1", "suspended", "active")
    assert building.place(round_, resident, {"P1": 1}).state == "confirmed"


def test_an_exit_names_open_orders_and_then_frozen_commission(app: Flask) -> None:
    leader = building.add_leader()
    building.set_commission(Rate(rate_bp=1000))
    round_ = building.add_round([building.add_product(building.add_supplier())])
    order = building.place(round_, building.add_resident(leader), {"P1": 1})
    with pytest.raises(RuleBroken, match=order.number):
        decide("L1", "active", "exited", "搬走")
    building.close(app, round_, CLOSES)
    with transaction():
        collecting.verify_pickup(
            code=order.pickup_code, leader_ids=[leader.id], now=CLOSES, actor=building.ACTOR
        )
    with pytest.raises(RuleBroken, match=r"frozen ¥0\.99"):
        decide("L1", "active", "exited", "搬走")


def test_an_exit_waits_for_balance_withdrawals_and_cash(app: Flask) -> None:
    leader = money.earn(app)
    refused = pytest.raises(RuleBroken, match=r"balance ¥49\.00, withdrawals ¥50\.00")
    row = money.ask(leader, 5000)
    with refused:
        decide("L1", "active", "exited", "搬走")
    number = row.number
    in_transaction(lambda: withdrawing.approve(number=number, now=money.SETTLED, actor="account:90"))
    in_transaction(
        lambda: withdrawing.note_paid(number=number, proof="1", now=money.SETTLED, actor="account:90")
    )
    with pytest.raises(RuleBroken, match=r"balance ¥49.00\."):
        decide("L1", "active", "exited", "搬走")
    dues = money.ask(leader, 4900).number
    in_transaction(lambda: withdrawing.approve(number=dues, now=money.SETTLED, actor="account:90"))
    in_transaction(
        lambda: withdrawing.note_paid(number=dues, proof="2", now=money.SETTLED, actor="account:90")
    )
    assert decide("L1", "active", "exited", "搬走").state == "exited"
    assert "leader" not in accounts.roles_of(leader.account_id)


def test_who_left_may_apply_again(app: Flask) -> None:
    leader = building.add_leader()
    decide("L1", "active", "exited", "搬走")
    again = apply(accounts.get_account(leader.account_id).phone)
    assert (again.code, again.state) == ("L1", "applied")


@pytest.mark.parametrize("field", ["name", "community", "address", "why"])
@pytest.mark.parametrize("text", ["", "  ", "x" * 600, "a\x00b"])
def test_an_unsound_text_is_refused_with_its_field(field: str, text: str) -> None:
    texts = {"name": "周姐", "community": "阳光", "address": "3号楼", "why": "邻居"} | {field: text}
    with pytest.raises(BadInput) as caught:
        wanted_from(**texts, latitude_e6=None, longitude_e6=None)
    assert caught.value.param == field


@pytest.mark.parametrize("text", ["a", "a@b", "a b@c.de", "a@b.c, d@e.f", "x" * 200 + "@a.de"])
def test_what_is_no_mail_address_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        check_email(text)


def test_an_application_without_a_place_is_fine(app: Flask) -> None:
    wanted = replace(WANTED, place=None)
    assert in_transaction(lambda: recruiting.apply(phone=PHONE, wanted=wanted, now=NOW)).latitude_e6 is None
