"""How mail leaves: over SMTP, or shown on the console where no server is set."""

import re
import smtplib
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formatdate
from typing import Protocol
from urllib.parse import unquote, urlsplit

# RFC 5321, section 4.2.1: replies from here on say that the same command will never pass.
PERMANENT = 500


@dataclass(frozen=True, slots=True)
class File:
    """A file to attach."""

    name: str
    mime_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail ready to leave; the same ``message_id`` again is the same mail.

    ``files`` makes what is attached: only a sender that carries it asks.
    """

    message_id: str
    sender: str
    recipient: str
    subject: str
    body: str
    attached: int
    files: Callable[[], Sequence[File]]


class Refused(Exception):
    """Say that the server will not take this mail, now or ever."""


class Deferred(OSError):
    """Say that the server asks for this mail later."""


class MailSender(Protocol):
    """Takes letters to where they are going."""

    def send(self, letter: Letter) -> str:
        """Hand a letter over; return ``accepted``, or ``printed`` when nobody will receive it.

        Raise Refused when trying again cannot help, OSError or SMTPException when it may.
        """


class ConsoleSender:
    """Shows mail instead of sending it: the default while no mail server is set."""

    def send(self, letter: Letter) -> str:
        """Print who would get what."""
        line = f"[mail not sent: GROUPBUY_SMTP_URL is not set] to {letter.recipient}: {letter.subject}"
        files = f" ({letter.attached} attached)" if letter.attached else ""
        print(line + files, file=sys.stderr)  # noqa: T201 - it is the console sender.
        return "printed"


class SmtpSender:
    """Sends over SMTP or SMTPS as ``smtp[s]://user:password@host:port`` says; STARTTLS where offered."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.host = parts.hostname or ""
        self.tls = parts.scheme == "smtps"
        self.port = parts.port or (465 if self.tls else 25)
        self.user = unquote(parts.username or "")
        self.password = unquote(parts.password or "")

    def send(self, letter: Letter) -> str:
        """Hand the letter to the server within 30 s."""
        mail = _as_email(letter)
        connect = smtplib.SMTP_SSL if self.tls else smtplib.SMTP
        server = connect(self.host, self.port, timeout=30)
        try:
            if not self.tls and server.has_extn("starttls"):
                server.starttls()
            if self.user:
                server.login(self.user, self.password)
            _hand_over(server, mail)
            # The mail is accepted, whatever the server says or leaves unsaid to our leaving.
            with suppress(smtplib.SMTPException, OSError):
                server.quit()
        finally:
            server.close()
        return "accepted"


def _hand_over(server: smtplib.SMTP, mail: EmailMessage) -> None:
    try:
        server.send_message(mail)
    except smtplib.SMTPRecipientsRefused as error:
        raise _no(list(error.recipients.values())) from error
    except smtplib.SMTPResponseException as error:
        raise _no([(error.smtp_code, error.smtp_error)]) from error


def _no(answers: Sequence[tuple[int, bytes | str]]) -> Refused | Deferred:
    """Return what a server's answers mean: greylisting and full mailboxes answer 4xx and may pass later."""
    said = "; ".join(
        f"{code} {text.decode(errors='replace') if isinstance(text, bytes) else text}"
        for code, text in answers
    )
    return Refused(said) if all(code >= PERMANENT for code, _ in answers) else Deferred(said)


def _as_email(letter: Letter) -> EmailMessage:
    mail = EmailMessage()
    mail["Message-ID"] = letter.message_id
    mail["Date"] = formatdate()
    mail["From"], mail["To"] = letter.sender, letter.recipient
    # A line break would let a name write its own headers.
    mail["Subject"] = re.sub(r"[\r\n]+", " ", letter.subject)
    mail.set_content(letter.body)
    for file in letter.files():
        main, sub = file.mime_type.split("/")
        mail.add_attachment(file.content, maintype=main, subtype=sub, filename=file.name)
    return mail
