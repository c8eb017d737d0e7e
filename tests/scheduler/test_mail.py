"""Mails leave once after the close, with what became of them."""

import pytest
from aiosmtpd.handlers import Message as Received
from flask import Flask
from sqlalchemy import select

from groupbuy.db import db
from groupbuy.messaging.models import Message
from groupbuy.purchasing.models import PurchaseOrder
from tests import building
from tests.support.guards import Mailbox


@pytest.fixture
def extra_settings(mailbox: Mailbox) -> dict[str, str]:
    return {"GROUPBUY_SMTP_URL": mailbox.url}


@pytest.fixture
def closed(app: Flask) -> None:
    round_ = building.add_round([building.add_product(building.add_supplier(email="s@example.com"))])
    building.place(round_, building.add_resident(building.add_leader(email="l@example.com")), {"P1": 2})
    building.close(app, round_)


def states() -> list[str]:
    return list(db.session.scalars(select(Message.state).order_by(Message.id)))


def test_supplier_and_leader_get_their_mail_once(app: Flask, mailbox: Mailbox, closed: None) -> None:
    assert sorted(mail["To"] for mail in mailbox.messages) == ["l@example.com", "s@example.com"]
    assert states() == ["accepted", "accepted"]
    assert db.session.scalar(select(PurchaseOrder.state)) == "sent"


class TestRefused:
    """A mail server that takes nothing."""

    @pytest.fixture
    def extra_settings(self, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
        async def refuse(*_: object) -> str:
            return "550 no such box"

        monkeypatch.setattr(Received, "handle_DATA", refuse)
        return {"GROUPBUY_SMTP_URL": mailbox.url}

    @pytest.mark.usefixtures("closed")
    def test_a_refused_mail_is_failed_and_its_order_not_sent(self) -> None:
        assert states() == ["failed", "failed"]
        assert db.session.scalar(select(PurchaseOrder.state)) == "approved"


class TestConsole:
    """No mail server is set."""

    @pytest.fixture
    def extra_settings(self) -> dict[str, str]:
        return {}

    @pytest.mark.usefixtures("closed")
    def test_the_console_sends_nothing_and_says_so(self) -> None:
        assert states() == ["printed", "printed"]
        assert db.session.scalar(select(PurchaseOrder.state)) == "approved"
