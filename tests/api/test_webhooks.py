"""Events reach who asked for them: signed, once, again after a failure, and replayed on demand."""

import hmac
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from sqlalchemy import select

from groupbuy.audit.models import AuditEntry
from groupbuy.db import db
from groupbuy.db.transaction import transaction
from groupbuy.messaging.posting import HttpPoster, NotTaken
from groupbuy.messaging.webhooks import PATIENCE
from groupbuy.purchasing import queries as purchasing
from groupbuy.purchasing import service
from groupbuy.scheduler.setup import handlers_of
from groupbuy.scheduler.tick import tick_until_idle
from tests.api.conftest import Town
from tests.building import CLOSES, NOW, ZONE


@dataclass
class Listener:
    """Another program: what it was sent, and what it answers."""

    url: str = ""
    got: list[tuple[dict[str, str], str]] = field(default_factory=list)
    answer: int = 200

    @property
    def kinds(self) -> list[str]:
        """Return the kinds of the events in the order of their arrival."""
        return [json.loads(body)["type"] for _, body in self.got]


@pytest.fixture
def listener() -> Iterator[Listener]:
    """Run another program on this machine."""
    state = Listener()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            state.got.append((dict(self.headers), body))
            self.send_response(state.answer)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's signature.
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    state.url = f"http://127.0.0.1:{server.server_port}/hook?from=groupbuy"
    yield state
    server.shutdown()
    thread.join()
    server.server_close()


def tick(town: Town, clock: Any, at: datetime) -> None:
    clock.move_to(at)
    tick_until_idle(now=at, zone=ZONE, handlers=handlers_of(town.app), note=lambda _: None)


def listen(town: Town, listener: Listener, *events: str) -> Any:
    return town.staff().post("/webhooks", {"url": listener.url, "events": list(events)}).json


def test_an_event_comes_signed_and_says_what_happened(town: Town, listener: Listener, clock: Any) -> None:
    hook = listen(town, listener, "order.placed")
    number = town.buyer.order({"P1": 1}).json["order_no"]
    tick(town, clock, NOW + timedelta(minutes=1))
    [(headers, body)] = listener.got
    assert json.loads(body)["subject"] == number
    seconds, digest = (part.partition("=")[2] for part in headers["Groupbuy-Signature"].split(","))
    expected = hmac.new(hook["secret"].encode(), f"{seconds}.{body}".encode(), sha256).hexdigest()
    assert digest == expected


def test_a_round_is_told_from_its_opening_to_the_last_bag(town: Town, listener: Listener, clock: Any) -> None:
    kinds = ("round.opened", "order.placed", "order.changed", "round.closed", "order.picked_up")
    listen(town, listener, *kinds)
    tick(town, clock, NOW)
    order = town.buyer.order({"P1": 1}).json
    lines = {"lines": [{"product_code": "P1", "quantity": 2}]}
    town.buyer.ask("PATCH", f"/orders/{order['order_no']}", lines)
    tick(town, clock, CLOSES)
    town.head.post("/pickups/verify", {"code": order["pickup_code"]})
    tick(town, clock, CLOSES + timedelta(minutes=1))
    assert sorted(listener.kinds) == sorted(kinds)
    tick(town, clock, CLOSES + timedelta(minutes=2))
    assert len(listener.got) == len(kinds)


def test_a_purchase_order_and_what_is_cancelled_are_told(town: Town, listener: Listener, clock: Any) -> None:
    listen(town, listener, "purchase_order.sent", "order.cancelled", "round.cancelled")
    kept, gone = (town.buyer.order({"P1": 1}).json["order_no"] for _ in range(2))
    town.buyer.post(f"/orders/{gone}/cancel", {"reason": "不要了"})
    tick(town, clock, CLOSES)
    db.session.rollback()
    (order,) = purchasing.orders_of_round(town.round.id)
    for _ in range(2):
        with transaction():
            service.mark_sent(order_id=order.id, now=CLOSES, actor="test")
    tick(town, clock, CLOSES + timedelta(minutes=1))
    told = [(event["type"], event["subject"]) for event in (json.loads(body) for _, body in listener.got)]
    assert told == [("order.cancelled", gone), ("purchase_order.sent", order.number)]
    assert kept not in str(told)


def test_a_round_that_is_called_off_is_told_once(town: Town, listener: Listener, clock: Any) -> None:
    listen(town, listener, "round.cancelled", "round.closed")
    town.buyer.order({"P1": 1})
    for _ in range(2):
        town.staff().post("/rounds/C1/cancel", {"reason": "台风"})
    for minutes in (1, 2):
        tick(town, clock, CLOSES + timedelta(minutes=minutes))
    told = [(event["type"], event["subject"]) for event in (json.loads(body) for _, body in listener.got)]
    assert told == [("round.cancelled", "C1")]


