"""Large reports made by a worker: read in one transaction, written outside of any, stored in another."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from groupbuy.analytics import trade_reports
from groupbuy.db.transaction import transaction
from groupbuy.documents.languages import CHINESE, written_in
from groupbuy.flows.archive.reading import everything
from groupbuy.jobs import files
from groupbuy.scheduler.work import Handler


def handler() -> Handler:
    """Return how a file is made."""
    return Handler(record=_keep, act=_make, give_up=_lose)


def _make(payload: Mapping[str, Any]) -> bytes | None:
    with transaction():
        row = files.begin(payload["file"])
        plain, suffix = (row.payload, row.suffix) if row else ({}, "")
    if row is None:
        return None

    def note(count: int) -> None:
        with transaction():
            files.note_progress(payload["file"], count)

    # Who asked before the language was kept gets Chinese.
    with written_in(plain.get("language", CHINESE)):
        with everything():
            sheet = trade_reports.sheet_from(plain)
        return trade_reports.written(sheet, suffix, note)


def _keep(payload: Mapping[str, Any], content: bytes | None, now: datetime) -> str:
    return files.keep(payload["file"], content, now=now)


def _lose(payload: Mapping[str, Any], _: str) -> None:
    files.fail(payload["file"])
