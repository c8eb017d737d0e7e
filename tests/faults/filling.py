"""T8: the disk of the database, of documents or of logs is full or read-only, and later has room again."""

import os
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import timedelta
from io import BytesIO
from pathlib import Path

from flask import Flask
from PIL import Image

from groupbuy.app.round_folder import MANIFEST
from groupbuy.campaigns.rules import Window
from groupbuy.catalog.models import Product
from groupbuy.db import db
from groupbuy.http.pictures import store_picture
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import Unavailable
from tests import building
from tests.faults import losing, market, serving
from tests.faults.books import Outcome
from tests.faults.restarting import PROPER
from tests.faults.stopping import BACK_WITHIN_SECONDS
from tests.faults.traffic import Traffic
from tests.support.disks import full, read_only
from tests.support.postgres import start_again, stop_cluster

# Where the disks of this run are mounted; ``scripts/inject_faults.py`` says so.
DISKS = "FAULTS_DISKS"
CLOSED = "CLOSED"


def run(app: Flask, *, faults: int) -> Outcome:
    """Take room or the right to write away from one disk after the other while orders come in."""
    disks = Path(os.environ[DISKS])
    os.environ["GROUPBUY_LOG_LEVEL"] = "info"
    with app.app_context():
        buyers = losing.open_market()
        close_a_round(app)
        complaints = _refuse_the_database(disks / "database")
        with (disks / "logs" / "errors").open("ab") as errors, serving.server(errors=errors) as port:
            traffic = Traffic(port, buyers)
            with traffic.flowing():
                for number in range(1, faults):
                    traffic.wait_for_more()
                    complaints += _hurt(app, disks, traffic, number)
                traffic.wait_for_more()
            again = traffic.repeat()
        outcome = losing.outcome_of(app, faults, traffic, again, PROPER)
    outcome.violations += complaints
    return outcome


def close_a_round(app: Flask) -> None:
    """Make a closed round, whose documents can be written."""
    now = utc_now()
    window = Window(now - timedelta(hours=2), now - timedelta(hours=1), (now + timedelta(days=1)).date())
    building.add_round(db.session.query(Product).all(), CLOSED, window=window)
    market.tick(app, now)
    db.session.remove()


def _hurt(app: Flask, disks: Path, traffic: Traffic, number: int) -> list[str]:
    """Hurt one disk, and return what did not go as it should."""
    papers = disks / "documents" / f"papers-{number}"
    ways: tuple[Callable[[], list[str]], ...] = (
        lambda: _fill_the_database(disks / "database", traffic),
        lambda: _refuse_documents(app, papers, full(papers.parent)),
        lambda: _fill_the_logs(disks / "logs", traffic),
        lambda: _refuse_documents(app, papers, read_only(papers.parent)),
    )
    return [f"fault {number}: {complaint}" for complaint in ways[(number - 1) % len(ways)]()]


def _refuse_the_database(disk: Path) -> list[str]:
    """Let nobody write where the database is; nobody may have it open, so this comes first."""
    cluster = disk / "cluster"
    db.session.remove()
    db.engine.dispose()
    stop_cluster(cluster)
    with read_only(disk):
        done = serving.groupbuy("tick", check=False)
    if cluster.exists():
        start_again(cluster)
    clear = done.returncode == 1 and done.stderr.startswith("groupbuy: ")
    return [] if clear else [f"a read-only database: {done.returncode}, {done.stderr[-300:]}"]


def _fill_the_database(disk: Path, traffic: Traffic) -> list[str]:
    with full(disk):
        refused = traffic.wait_for_refusal()
    seconds = traffic.wait_for_more(1)
    complaints = [] if refused else ["no order was refused while the database had no room"]
    return complaints + ([f"back after {seconds:.1f} s"] if seconds > BACK_WITHIN_SECONDS else [])


def _fill_the_logs(disk: Path, traffic: Traffic) -> list[str]:
    with full(disk):
        seconds = traffic.wait_for_more()
    return [f"without logs orders took {seconds:.1f} s"] if seconds > BACK_WITHIN_SECONDS else []


def _refuse_documents(app: Flask, papers: Path, fault: AbstractContextManager[None]) -> list[str]:
    """Ask for documents and send a picture, in vain; nothing half written stays, and later both work."""
    with fault:
        done = write(papers)
        clear = done.returncode == 1 and "cannot be written" in done.stderr
        complaints = [] if clear else [f"documents: {done.returncode}, {done.stderr[-300:]}"]
        complaints += ["a picture was stored"] if _stores_a_picture(app) else []
        left = [*papers.rglob("*.*"), *papers.parent.rglob("*.part")]
        complaints += [f"{path} was left" for path in left]
    complaints += [] if _stores_a_picture(app) else ["no picture could be stored later"]
    done = write(papers)
    whole = done.returncode == 0 and (papers / MANIFEST).exists()
    return complaints + ([] if whole else [f"documents later: {done.stderr[-300:]}"])


def write(papers: Path, environ: Mapping[str, str] | None = None) -> serving.Done:
    """Ask for the documents of the closed round."""
    return serving.groupbuy("documents", CLOSED, "--out", str(papers), environ=environ, check=False)


def _stores_a_picture(app: Flask) -> bool:
    content = BytesIO()
    Image.new("RGB", (750, 750), "green").save(content, "PNG")
    try:
        with app.test_request_context():
            store_picture(content.getvalue())
    except Unavailable:
        return False
    return True