def test_nobody_hears_what_it_did_not_ask_for(town: Town, listener: Listener, clock: Any) -> None:
    listen(town, listener, "round.closed")
    town.buyer.order({"P1": 1})
    tick(town, clock, NOW + timedelta(minutes=1))
    assert listener.got == []


def test_a_refused_event_is_sent_again_later_and_shown_in_the_log(
    town: Town, listener: Listener, clock: Any
) -> None:
    hook = listen(town, listener, "order.placed")
    listener.answer = 500
    town.buyer.order({"P1": 1})
    tick(town, clock, NOW + timedelta(minutes=1))
    log = town.staff().get(f"/webhooks/{hook['id']}/deliveries").json["items"]
    assert [(row["event"], row["state"]) for row in log] == [("order.placed", "queued")]
    listener.answer = 204
    tick(town, clock, NOW + timedelta(minutes=10))
    log = town.staff().get(f"/webhooks/{hook['id']}/deliveries").json["items"]
    assert [(row["state"], row["status"]) for row in log] == [("accepted", 204)]


def test_an_event_leaves_before_its_entry_is_sealed_and_only_once(
    town: Town, listener: Listener, clock: Any
) -> None:
    listen(town, listener, "order.placed")
    town.buyer.order({"P1": 1})
    tick(town, clock, NOW)
    assert listener.kinds == ["order.placed"]
    assert db.session.scalar(select(AuditEntry.seal_id).where(AuditEntry.verb == "order_placed")) is None
    tick(town, clock, NOW + timedelta(minutes=1))
    assert listener.kinds == ["order.placed"]


def test_an_event_that_is_never_taken_is_given_up_and_can_be_replayed(
    town: Town, listener: Listener, clock: Any
) -> None:
    hook = listen(town, listener, "order.placed")
    listener.answer = 500
    town.buyer.order({"P1": 1})
    for hours in range(PATIENCE.attempts or 0):
        tick(town, clock, NOW + hours * PATIENCE.longest)
    [row] = town.staff().get(f"/webhooks/{hook['id']}/deliveries").json["items"]
    assert (row["state"], row["attempts"]) == ("given_up", PATIENCE.attempts)
    assert "500" in row["last_error"]
    listener.answer = 200
    again = town.staff().post(f"/webhooks/{hook['id']}/deliveries/{row['id']}/replay")
    assert (again.json["state"], again.json["attempts"]) == ("queued", 0)
    tick(town, clock, NOW + 13 * PATIENCE.longest)
    [row] = town.staff().get(f"/webhooks/{hook['id']}/deliveries").json["items"]
    assert (row["state"], row["attempts"]) == ("accepted", 1)


def test_an_event_is_replayed_on_demand(town: Town, listener: Listener, clock: Any) -> None:
    hook = listen(town, listener, "order.placed")
    town.buyer.order({"P1": 1})
    tick(town, clock, NOW + timedelta(minutes=1))
    operator = town.staff()
    [row] = operator.get(f"/webhooks/{hook['id']}/deliveries").json["items"]
    again = operator.post(f"/webhooks/{hook['id']}/deliveries/{row['id']}/replay")
    assert again.json["state"] == "queued"
    tick(town, clock, NOW + timedelta(minutes=2))
    assert [body for _, body in listener.got] == [row["body"]] * 2


def test_a_removed_address_is_told_no_more(town: Town, listener: Listener, clock: Any) -> None:
    hook = listen(town, listener, "order.placed")
    town.buyer.order({"P1": 1})
    assert town.staff().ask("DELETE", f"/webhooks/{hook['id']}").status_code == 204
    tick(town, clock, NOW + timedelta(minutes=1))
    assert listener.got == []


@pytest.mark.parametrize(
    "url", ["ftp://x.example", "file:///etc/passwd", "//x", "http://u:p@x.example/", "x"]
)
@pytest.mark.check(50)
def test_an_address_that_cannot_be_called_is_refused(town: Town, url: str) -> None:
    answer = town.staff().post("/webhooks", {"url": url, "events": ["order.placed"]})
    assert (answer.status_code, answer.json["error"]["param"]) == (422, "url")


def test_a_dead_address_is_no_success() -> None:
    with pytest.raises(NotTaken):
        HttpPoster().post("http://127.0.0.1:9/", "{}", {})
