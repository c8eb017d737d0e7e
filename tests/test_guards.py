"""The guards of the tests themselves: nothing leaves this machine, and no mail goes unasked."""

import smtplib
import socket

import pytest

from tests.support.guards import Mailbox, TalkedToTheWorld


def test_a_socket_to_another_machine_is_refused() -> None:
    with socket.socket() as outward, pytest.raises(TalkedToTheWorld):
        outward.connect(("192.0.2.1", 80))


def test_a_socket_to_this_machine_is_allowed() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket() as inward:
        inward.connect(server.getsockname())


def test_mail_is_refused_to_a_test_that_did_not_ask_for_the_mailbox() -> None:
    with pytest.raises(TalkedToTheWorld):
        smtplib.SMTP("127.0.0.1", 25)


def test_the_mailbox_receives_mail(mailbox: Mailbox) -> None:
    port = int(mailbox.url.rsplit(":", 1)[1])

    with smtplib.SMTP("127.0.0.1", port) as server:
        server.sendmail("shop@example.com", ["li@example.com"], "Subject: 提货\n\n今晚".encode())

    assert len(mailbox.messages) == 1
