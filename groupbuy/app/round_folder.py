"""All documents of a round in a folder, with a manifest that is written last.

Leaders and suppliers are taken some at a time, so memory does not grow with their number; a big round
is written by several processes, each of which reads its own rows.
"""

import gc
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from multiprocessing import get_context
from pathlib import Path

from groupbuy.app import papers
from groupbuy.app.core import create_core
from groupbuy.app.documents import FORMATS, KINDS
from groupbuy.app.names import distinct, file_name
from groupbuy.app.papers import LEADER_KINDS, ROUND_KINDS, Document, Source
from groupbuy.config import Settings
from groupbuy.db import db
from groupbuy.documents.files import keep_names, write_one_of_many, write_whole
from groupbuy.flows.archive.reading import of_round
from groupbuy.orders.by_leader import LEADERS_AT_ONCE, leaders_with_orders
from groupbuy.purchasing.printed import suppliers_with_orders

MANIFEST = "manifest.json"
SUPPLIERS_AT_ONCE = 100
# Starting processes takes longer than writing this many documents.
FEW = 300
# A disk flushes a few files together nearly as fast as one.
WRITES_AT_ONCE = 2

Entry = dict[str, str | int]
"""One file of the manifest."""


@dataclass(frozen=True, slots=True)
class Job:
    """What every process needs to know."""

    source: Source
    folder: Path
    suffixes: Sequence[str]
    stems: Mapping[tuple[str, str | None], str]


@dataclass(frozen=True, slots=True)
class Task:
    """A part of the work: some leaders, some suppliers, or the documents of the whole round."""

    kinds: Sequence[str]
    owner_ids: Sequence[int] = ()


def write_round(
    *,
    settings: Settings,
    round_name: str,
    folder: Path,
    suffixes: Sequence[str],
    printed_at: datetime,
    note: Callable[[int, int], None],
) -> list[Entry]:
    """Write all documents of a round and the manifest into a folder; return the manifest's files.

    ``printed_at`` is the moment that stands on every page. ``note`` is told the files written and their
    number to be, again and again. What a former run left in the folder and is no document of the round
    any more is removed. Raise NotFound, RuleBroken ``not_closed``, OSError.
    """
    source = papers.source_of(round_name, settings.timezone, printed_at)
    former = _take_manifest_away(folder)
    with of_round(source.round_id):
        entries = _write_all(settings, source, folder, suffixes, note)
    entries.sort(key=_order)
    _remove(folder, former - {str(entry["path"]) for entry in entries})
    manifest = json.dumps({"round": round_name, "files": entries}, ensure_ascii=False, indent=1)
    write_whole(folder / MANIFEST, manifest.encode())
    return entries


def _write_all(
    settings: Settings,
    source: Source,
    folder: Path,
    suffixes: Sequence[str],
    note: Callable[[int, int], None],
) -> list[Entry]:
    """Write the documents of a round that can be read; return the files as they were done."""
    leaders = [(leader.id, leader.code, leader.name) for leader in leaders_with_orders(source.round_id)]
    suppliers = suppliers_with_orders(source.round_id)
    job = Job(source, folder, suffixes, _stems(source.head.name, leaders, suppliers))
    tasks = _tasks([leader[0] for leader in leaders], [supplier[0] for supplier in suppliers])
    entries: list[Entry] = []
    for done in _run(settings, job, tasks):
        entries += done
        note(len(entries), len(job.stems) * len(suffixes))
    return entries


def _stems(
    round_name: str, leaders: Sequence[tuple[int, str, str]], suppliers: Sequence[tuple[int, str, str]]
) -> dict[tuple[str, str | None], str]:
    """Return the path without suffix of each document, by kind and owner."""
    stems: dict[tuple[str, str | None], str] = {}
    for name, kind in KINDS.items():
        if kind.owner is None:
            stems[name, None] = file_name(kind.title, round_name)
        owners = {"leader": leaders, "supplier": suppliers}.get(kind.owner or "", ())
        names = distinct((code, file_name(kind.title, code, called)) for _, code, called in owners)
        stems |= {(name, code): f"{name}/{stem}" for code, stem in names.items()}
    return stems


