"""People are told once by every channel that is on and wanted, and the log says what became of it."""

import email
import email.policy
import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from groupbuy.accounts import wechat as links
from groupbuy.campaigns.models import Offer, Round
from groupbuy.db import db
from groupbuy.db.transaction import in_transaction
from groupbuy.flows import delaying, pricing_anew
from groupbuy.kernel.errors import RuleBroken
from groupbuy.leaders.models import Leader
from groupbuy.members.models import Resident
from groupbuy.messaging.models import Message
from groupbuy.notices import choices, log, texts
from groupbuy.notices.choices import Hours
from groupbuy.notices.log import Asked
from groupbuy.orders import carts
from groupbuy.scheduler.setup import handlers_of
from groupbuy.scheduler.tick import tick_until_idle
from tests import building
from tests.building import ACTOR, CLOSES, NOW, ZONE
from tests.support.gateways import Gateway, Request
from tests.support.guards import Mailbox

# Ten in the morning of the pickup day in Shanghai, and eleven at night.
MORNING = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
NIGHT = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
EVERYWHERE = {
    ("delayed", "resident", "sms"): True,
    ("delayed", "resident", "wechat"): True,
    ("delayed", "leader", "mail"): True,
}


@pytest.fixture(autouse=True)
def _by_day() -> Iterator[None]:
    with time_machine.travel(MORNING, tick=False):
        yield


def tick(app: Flask, now: datetime) -> None:
    tick_until_idle(now=now, zone=ZONE, handlers=handlers_of(app), note=lambda _: None)
    db.session.expire_all()


class Village:
    """A closed round of one leader with a mail address; Anna has linked WeChat, Berta has not."""

    def __init__(self, app: Flask) -> None:
        self.leader: Leader = building.add_leader(email="l@example.com")
        self.round: Round = building.add_round([building.add_product(building.add_supplier())])
        self.anna: Resident = building.add_resident(self.leader, "安娜")
        self.berta: Resident = building.add_resident(self.leader, "贝塔")
        for one in (self.anna, self.berta):
            building.place(self.round, one, {"P1": 2})
        building.close(app, self.round)
        in_transaction(
            lambda: links.link(account_id=self.anna.account_id, openid="oANNA1", now=NOW, actor="test")
        )
        self.words("T-DELAY", "thing1={round}\nthing2={reason}")

    def words(self, subject: str, body: str) -> None:
        """Write the WeChat words of a delay."""
        in_transaction(
            lambda: texts.write(
                event="delayed",
                role="resident",
                channel="wechat",
                language="zh",
                subject=subject,
                body=body,
                now=NOW,
                actor="test",
            )
        )

    def delay(self, days: int = 1) -> None:
        """Move the pickup day because of snow."""
        day = date(2026, 11, 23) + timedelta(days=days)
        in_transaction(
            lambda: delaying.delay_round(
                round_=self.round, pickup_date=day, reason="大雪封路", now=MORNING, actor=ACTOR
            )
        )


def switch(wanted: dict[tuple[str, str, str], bool]) -> None:
    in_transaction(lambda: choices.switch(wanted=wanted, now=NOW, actor="test"))


def told() -> list[tuple[str, str, str]]:
    """Return recipient, channel and state of what was told of a delay."""
    db.session.rollback()
    rows = db.session.scalars(select(Message).where(Message.event == "delayed").order_by(Message.id))
    return sorted((row.recipient, row.channel, log.phase_of(row)) for row in rows)


