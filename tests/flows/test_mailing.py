"""Mail over a real SMTP server: what arrives, and what its arrival moves."""

import io
import socket
from collections.abc import Iterator
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import openpyxl
import pytest
from aiosmtpd.controller import Controller
from flask import Flask

from groupbuy.campaigns.models import Round
from groupbuy.db import db
from groupbuy.jobs.models import Job
from groupbuy.messaging.models import Message
from groupbuy.purchasing import queries as purchasing
from tests import building
from tests.building import CLOSES


class Mailbox:
    """Takes mail for everybody but those it refuses."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.answers: dict[str, str] = {}
        self.goodbye = "221 Bye"

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name.
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        answer = self.answers.get(address, "250 OK")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_QUIT(self, _server: Any, _session: Any, _envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name.
        return self.goodbye

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name.
        letter = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(letter, EmailMessage)
        self.letters.append(letter)
        return "250 OK"


@pytest.fixture
def mail_port() -> int:
    """Return a port that is free."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port


@pytest.fixture
def mailbox(mail_port: int) -> Iterator[Mailbox]:
    """Yield a mailbox behind a real SMTP server."""
    box = Mailbox()
    controller = Controller(box, hostname="127.0.0.1", port=mail_port)
    controller.start()
    yield box
    controller.stop()


@pytest.fixture
def extra_settings(mail_port: int) -> dict[str, str]:
    """Return the setting that makes the application send its mail to the mailbox."""
    return {"GROUPBUY_SMTP_URL": f"smtp://127.0.0.1:{mail_port}"}


@pytest.fixture
def closing_round(app: Flask) -> Round:
    """Return a round with an order, whose supplier and leader have addresses."""
    supplier = building.add_supplier(email="supplier@example.test")
    resident = building.add_resident(building.add_leader(email="leader@example.test"))
    round_ = building.add_round([building.add_product(supplier)])
    building.place(round_, resident, {"P1": 2})
    return round_


def attached(letter: EmailMessage) -> list[str]:
    """Return the titles of the workbooks attached, each opened."""
    books = [openpyxl.load_workbook(io.BytesIO(part.get_content())) for part in letter.iter_attachments()]
    return [str(book.worksheets[0].cell(1, 1).value) for book in books]


def test_suppliers_and_leaders_get_their_documents_and_the_round_is_ordered(
    app: Flask, mailbox: Mailbox, closing_round: Round
) -> None:
    state = building.close(app, closing_round).state
    letters = {letter["To"]: letter for letter in mailbox.letters}
    assert sorted(letters) == ["leader@example.test", "supplier@example.test"]
    assert "采购单" in attached(letters["supplier@example.test"])[0]
    assert ["提货单" in title or "分拣单" in title for title in attached(letters["leader@example.test"])] == [
        True,
        True,
    ]
    (order,) = purchasing.heads_of_round(closing_round.id)
    assert (state, order.state) == ("ordered", "sent")


def test_a_refused_recipient_is_not_tried_again_and_the_order_has_not_left(
    app: Flask, mailbox: Mailbox, closing_round: Round
) -> None:
    mailbox.answers["supplier@example.test"] = "550 no such user"
    assert building.close(app, closing_round).state == "closed"
    building.close(app, closing_round, now=CLOSES + timedelta(days=1))
    failed = db.session.query(Job).filter_by(state="failed").all()
    assert [(job.kind, job.attempts) for job in failed] == [("mail", 1)]
    # What the server said is kept as it said it.
    assert [job.last_error for job in failed] == ["Refused: 550 no such user"]
    assert [order.state for order in purchasing.heads_of_round(closing_round.id)] == ["approved"]


def test_a_busy_server_is_tried_again_later_and_the_mail_keeps_its_id(
    app: Flask, mailbox: Mailbox, closing_round: Round
) -> None:
    mailbox.answers["supplier@example.test"] = "451 try again"
    building.close(app, closing_round)
    assert [letter["To"] for letter in mailbox.letters] == ["leader@example.test"]
    mailbox.answers.clear()
    assert building.close(app, closing_round, now=CLOSES + timedelta(minutes=5)).state == "ordered"
    (message,) = db.session.query(Message).filter_by(recipient="supplier@example.test")
    assert mailbox.letters[-1]["Message-ID"] == message.message_id


def test_a_mail_that_was_accepted_is_not_sent_again_when_the_server_ends_badly(
    app: Flask, mailbox: Mailbox, closing_round: Round
) -> None:
    mailbox.goodbye = "421 out of memory"
    assert building.close(app, closing_round).state == "ordered"
    building.close(app, closing_round, now=CLOSES + timedelta(days=1))
    assert sorted(letter["To"] for letter in mailbox.letters) == [
        "leader@example.test",
        "supplier@example.test",
    ]
