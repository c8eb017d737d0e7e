"""Fail a test that talks to the world: sockets other than to this machine, mail that nobody asked for."""

import smtplib
import socket
from collections.abc import Callable, Iterator
from ipaddress import ip_address
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message

CONNECTING = ("connect", "connect_ex", "sendto")


class TalkedToTheWorld(AssertionError):
    """Say which address a test tried to reach."""


@pytest.fixture(autouse=True)
def stay_on_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse every socket that leaves the loopback interface."""
    for name in CONNECTING:
        monkeypatch.setattr(socket.socket, name, _guarded(getattr(socket.socket, name)))


def _guarded(original: Callable[..., Any]) -> Callable[..., Any]:
    def guarded(self: socket.socket, *arguments: Any) -> Any:
        address = arguments[-1]
        if self.family != socket.AF_UNIX and not _is_loopback(str(address[0])):
            raise TalkedToTheWorld(f"a test tried to reach {address}")
        return original(self, *arguments)

    return guarded


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@pytest.fixture(autouse=True)
def no_unexpected_mail(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse SMTP to tests that did not ask for the mailbox."""

    def refuse(*_arguments: object, **_options: object) -> None:
        raise TalkedToTheWorld("a test sent mail without asking for the mailbox")

    if "mailbox" not in request.fixturenames:
        monkeypatch.setattr(smtplib.SMTP, "__init__", refuse)


class Mailbox(Message):
    """Keep what a mail server on this machine received."""

    def __init__(self) -> None:
        super().__init__()
        self.messages: list[Any] = []
        self.url = ""

    def handle_message(self, message: Any) -> None:
        """Keep one message."""
        self.messages.append(message)


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    """Run a mail server for the test; its ``url`` is for GROUPBUY_SMTP_URL, its ``messages`` what came."""
    box = Mailbox()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = Controller(box, hostname="127.0.0.1", port=port)
    server.start()
    box.url = f"smtp://127.0.0.1:{port}"
    yield box
    server.stop()
