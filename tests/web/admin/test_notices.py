"""The operator's table of notices, their words and their log; what residents and leaders choose."""

from flask import Flask
from sqlalchemy import select

from groupbuy.accounts.models import Account
from groupbuy.db import db
from groupbuy.db.transaction import in_transaction
from groupbuy.messaging.models import Message
from groupbuy.notices import choices, log, telling, texts
from groupbuy.notices.choices import Hours
from groupbuy.notices.telling import Notice
from groupbuy.scheduler.setup import handlers_of
from groupbuy.scheduler.tick import tick_until_idle
from tests.building import NOW, ZONE
from tests.web.admin.people import Person, Town, sign_in

SMS = "/admin/notices/text/arrived/resident/sms/zh"


def boxes(*, without: str, also: str) -> list[str]:
    """Return the ticked boxes of the table as they stand, less one, and one more."""
    on = [".".join(cell) for cell, is_on in choices.table().items() if is_on]
    return [box for box in [*on, also] if box != without]


def test_the_operator_switches_channels_and_sets_the_hours(town: Town) -> None:
    operator = town.operator
    page = operator.text("/admin/notices")
    assert 'value="arrived.resident.sms"' in page
    assert 'value="refunded.resident.page"' not in page
    ticked = boxes(without="shipped.leader.page", also="arrived.resident.sms")
    assert operator.post("/admin/notices", on=ticked).status_code == 303
    table = choices.table()
    assert table["arrived", "resident", "sms"]
    assert not table["shipped", "leader", "page"]
    assert table["refunded", "resident", "page"]
    hours = {"quiet_from": "21", "quiet_until": "9", "closing_soon_hours": "1"}
    assert operator.post("/admin/notices/hours", **hours).status_code == 303
    assert operator.post("/admin/notices/hours", **hours | {"quiet_until": "20"}).status_code == 422
    assert choices.hours() == Hours(21, 9, 1)


def test_the_operator_writes_words_that_fit(town: Town) -> None:
    operator = town.operator
    wrong = operator.post(SMS, body="已到{plce}", do="save")
    assert wrong.status_code == 422
    assert "这里没有占位符 plce" in wrong.text
    seen = operator.post(SMS, body="<b>货已到{place}</b>", do="preview").text
    assert "【社区团购】&lt;b&gt;货已到阳光花园 3号楼1层&lt;/b&gt;" in seen
    assert not texts.text_of("arrived", "resident", "sms", "zh").own
    assert operator.post(SMS, body="货已到{place}", do="save").status_code == 303
    db.session.expire_all()
    assert texts.text_of("arrived", "resident", "sms", "zh").body == "货已到{place}"
    assert operator.post(SMS, do="restore").status_code == 303
    db.session.expire_all()
    assert not texts.text_of("arrived", "resident", "sms", "zh").own
    words = operator.text("/admin/notices/text/arrived/resident/page/zh")
    assert ("标题" in words, "选填" in words, "对象" in words) == (True, False, False)
    assert operator.get("/admin/notices/text/arrived/leader/sms/zh").status_code == 404
    assert operator.get("/admin/notices/text/arrived/resident/sms/fr").status_code == 404


def test_the_log_shows_what_was_given_up_and_sends_it_again(app: Flask, town: Town) -> None:
    """Nothing is set up for WeChat: a notice to somebody who has unlinked it meanwhile is given up."""
    assert "暂无数据" in town.operator.text("/admin/notices/log")
    tell(town, "refunded", {"order": "N1", "amount": "¥9.90", "reason": "缺货"})
    number = db.session.scalars(select(Message.id).where(Message.event == "refunded")).one()
    page = town.operator.text("/admin/notices/log?event=refunded")
    assert "订单 N1 已退款 ¥9.90：缺货。" in page
    assert "王女士" in page
    assert "订单 N1" not in town.operator.text("/admin/notices/log?state=given_up")
    assert town.operator.post(f"/admin/notices/log/{number}/again").status_code == 409

    in_transaction(
        lambda: choices.switch(wanted={("arrived", "resident", "sms"): True}, now=NOW, actor="test")
    )
    tell(town, "arrived", {"place": "东门驿站", "hours": "16:00–20:00"})
    in_transaction(lambda: _forget_phone(town))
    tick_until_idle(now=NOW, zone=ZONE, handlers=handlers_of(app), note=lambda _: None)
    page = town.operator.text("/admin/notices/log?state=given_up")
    assert "已没有收件地址" in page
    (lost,) = log.recent(log.Asked(phase="given_up"), most=9)
    assert f"/admin/notices/log/{lost.id}/again" in page
    assert town.operator.post(f"/admin/notices/log/{lost.id}/again").status_code == 303
    assert "已没有收件地址" not in town.operator.text("/admin/notices/log?state=given_up")


def tell(town: Town, event: str, values: dict[str, str]) -> None:
    who = f"resident:{town.resident.id}"
    in_transaction(lambda: telling.tell([Notice(f"test-{event}", event, who, values)], now=NOW))


def _forget_phone(town: Town) -> None:
    account = db.session.get_one(Account, town.resident.account_id)
    account.phone = "gone"


def test_residents_and_leaders_choose_what_to_hear_of(app: Flask, town: Town) -> None:
    tell(town, "refunded", {"order": "N1", "amount": "¥9.90", "reason": "缺货"})
    for role, person, path in (
        ("resident", town.resident, "/me/messages"),
        ("leader", town.leader, "/leader/messages"),
    ):
        browser: Person = sign_in(app, db.session.get_one(Account, person.account_id), role)
        page = browser.text(f"{path}/preferences")
        assert 'value="shipped.page" checked' in page
        assert ("N1" in browser.text(path)) == (role == "resident")
        answer = browser.client.post(
            f"{path}/preferences", data={"csrf_token": token_of(page), "on": "price_changed.page"}
        )
        assert answer.status_code == 303
        who = f"{role}:{person.id}"
        off = {event for _, event, _channel in choices.unwanted([who])}
        assert "shipped" in off
        assert not off & {"price_changed", "refunded", "delayed"}
        assert 'value="shipped.page" checked' not in browser.text(f"{path}/preferences")


def token_of(page: str) -> str:
    """Return the token of the first form on a page."""
    start = page.index('name="csrf_token"')
    return page[start:].split('value="', 1)[1].split('"', 1)[0]


def test_a_note_of_a_resident_with_english_is_in_english(town: Town) -> None:
    in_transaction(lambda: setattr(db.session.get_one(Account, town.resident.account_id), "language", "en"))
    tell(town, "refunded", {"order": "N1", "amount": "¥9.90", "reason": "short"})
    body = db.session.scalars(select(Message.body).where(Message.event == "refunded")).one()
    assert body == "¥9.90 was paid back on order N1: short."
