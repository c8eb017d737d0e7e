"""A cable between browser and server that a test can pull out: also a service worker notices that."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import suppress
from urllib.parse import urlsplit

import pytest


class Cable:
    """Carry what is sent to ``address`` on to the server at ``target`` while it is plugged in."""

    def __init__(self, target: str) -> None:
        """Listen on a free port; ``target`` is the server's address, such as http://127.0.0.1:5000."""
        parts = urlsplit(target)
        self._target = (parts.hostname, parts.port)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self._ends: set[asyncio.StreamWriter] = set()
        self._port = 0
        self._silent = False
        self.plug_in()

    @property
    def address(self) -> str:
        """Return the address that browsers use."""
        return f"http://127.0.0.1:{self._port}"

    def plug_in(self) -> None:
        """Accept connections, on the same port as before, and carry what comes."""
        self._silent = False
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result()

    def pull_out(self) -> None:
        """Break all connections and refuse new ones."""
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result()

    def fall_silent(self) -> None:
        """Accept connections and answer nothing, as a phone network does in a stairwell."""
        self.pull_out()
        self.plug_in()
        self._silent = True

    def put_away(self) -> None:
        """Pull it out and stop the thread."""
        self.pull_out()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]

    async def _stop(self) -> None:
        # One that was accepted at the last moment gets its transport a turn of the loop later; the
        # standard library loses it where the server is closed by then.
        for listening in self._server.sockets:
            asyncio.get_running_loop().remove_reader(listening.fileno())
        await asyncio.sleep(0.05)
        self._server.close()
        while len(asyncio.all_tasks()) > 1:
            self._abort()
            await asyncio.sleep(0.01)
        # A socket is closed a turn after its transport was told to.
        self._abort()
        await asyncio.sleep(0.05)

    def _abort(self) -> None:
        for end in tuple(self._ends):
            end.transport.abort()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._ends.add(writer)
        with suppress(OSError):
            if self._silent:
                await reader.read()
            there_reader, there_writer = await asyncio.open_connection(*self._target)
            self._ends.add(there_writer)
            await asyncio.gather(_pump(reader, there_writer), _pump(there_reader, writer))
        await _close(writer)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while part := await reader.read(65_536):
            writer.write(part)
            await writer.drain()
    await _close(writer)


async def _close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()


@pytest.fixture
def cable(live_server: str) -> Iterator[Cable]:
    """Yield a cable to the running platform."""
    cable = Cable(live_server)
    yield cable
    cable.put_away()