def _tasks(leader_ids: Sequence[int], supplier_ids: Sequence[int]) -> list[Task]:
    """Return the parts of the work, the longest first."""
    # Together, because they share what is added up over the whole round.
    tasks = [Task(list(ROUND_KINDS))]
    for start in range(0, len(leader_ids), LEADERS_AT_ONCE):
        tasks.append(Task(list(LEADER_KINDS), leader_ids[start : start + LEADERS_AT_ONCE]))
    for start in range(0, len(supplier_ids), SUPPLIERS_AT_ONCE):
        tasks.append(Task(["purchase_order"], supplier_ids[start : start + SUPPLIERS_AT_ONCE]))
    return tasks


def _run(settings: Settings, job: Job, tasks: Sequence[Task]) -> Iterator[list[Entry]]:
    if len(job.stems) * len(job.suffixes) <= FEW:
        yield from (_perform(job, task) for task in tasks)
        return
    # Ends the reading: PostgreSQL cuts off a transaction that idles while the processes work.
    db.session.rollback()
    processes = min(os.cpu_count() or 1, 8)
    with ProcessPoolExecutor(
        processes, get_context("spawn"), initializer=_start_process, initargs=(settings, job)
    ) as pool:
        futures = [pool.submit(_perform_apart, task) for task in tasks]
        try:
            for future in as_completed(futures):
                yield future.result()
        finally:
            pool.shutdown(cancel_futures=True)


_job: Job


def _start_process(settings: Settings, job: Job) -> None:
    """Give a process of its own the application and the work that all share."""
    global _job
    _job = job
    create_core(settings).app_context().push()
    # Millions of rows come and go without cycles; looking for some again and again takes a third of the time.
    gc.freeze()
    gc.disable()


def _perform_apart(task: Task) -> list[Entry]:
    with of_round(_job.source.round_id):
        entries = _perform(_job, task)
    # Ends the reading, so that the next task sees the newest rows.
    db.session.rollback()
    gc.collect()
    return entries


def _perform(job: Job, task: Task) -> list[Entry]:
    """Write the files of a task: while the disk takes one, the next is made."""
    entries: list[Entry] = []
    writes: list[Future[None]] = []
    with ThreadPoolExecutor(WRITES_AT_ONCE) as disk:
        for document in _documents(job.source, task):
            for suffix in job.suffixes:
                path = f"{job.stems[document.kind, document.owner]}.{suffix}"
                content = FORMATS[suffix].write(document)
                writes.append(disk.submit(write_one_of_many, job.folder / path, content))
                entries.append(_entry(document, path))
    for write in writes:
        write.result()
    keep_names(job.folder / str(entry["path"]) for entry in entries)
    return entries


def _documents(source: Source, task: Task) -> Iterator[Document]:
    if task.kinds[0] in ROUND_KINDS:
        return chain.from_iterable(ROUND_KINDS[kind](source) for kind in task.kinds)
    if task.kinds[0] in LEADER_KINDS:
        return papers.leader_documents(source, task.owner_ids, task.kinds)
    return papers.purchase_orders(source, task.owner_ids)


def _entry(document: Document, path: str) -> Entry:
    owner = KINDS[document.kind].owner
    whose: Entry = {owner: document.owner} if owner and document.owner else {}
    sums: Entry = {"path": path, "units": document.units, "amount_fen": document.amount_fen}
    return {"kind": document.kind} | whose | sums


def _order(entry: Entry) -> tuple[int, str, str]:
    """Return the place of a file in the manifest: by kind, owner's code and path."""
    kind = str(entry["kind"])
    return list(KINDS).index(kind), str(entry.get(KINDS[kind].owner or "", "")), str(entry["path"])


def _take_manifest_away(folder: Path) -> set[str]:
    """Remove the manifest of a former run, so that a half-written folder has none; return its paths."""
    path = folder / MANIFEST
    if not path.exists():
        return set()
    try:
        former = {str(entry["path"]) for entry in json.loads(path.read_text("utf-8"))["files"]}
    except (ValueError, KeyError, TypeError):
        former = set()
    path.unlink()
    return former


def _remove(folder: Path, paths: set[str]) -> None:
    inside = folder.resolve()
    for path in paths:
        file = (folder / path).resolve()
        if inside in file.parents:
            file.unlink(missing_ok=True)