def test_a_delay_is_told_by_every_channel_that_is_on_and_wanted(
    app: Flask, phones: Gateway, wechat: Gateway, mailbox: Mailbox
) -> None:
    """Anna hears of it by WeChat and by page, Berta by text message too, the leader by mail."""
    village = Village(app)
    switch(EVERYWHERE)
    anna, berta, leader = (f"resident:{village.anna.id}", f"resident:{village.berta.id}", "leader:1")
    in_transaction(lambda: choices.prefer(recipient=anna, off=[("delayed", "sms")]))
    mailbox.messages.clear()
    village.delay()
    for _ in range(2):
        tick(app, MORNING)
    assert told() == [
        (leader, "mail", "accepted"),
        (leader, "page", "accepted"),
        (anna, "page", "accepted"),
        (anna, "wechat", "accepted"),
        (berta, "page", "accepted"),
        (berta, "sms", "accepted"),
    ]
    (text,) = [json.loads(request.body) for request in phones.requests]
    assert text["phone"] == village.berta.phone
    assert text["text"] == "【社区团购】周日鲜果日提货日期改为2026-11-24：大雪封路。"
    assert "delay-1" in text["id"]
    token, sent = wechat.requests
    assert json.loads(token.body)["grant_type"] == "client_credential"
    assert sent.path == "/cgi-bin/message/subscribe/bizsend?access_token=token-1"
    assert json.loads(sent.body) == {
        "touser": "oANNA1",
        "template_id": "T-DELAY",
        "data": {"thing1": {"value": "周日鲜果日"}, "thing2": {"value": "大雪封路"}},
    }
    (mail,) = mailbox.messages
    assert mail["To"] == "l@example.com"
    read = email.message_from_bytes(bytes(mail), policy=email.policy.default)
    assert read["Message-ID"] == f"<delay-1-leader%3A{village.leader.id}-mail@groupbuy.invalid>"
    assert read["Message-ID"].defects == ()


def test_what_must_be_told_stays_on_the_page_for_everybody(app: Flask) -> None:
    village = Village(app)
    anna = f"resident:{village.anna.id}"
    with pytest.raises(RuleBroken, match="always told"):
        switch({("delayed", "resident", "page"): False})
    with pytest.raises(RuleBroken, match="always told"):
        in_transaction(lambda: choices.prefer(recipient=anna, off=[("delayed", "page")]))
    assert ("delayed", "page") not in choices.offered_to(anna)
    in_transaction(lambda: choices.prefer(recipient=anna, off=[("arrived", "page")]))
    assert choices.unwanted([anna]) == {(anna, "arrived", "page")}
    in_transaction(lambda: choices.prefer(recipient=anna, off=[]))
    assert choices.unwanted([anna]) == set()


def test_a_text_message_of_the_night_leaves_in_the_morning(app: Flask, phones: Gateway) -> None:
    village = Village(app)
    switch({("delayed", "resident", "sms"): True})
    village.delay()
    with time_machine.travel(NIGHT, tick=False):
        tick(app, NIGHT)
        assert phones.requests == []
    eight = datetime(2026, 11, 24, 0, 0, tzinfo=UTC)
    with time_machine.travel(eight, tick=False):
        tick(app, eight - timedelta(seconds=1))
        assert phones.requests == []
        tick(app, eight)
    assert len(phones.requests) == 2


def answers(*codes: int) -> Callable[[Request], tuple[int, object]]:
    """Return how a WeChat answers that gives these error codes one after the other, then none."""
    left = list(codes)

    def answer(request: Request) -> tuple[int, object]:
        if request.path == "/cgi-bin/stable_token":
            fresh = json.loads(request.body)["force_refresh"]
            return 200, {"access_token": "token-2" if fresh else "token-1", "expires_in": 7200}
        return 200, {"errcode": left.pop(0) if left else 0, "errmsg": "said so"}

    return answer


def test_a_refusal_is_given_up_with_its_reason_and_sent_again_once(app: Flask, wechat: Gateway) -> None:
    village = Village(app)
    switch({("delayed", "resident", "wechat"): True})
    wechat.answer = answers(43101)
    village.delay()
    tick(app, MORNING)
    (lost,) = log.recent(Asked(phase="given_up"), most=9)
    assert lost.last_error is not None
    assert "43101" in lost.last_error
    number = lost.id
    in_transaction(lambda: log.send_again(message_id=number, now=MORNING, actor="test"))
    with pytest.raises(RuleBroken, match="given up"):
        in_transaction(lambda: log.send_again(message_id=number, now=MORNING, actor="test"))
    tick(app, MORNING)
    assert [row[2] for row in told() if row[1] == "wechat"] == ["accepted"]
    assert [request.path for request in wechat.requests].count("/cgi-bin/stable_token") == 2


def test_a_template_that_is_named_only_afterwards_is_taken_with_its_fields(
    app: Flask, wechat: Gateway
) -> None:
    village = Village(app)
    village.words("", "thing1={round}\nthing2={reason}")
    switch({("delayed", "resident", "wechat"): True})
    village.delay()
    tick(app, MORNING)
    (lost,) = log.recent(Asked(phase="given_up"), most=9)
    assert "no WeChat template" in str(lost.last_error)
    number = lost.id
    village.words("T-LATER", "thing5={reason}")
    in_transaction(lambda: log.send_again(message_id=number, now=MORNING, actor="test"))
    tick(app, MORNING)
    assert [row[2] for row in told() if row[1] == "wechat"] == ["accepted"]
    sent = json.loads(wechat.requests[-1].body)
    assert (sent["template_id"], sent["data"]) == ("T-LATER", {"thing5": {"value": "大雪封路"}})


