"""T15: a backup is taken while orders come in, restored elsewhere, and audited there."""

import subprocess
import tempfile
from pathlib import Path

from flask import Flask
from sqlalchemy import create_engine, select, text
from sqlalchemy.engine import URL

from groupbuy.db import db
from groupbuy.orders.models import Order
from tests.faults import losing, serving
from tests.faults.books import Outcome
from tests.faults.traffic import Traffic
from tests.support.postgres import postgres_programs


def run(app: Flask, *, faults: int) -> Outcome:
    """Take so many backups under load; each is restored and compared with what had been acknowledged."""
    complaints: list[str] = []
    with app.app_context(), tempfile.TemporaryDirectory() as folder:
        buyers = losing.open_market()
        with serving.server() as port:
            traffic = Traffic(port, buyers)
            with traffic.flowing():
                for number in range(faults):
                    traffic.wait_for_more()
                    before, file = traffic.acknowledged, Path(folder) / f"{number}.backup"
                    _back_up(db.engine.url, file)
                    complaints += _examine(_restore(db.engine.url, file, number), before)
            again = traffic.repeat()
        answers = [traffic.answers[number] for number in sorted(traffic.answers)]
        outcome = losing.outcome(app, faults, answers, again)
    outcome.lost += complaints
    return outcome


def _back_up(url: URL, file: Path) -> None:
    """Do what docs/deploy.md says."""
    if url.drivername.startswith("sqlite"):
        serving.groupbuy("backup", str(file))
    else:
        _postgres("pg_dump", "-Fc", "--file", str(file), _plain(url))


def _restore(url: URL, file: Path, number: int) -> str:
    """Restore a backup into a database of its own; return its URL."""
    if url.drivername.startswith("sqlite"):
        return f"sqlite:///{file}"
    name = f"restored_{number}"
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE template0"))
    copy = url.set(database=name)
    _postgres("pg_restore", "--dbname", _plain(copy), str(file))
    return copy.render_as_string(hide_password=False)


def _examine(url: str, before: frozenset[str]) -> list[str]:
    """Return what of the orders acknowledged before is missing in a copy, and what its audit finds."""
    engine = create_engine(url)
    with engine.connect() as connection:
        stored = set(connection.scalars(select(Order.number)))
    engine.dispose()
    missing = [f"{number} is not in the backup" for number in before - stored]
    environ = {"GROUPBUY_DATABASE_URL": url}
    serving.groupbuy("tick", environ=environ)
    audit = serving.groupbuy("audit", environ=environ, check=False)
    return missing + ([f"the restored copy: {audit.stdout[-500:]}"] if audit.returncode else [])


def _plain(url: URL) -> str:
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


def _postgres(program: str, *arguments: str) -> None:
    programs = postgres_programs()
    assert programs is not None
    subprocess.run([str(programs / program), *arguments], check=True)
