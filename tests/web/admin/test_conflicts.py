"""Two operators edit the same thing: the second one sees what the first has changed, and decides."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from groupbuy.accounts import service
from groupbuy.db import db
from groupbuy.db.transaction import transaction
from groupbuy.finance.dials import dials
from groupbuy.leaders.models import Leader, LeaderLevel
from groupbuy.purchasing import delivering
from tests import building
from tests.building import NOW
from tests.security.forms import forms_of
from tests.web.admin.people import Person, Town, sign_in


def shown(person: Person, path: str) -> Mapping[str, str]:
    """Return the fields of the page's form that has been seen, as a browser would send them."""
    for form in forms_of(person.text(path), page=path):
        if "seen" in form.fields:
            return form.fields
    raise AssertionError(f"{path} has no such form")


def send(person: Person, path: str, seen: Mapping[str, str], **typed: str) -> tuple[int, str]:
    answer = person.post(path, **{**seen, **typed})
    return answer.status_code, answer.get_data(as_text=True)


def second_operator(town: Town) -> Person:
    account = building.add_account("另一位")
    with transaction():
        service.grant_role(account=account, role="operator", now=NOW, actor="test")
    return sign_in(town.app, account, "operator")


LEADER = {"name": "王姐", "pickup_hours": "18:00–20:00", "community_id": "0", "level_id": "0"}
DIALS = {
    "after_sale_days": "2",
    "confirm_hours": "72",
    "remind_hours": "24",
    "replace_days": "14",
    "pickup_hour": "16",
    "withdrawal_min_fen": "10",
    "withdrawal_fee_fen": "0",
    "tax_bp": "0",
    "tax_free_fen": "800",
    "second_person_fen": "5000",
    "refund_alone_fen": "5000",
    "weight_cap_bp": "20",
    "referral_bp": "0",
    "referral_2_bp": "0",
    "archive_days": "180",
}


@pytest.mark.parametrize(
    ("page", "to", "base", "first", "second"),
    [
        ("/admin/leaders/L1", "", LEADER, {"route": "城东线"}, {"route": "城西线"}),
        ("/admin/suppliers/S1", "", {"code": "S1", "name": "绿田", "min_order_fen": "0", "active": "y"},
         {"contact": "周先生"}, {"contact": "吴女士"}),
        ("/admin/ledger/figures", "", DIALS, {"after_sale_days": "3"}, {"after_sale_days": "5"}),
        ("/admin/settings", "/admin/settings/delivery", {}, {"address": "东仓"}, {"address": "西仓"}),
    ],
)  # fmt: skip
def test_who_saves_second_sees_both_and_saves_knowingly(
    town: Town, page: str, to: str, base: dict[str, str], first: dict[str, str], second: dict[str, str]
) -> None:
    one, other = town.operator, second_operator(town)
    mine, theirs = shown(one, page), shown(other, page)
    assert send(one, to or page, mine, **base | first)[0] == 303
    status, text = send(other, to or page, theirs, **base | second)
    assert status == 409
    assert "其他人已修改" in text
    assert f'<a href="{page}">' in text
    assert all(value in text for value in (*first.values(), *second.values()))
    again = next(form.fields for form in forms_of(text, page=page) if "seen" in form.fields)
    assert send(other, to or page, again, **base | second)[0] == 303
    stored = one.text(page)
    assert all(value in stored for value in second.values())


def test_who_changes_a_level_second_sees_what_the_first_did(town: Town) -> None:
    one, other = town.operator, second_operator(town)
    one.post("/admin/levels/new", name="银牌", min_month_fen="5000")
    page = f"/admin/levels/{db.session.scalars(select(LeaderLevel.id)).one()}"
    mine, theirs = shown(one, page), shown(other, page)
    assert send(one, page, mine, name="银牌", min_month_fen="6000")[0] == 303
    status, text = send(other, page, theirs, name="银牌", min_month_fen="7000")
    assert (status, "其他人已修改" in text, "6000" in text) == (409, True, True)
    again = next(form.fields for form in forms_of(text, page=page) if "seen" in form.fields)
    assert send(other, page, again, name="银牌", min_month_fen="7000")[0] == 303
    db.session.rollback()
    assert db.session.scalars(select(LeaderLevel.min_month_fen)).one() == 700_000


def test_who_puts_a_rate_in_force_second_is_told_of_the_first(town: Town) -> None:
    one, other = town.operator, second_operator(town)
    page = "/admin/commissions/plan"
    rate = {"scope": "default", "how": "percent"}
    mine, theirs = shown(one, page), shown(other, page)
    assert send(one, page, mine, **rate, rate_bp="8")[0] == 303
    status, text = send(other, page, theirs, **rate, rate_bp="9")
    assert (status, "刚被别人改过" in text, "8%" in text) == (409, True, True)
    again = next(form.fields for form in forms_of(text, page=page) if "seen" in form.fields)
    assert send(other, page, again, **rate, rate_bp="9")[0] == 303


def test_of_two_who_save_at_the_same_moment_one_is_told(town: Town) -> None:
    one, other = town.operator, second_operator(town)
    page = "/admin/leaders/L1"
    ready = [(one, shown(one, page), "城东线"), (other, shown(other, page), "城西线")]
    for person, *_ in ready:
        person.text("/admin/settings")

    def save(one: tuple[Person, Mapping[str, str], str]) -> int:
        with town.app.app_context():
            return send(one[0], page, one[1], **LEADER, route=one[2])[0]

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(save, ready))
    assert sorted(answers) == [303, 409]
    db.session.rollback()
    assert db.session.scalars(select(Leader.route)).first() in ("城东线", "城西线")


def test_what_nobody_else_has_changed_is_stored_at_once(town: Town) -> None:
    page = "/admin/settings"
    assert (
        send(town.operator, "/admin/settings/delivery", shown(town.operator, page), address="东仓")[0] == 303
    )
    assert delivering.delivery_place() == "东仓"
    figures = shown(town.operator, "/admin/ledger/figures")
    assert send(town.operator, "/admin/ledger/figures", figures, **DIALS | {"tax_bp": "1"})[0] == 303
    db.session.rollback()
    assert dials().tax_bp == 100
