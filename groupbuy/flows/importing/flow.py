"""One import: all rows of a file or none, every fault listed in one go."""

from dataclasses import asdict, dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.exc import DBAPIError, IntegrityError

from groupbuy.audit import service as audit
from groupbuy.db import db
from groupbuy.documents.faults import Fault
from groupbuy.flows.importing.kind import Counts, Kind
from groupbuy.flows.importing.leaders import LEADERS
from groupbuy.flows.importing.offers import OFFERS
from groupbuy.flows.importing.orders import ORDERS
from groupbuy.flows.importing.products import PRODUCTS
from groupbuy.flows.importing.residents import RESIDENTS
from groupbuy.flows.importing.sheet import Sheet, Table
from groupbuy.flows.importing.sources import SOURCES
from groupbuy.flows.importing.suppliers import SUPPLIERS
from groupbuy.kernel.errors import BadInput

_ORDER = (SUPPLIERS, PRODUCTS, SOURCES, LEADERS, RESIDENTS, OFFERS, ORDERS)
KINDS = {kind.name: kind for kind in _ORDER}
ATTEMPTS = 5
# PostgreSQL gave up waiting for another transaction.
LOCK_NOT_AVAILABLE = "55P03"


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What an import did, in rows; with faults nothing was done."""

    created: int
    updated: int
    unchanged: int
    faults: tuple[Fault, ...]

    @property
    def refusal(self) -> BadInput:
        """Return the error that says that nothing was stored."""
        sentence = f"Nothing was imported; {len(self.faults)} faults are to be put right."
        return BadInput("import_faults", sentence, param="body")

    @property
    def imported(self) -> int:
        """Return how many rows were accepted, unchanged ones too."""
        return self.created + self.updated + self.unchanged


def import_file(
    *, kind: str, table: Table, now: datetime, zone: ZoneInfo, actor: str, dry_run: bool = False
) -> ImportResult:
    """Store the rows of a file, or none of them and say why.

    Moments without an offset are local to ``zone``. A dry run does everything and undoes it.
    Raise what the reading of the table raises, and KeyError for an unknown kind.
    """
    for _ in range(ATTEMPTS - 1):
        try:
            return _undone_unless_whole(KINDS[kind], table, now, zone, actor, dry_run)
        except DBAPIError as error:
            if not _is_race(error):
                raise
    return _undone_unless_whole(KINDS[kind], table, now, zone, actor, dry_run)


def _is_race(error: DBAPIError) -> bool:
    """Tell whether somebody stored the same thing or is about to; a fresh look finds it and says so."""
    return isinstance(error, IntegrityError) or getattr(error.orig, "sqlstate", None) == LOCK_NOT_AVAILABLE


def _undone_unless_whole(
    kind: Kind, table: Table, now: datetime, zone: ZoneInfo, actor: str, dry_run: bool
) -> ImportResult:
    savepoint = db.session.begin_nested()
    try:
        sheet = Sheet(table, kind.columns, zone)
        counts = _load(kind, sheet, now)
        if sheet.faults or dry_run:
            savepoint.rollback()
        else:
            _record(kind, counts, now, actor)
            savepoint.commit()
    except BaseException:
        savepoint.rollback()
        raise
    return _result(sheet, counts)


def _load(kind: Kind, sheet: Sheet, now: datetime) -> Counts:
    if sheet.complete:
        return kind.load(sheet, now)
    # Without a column nothing can be stored, but the cells that are there can be looked at.
    for _ in sheet.rows():
        pass
    return Counts()


def _record(kind: Kind, counts: Counts, now: datetime, actor: str) -> None:
    db.session.flush()
    if counts.created or counts.updated:
        audit.record(
            at=now, actor=actor, verb="imported", subject_kind=kind.name, subject="file", after=asdict(counts)
        )


def _result(sheet: Sheet, counts: Counts) -> ImportResult:
    if sheet.faults:
        return ImportResult(0, 0, 0, tuple(sorted(set(sheet.faults))))
    return ImportResult(counts.created, counts.updated, counts.unchanged, ())
