"""What all web processes of a server answer and hold, counted in memory that they share."""

from collections.abc import Mapping
from mmap import mmap
from threading import Lock

from flask import Flask, Response, current_app
from sqlalchemy import event

from groupbuy.db import db

COUNTS = "groupbuy_counts"
CLASSES = ("1xx", "2xx", "3xx", "4xx", "5xx")
# A row for each worker; a number comes again only when so many have been started since.
_ROWS = 256
_HELD = len(CLASSES)
_WIDTH = _HELD + 1
_BYTES = 8


class Counts:
    """Counts of answers by class and of connections in use, a row for each process that counts.

    Nobody waits for another process, so one that is killed leaves no lock behind.
    """

    def __init__(self) -> None:
        # Without a file: processes that are forked later have the same memory.
        self._cells = memoryview(mmap(-1, _ROWS * _WIDTH * _BYTES)).cast("q")
        self._row = 0
        self._guard = Lock()

    def take_row(self, number: int) -> None:
        """Let this process count in a row of its own; what a former one answered stays."""
        self._row = number % _ROWS * _WIDTH
        self.let_go(number)

    def let_go(self, number: int) -> None:
        """Note that a process has ended and holds nothing any more."""
        self._cells[number % _ROWS * _WIDTH + _HELD] = 0

    def note_answer(self, status: int) -> None:
        """Count an answer."""
        self._add(status // 100 - 1, 1)

    def note_connection(self, change: int) -> None:
        """Count a connection that was taken (1) or given back (-1)."""
        self._add(_HELD, change)

    def _add(self, cell: int, change: int) -> None:
        with self._guard:
            self._cells[self._row + cell] += change

    def answers(self) -> Mapping[str, int]:
        """Return how many answers of each class all processes have given."""
        return {name: sum(self._cells[place::_WIDTH]) for place, name in enumerate(CLASSES)}

    def connections(self) -> tuple[int, int]:
        """Return how many connections all processes hold, and how many the one that holds most."""
        held = self._cells[_HELD::_WIDTH].tolist()
        return sum(held), max(held)


def init_counting(app: Flask) -> None:
    """Count the answers of an application and the connections that it takes from its pool."""
    counts = app.extensions[COUNTS] = Counts()

    def note(response: Response) -> Response:
        counts.note_answer(response.status_code)
        return response

    app.after_request(note)
    with app.app_context():
        event.listen(db.engine, "checkout", lambda *_: counts.note_connection(1))
        event.listen(db.engine, "checkin", lambda *_: counts.note_connection(-1))


def counts_of(app: Flask | None = None) -> Counts:
    """Return the counts of an application, the current one by default."""
    counts: Counts = (app or current_app).extensions[COUNTS]
    return counts
