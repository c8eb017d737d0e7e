"""How events leave: one POST to an address that an operator has named."""

import socket
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from ipaddress import ip_address
from typing import Protocol
from urllib.parse import urlsplit

TIMEOUT_S = 5


class NotTaken(Exception):
    """Say that an address has not taken an event; trying again may help."""


class Poster(Protocol):
    """Hands an event to an address."""

    def post(self, url: str, body: str, headers: dict[str, str]) -> int:
        """Return the 2xx status of whoever took it; raise NotTaken."""


class HttpPoster:
    """Posts over HTTP(S) with certificates checked; follows no redirect and reads no answer.

    Addresses of the machine's own link (169.254.0.0/16, fe80::/10), where clouds keep their secrets,
    are never called, whatever name they hide behind.
    """

    def post(self, url: str, body: str, headers: dict[str, str]) -> int:
        """Post once, within seconds; return the 2xx status, raise NotTaken for anything else."""
        parts = urlsplit(url)
        kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        connection = kind(parts.hostname or "", parts.port, timeout=TIMEOUT_S)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        try:
            connection.connect()
            _refuse_link_local(connection.sock)
            connection.request("POST", path, body.encode(), headers)
            status = connection.getresponse().status
        except (OSError, HTTPException, ValueError) as error:
            raise NotTaken(f"{type(error).__name__}: {error}") from error
        finally:
            connection.close()
        if not 200 <= status < 300:
            raise NotTaken(f"it answered {status}")
        return status


def _refuse_link_local(connected: socket.socket) -> None:
    """Look at where the connection really went, which no change of a name's address can get around."""
    peer = ip_address(connected.getpeername()[0].partition("%")[0])
    mapped = getattr(peer, "ipv4_mapped", None) or peer
    if mapped.is_link_local or mapped.is_multicast or mapped.is_unspecified:
        raise NotTaken("this address is never called")
