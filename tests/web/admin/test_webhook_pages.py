"""Webhooks on pages: added, looked at, sent once more, removed."""

from sqlalchemy import select

from groupbuy.audit.models import AuditEntry
from groupbuy.db import db
from groupbuy.db.transaction import transaction
from groupbuy.flows import announcing
from groupbuy.messaging.models import WebhookDelivery, WebhookEndpoint
from tests import building
from tests.building import NOW
from tests.web.admin.people import Town

URL = "https://shop.example/hook"


def test_an_address_is_added_its_log_read_and_an_event_sent_again(town: Town) -> None:
    desk = town.operator
    assert "请至少选择一种事件" in desk.post("/admin/webhooks/new", url=URL).text
    assert desk.post("/admin/webhooks/new", url="ftp:x", events="order.placed").status_code == 422
    made = desk.post("/admin/webhooks/new", url=URL, events="order.placed").text
    endpoint = db.session.scalars(select(WebhookEndpoint)).one()
    assert endpoint.secret in made
    assert endpoint.secret not in desk.text("/admin/webhooks")
    order = building.place(town.round, town.resident, {"P1": 1})
    with transaction():
        announcing.announce_new(now=NOW)
    log = f"/admin/webhooks/{endpoint.id}"
    assert order.number in desk.text(log)
    assert order.number in desk.text(f"{log}?export=csv")
    assert order.number not in desk.text(f"{log}?state=accepted")
    (delivery,) = db.session.scalars(select(WebhookDelivery.id))
    assert desk.post(f"{log}/{delivery}/replay").status_code == 303
    db.session.rollback()
    assert db.session.scalar(select(WebhookDelivery.replays)) == 1
    assert db.session.scalars(select(AuditEntry).where(AuditEntry.verb == "webhook_replayed")).one()
    assert desk.post(f"{log}/{delivery + 1}/replay").status_code == 404
    assert "1 个事件" in desk.text(f"{log}/remove")
    assert desk.post(f"{log}/remove").status_code == 303
    assert desk.get(log).status_code == 404
