"""Large files, made in the background: asked for, made by a worker, fetched by who has asked."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import case, delete, select, update
from sqlalchemy.orm import defer

from groupbuy.db import db
from groupbuy.jobs import service
from groupbuy.jobs.models import MadeFile
from groupbuy.kernel.errors import NotFound, RuleBroken

FILE_JOB = "file"
KEPT = timedelta(days=7)
MOST_WAITING = 5
MOST_SHOWN = 50


def ask(
    *,
    report: str,
    payload: Mapping[str, Any],
    name: str,
    suffix: str,
    rows: int,
    account_id: int,
    now: datetime,
) -> MadeFile:
    """Queue a file, the one that waits already where the same person asks for the same again.

    The account is locked, so that this holds for two who ask at the same moment as well.
    Raise RuleBroken ``too_many_files`` while several of the same person wait.
    """
    db.session.execute(delete(MadeFile).where(MadeFile.asked_at < now - KEPT))
    waiting = [one for one in files_of(account_id) if one.state in ("queued", "making")]
    same = [one for one in waiting if (one.report, one.suffix, one.payload) == (report, suffix, payload)]
    if same:
        return same[0]
    if len(waiting) >= MOST_WAITING:
        raise RuleBroken("too_many_files", "Several files are being made for you; wait for them first.")
    row = MadeFile(
        account_id=account_id,
        report=report,
        payload=dict(payload),
        suffix=suffix,
        name=name,
        rows=rows,
        asked_at=now,
    )
    db.session.add(row)
    db.session.flush()
    service.enqueue(kind=FILE_JOB, key=f"file:{row.id}", payload={"file": row.id}, now=now)
    return row


def begin(file_id: int) -> MadeFile | None:
    """Note that a worker has begun, from the start; None for a file that is gone by now."""
    row = db.session.get(MadeFile, file_id)
    if row is not None:
        row.state, row.done = "making", 0
        db.session.flush()
    return row


def note_progress(file_id: int, done: int) -> None:
    """Note how many rows are written; a worker that was overtaken changes nothing of a file that is done."""
    making = update(MadeFile).where(MadeFile.id == file_id, MadeFile.state == "making")
    db.session.execute(making.values(done=case((MadeFile.rows < done, MadeFile.rows), else_=done)))


def keep(file_id: int, content: bytes | None, *, now: datetime) -> str:
    """Store what was made; return a word for the run log."""
    row = db.session.get(MadeFile, file_id)
    if row is None or content is None:
        return "gone"
    row.content, row.state, row.done, row.made_at = content, "done", row.rows, now
    db.session.flush()
    return f"{len(content)} bytes"


def fail(file_id: int) -> None:
    """Note that a file could not be made."""
    row = db.session.get(MadeFile, file_id)
    if row is not None:
        row.state = "failed"
        db.session.flush()


def files_of(account_id: int) -> Sequence[MadeFile]:
    """Return the files that an account has asked for, the newest first, without their content."""
    own = select(MadeFile).where(MadeFile.account_id == account_id).options(defer(MadeFile.content))
    return db.session.scalars(own.order_by(MadeFile.id.desc()).limit(MOST_SHOWN)).all()


def get_file(file_id: int, account_id: int) -> MadeFile:
    """Return a file that is ready; raise NotFound for one of somebody else or one that is not."""
    row = db.session.get(MadeFile, file_id)
    if row is None or row.account_id != account_id or row.state != "done":
        raise NotFound("unknown_file", "There is no such file.")
    return row