def test_a_busy_wechat_is_tried_again_and_a_token_it_took_back_is_renewed(
    app: Flask, wechat: Gateway
) -> None:
    village = Village(app)
    switch({("delayed", "resident", "wechat"): True})
    wechat.answer = answers(42001, -1)
    village.delay()
    tick(app, MORNING)
    assert [row[2] for row in told() if row[1] == "wechat"] == ["failed"]
    assert wechat.requests[-1].path.endswith("access_token=token-2")
    tick(app, MORNING + timedelta(minutes=1))
    assert [row[2] for row in told() if row[1] == "wechat"] == ["accepted"]


def test_rounds_are_told_of_when_they_open_and_before_they_close_once(app: Flask) -> None:
    """The leader hears of both; Anna, with goods in the cart, of the cut-off; Berta of neither."""
    leader = building.add_leader()
    round_ = building.add_round([building.add_product(building.add_supplier())])
    anna, _berta = building.add_resident(leader, "安娜"), building.add_resident(leader, "贝塔")
    offer = db.session.scalars(select(Offer).where(Offer.round_id == round_.id)).one()
    in_transaction(lambda: carts.put(owner=f"account:{anna.account_id}", quantities={offer.id: 1}, now=NOW))
    in_transaction(lambda: choices.set_hours(wanted=Hours(22, 8, 3), now=NOW, actor="test"))
    events: list[tuple[str, str]] = []
    for now in (NOW, CLOSES - timedelta(hours=3, seconds=1), CLOSES - timedelta(hours=3), CLOSES):
        tick(app, now)
        rows = db.session.execute(select(Message.event, Message.recipient).order_by(Message.id))
        events = [(row.event, row.recipient) for row in rows]
        if now < CLOSES - timedelta(hours=3):
            assert events == [("opened", f"leader:{leader.id}")]
    assert events == [
        ("opened", f"leader:{leader.id}"),
        ("closing_soon", f"leader:{leader.id}"),
        ("closing_soon", f"resident:{anna.id}"),
    ]


def test_a_new_price_is_told_to_who_has_it_in_the_cart(app: Flask) -> None:
    leader = building.add_leader()
    round_ = building.add_round([building.add_product(building.add_supplier())])
    anna, _berta = building.add_resident(leader, "安娜"), building.add_resident(leader, "贝塔")
    tick(app, NOW)
    offer = db.session.scalars(select(Offer).where(Offer.round_id == round_.id)).one()
    in_transaction(lambda: carts.put(owner=f"account:{anna.account_id}", quantities={offer.id: 1}, now=NOW))
    in_transaction(lambda: pricing_anew.change_price(offer=offer, price_fen=890, now=NOW, actor="test"))
    bodies = {
        row.recipient: row.body
        for row in db.session.scalars(select(Message).where(Message.event == "price_changed"))
    }
    text = "商品P1 的价格由 ¥9.90 改为 ¥8.90；已下的订单价格不变。"
    assert bodies == {f"leader:{leader.id}": text, f"resident:{anna.id}": text}


def test_buyers_hear_of_an_offer_below_its_threshold(app: Flask) -> None:
    leader, supplier = building.add_leader(), building.add_supplier()
    goods = [building.add_product(supplier, "P1"), building.add_product(supplier, "P2")]
    round_ = building.add_round(goods, offers={"P1": {"min_units": 10}})
    anna, berta = building.add_resident(leader, "安娜"), building.add_resident(leader, "贝塔")
    building.place(round_, anna, {"P1": 1, "P2": 1})
    building.place(round_, berta, {"P2": 1})
    building.close(app, round_)
    rows = db.session.scalars(select(Message).where(Message.event == "below_threshold").order_by(Message.id))
    assert [(row.recipient, row.body) for row in rows] == [
        (f"leader:{leader.id}", "商品P1 未成团，已取消；已通知下单的居民。"),
        (f"resident:{anna.id}", "商品P1 未成团，已取消，已付的将退还。"),
    ]
