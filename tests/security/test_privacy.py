"""Privacy: no phone in any log, and a trail of who looked at whom."""

import json
import re
from collections.abc import Mapping
from itertools import product
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest
from flask import Flask
from sqlalchemy import select

from groupbuy.audit.models import AuditEntry
from groupbuy.db import db
from groupbuy.db.transaction import transaction
from groupbuy.flows import leaving
from groupbuy.members.models import Resident
from groupbuy.members.service import CONSENT_VERSION
from groupbuy.orders.models import Order
from tests.building import NOW, add_leader, add_resident
from tests.files import LEADERS, RESIDENTS
from tests.security.town import Town
from tests.support.commands import Run
from tests.web.shopping import Visitor

PHONE = re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)")


def ask(url: str, form: Mapping[str, str] | None = None, body: object = None) -> None:
    """Send a request whatever it answers."""
    data = urlencode(form).encode() if form else json.dumps(body).encode() if body else None
    headers = {"Content-Type": "application/json"} if body else {}
    try:
        with urlopen(Request(url, data=data, headers=headers), timeout=30):  # noqa: S310 - our own address
            return
    except HTTPError as error:
        error.close()


@pytest.mark.check(58)
@pytest.mark.parametrize("database_kind", ["sqlite"])
@pytest.mark.parametrize("extra_settings", [{"GROUPBUY_LOG_LEVEL": "debug", "GROUPBUY_LOG_FORMAT": "json"}])
def test_no_phone_comes_into_the_servers_log(live_server: str, tmp_path: Path, database_kind: str) -> None:
    phone = "13812345678"
    ask(f"{live_server}/sign-in?by=password&phone={phone}")
    ask(f"{live_server}/sign-in", {"phone": phone, "password": "wrong horse"})
    ask(f"{live_server}/api/v1/tokens", body={"phone": phone, "password": "wrong horse"})
    ask(f"{live_server}/api/v1/tokens", body={"phone": int(phone), "password": [phone]})
    ask(f"{live_server}/orders/{phone}")
    ask(f"{live_server}/api/v1/orders/{phone}")
    assert PHONE.findall((tmp_path / "server.log").read_text()) == []


@pytest.mark.check(58)
@pytest.mark.parametrize("database_kind", ["sqlite"])
@pytest.mark.parametrize("extra_settings", [{"GROUPBUY_LOG_LEVEL": "debug"}])
def test_an_import_writes_no_phone_to_the_log(run_cli: Run, tmp_path: Path, database_kind: str) -> None:
    files = (("leaders", LEADERS), ("residents", RESIDENTS), ("residents", f"{RESIDENTS}M9,x,1380,L9,1\n"))
    for name, text in files:
        file = tmp_path / f"{name}.csv"
        file.write_text(text, encoding="utf-8")
        assert PHONE.findall(run_cli("import", name, file, check=False).stderr) == []


@pytest.mark.check(58)
@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_audit_entries_hold_no_phone(town: Town, database_kind: str) -> None:
    town.browser("resident").post("/me/profile", data={"name": "王女士", "room": "1-1"})
    entries = db.session.scalars(select(AuditEntry)).all()
    assert len(entries) > 10
    told = {entry.verb: f"{entry.before} {entry.after} {entry.subject}" for entry in entries}
    assert [verb for verb, text in told.items() if PHONE.search(text)] == []


@pytest.mark.check(58)
@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_no_list_shows_a_whole_phone(town: Town, database_kind: str) -> None:
    of_leaders = ("/leader/orders", "/leader/residents", "/leader/pickup")
    of_staff = ("/admin/orders", "/admin/residents", "/admin/users")
    for who, path in (*product(["leader"], of_leaders), *product(["customer_service", "operator"], of_staff)):
        assert PHONE.findall(town.browser(who).get(path).text) == [], (who, path)


@pytest.mark.check(60)
@pytest.mark.parametrize("database_kind", ["sqlite"])
@pytest.mark.parametrize(
    ("who", "path"),
    [
        ("operator", "/admin/residents/{resident}"),
        ("operator", "/admin/residents?export=csv"),
        ("operator", "/admin/rounds/C0/papers/pickup_sheet/L1.xlsx"),
        ("leader", "/leader/rounds/C0/pickup_sheet.xlsx"),
    ],
)
def test_a_look_at_whole_phones_is_logged(town: Town, who: str, path: str, database_kind: str) -> None:
    before = looks()
    town.open(who, path).close()
    assert looks() == before + 1


def looks() -> int:
    """Return how many entries of the audit log tell of a look at people."""
    db.session.rollback()
    verbs = ("person_viewed", "list_exported", "document_taken")
    return db.session.query(AuditEntry).where(AuditEntry.verb.in_(verbs)).count()


@pytest.mark.check(59)
def test_who_leaves_is_nobody_in_the_books_and_the_books_stay(visitor: Visitor, app: Flask) -> None:
    resident = add_resident(add_leader(), "王女士", room="3-2-501")
    phone, account_id = resident.phone, resident.account_id
    before = db.session.query(Order).count()
    with transaction():
        leaving.leave(account_id=account_id, now=NOW, actor="test")
    db.session.expire_all()
    stored = db.session.get_one(Resident, resident.id)
    assert (stored.name, stored.phone, stored.room, stored.active) == ("已注销", "", None, False)
    assert db.session.query(Order).count() == before
    for name in db.metadata.tables:
        rows = db.session.execute(db.metadata.tables[name].select()).all()
        assert phone not in repr(rows), name


@pytest.mark.check(59)
@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_the_terms_carry_the_version_that_is_agreed_to(visitor: Visitor, database_kind: str) -> None:
    assert CONSENT_VERSION in visitor.get("/privacy")
