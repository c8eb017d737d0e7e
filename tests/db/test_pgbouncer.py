"""Orders, processes and commands behind PgBouncer in transaction mode, where the machine has it."""

import os
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import quote

import pytest
from sqlalchemy.engine import make_url

from groupbuy.app.factory import create_app
from groupbuy.config import load_settings
from groupbuy.db import db
from groupbuy.db.transaction import in_transaction
from groupbuy.flows import taking
from groupbuy.flows.ordering import Wish
from groupbuy.jobs import heartbeats
from tests import building
from tests.building import ACTOR, NOW, PICKUP
from tests.faults import serving
from tests.faults.rushing import WINDOW
from tests.support.commands import COMMAND, Run
from tests.support.leaving_out import find_pgbouncer
from tests.support.run_folder import run_folder

PORT = 6432


@pytest.fixture
def bouncer_url(database_url: str, tmp_path: Path) -> Iterator[str]:
    """Yield the URL of the test's database behind a PgBouncer of its own."""
    url = make_url(database_url)
    folder = run_folder() / f"{tmp_path.parent.name}-{tmp_path.name}-bouncer"
    folder.mkdir(mode=0o777)
    folder.chmod(0o777)
    (folder / "users").write_text('"groupbuy" ""\n')
    (folder / "ini").write_text(
        f"[databases]\n* = host={url.query['host']}\n[pgbouncer]\nunix_socket_dir={folder}\n"
        f"listen_addr=\nlisten_port={PORT}\nauth_type=trust\nauth_file={folder / 'users'}\n"
        f"pool_mode=transaction\ndefault_pool_size=2\nlogfile={folder / 'log'}\n"
    )
    # It refuses to run as root.
    user = None if os.geteuid() else "nobody"
    process = subprocess.Popen([str(find_pgbouncer()), "-q", str(folder / "ini")], user=user)
    while not (folder / f".s.PGSQL.{PORT}").exists():
        assert process.poll() is None, "PgBouncer ended"
        time.sleep(0.05)
    yield f"postgresql://groupbuy@/{url.database}?host={quote(str(folder))}&port={PORT}"
    process.terminate()
    process.wait(timeout=30)


@pytest.mark.postgres
@pytest.mark.pgbouncer
@pytest.mark.parametrize("database_kind", ["postgresql"])
def test_orders_and_the_close_work_behind_pgbouncer(bouncer_url: str, tmp_path: Path) -> None:
    environ = {
        "GROUPBUY_DATABASE_URL": bouncer_url,
        "GROUPBUY_INSTANCE": str(tmp_path),
        "GROUPBUY_PGBOUNCER": "1",
    }
    app = create_app(load_settings(environ))
    with app.app_context():
        resident = building.add_resident(building.add_leader("L1"))
        round_ = building.add_round([building.add_product(building.add_supplier())], "C1")
        for number in range(12):
            taken = in_transaction(
                lambda last=bool(number % 2): taking.take_order(
                    round_name="C1",
                    resident_id=resident.id,
                    wishes=[Wish("P1", 1)],
                    now=NOW,
                    actor=ACTOR,
                    pay_within=PICKUP - PICKUP,
                    last=last,
                )
            )
            assert taken.state == "confirmed"
        assert building.close(app, round_).state == "closed"
        db.session.remove()
        db.engine.dispose()


@pytest.mark.postgres
@pytest.mark.pgbouncer
@pytest.mark.parametrize("database_kind", ["postgresql"])
def test_the_processes_and_commands_work_behind_pgbouncer(
    bouncer_url: str, run_cli: Run, command_environ: Mapping[str, str], tmp_path: Path
) -> None:
    settings = {"GROUPBUY_DATABASE_URL": bouncer_url, "GROUPBUY_PGBOUNCER": "1"}
    app = create_app(load_settings({**settings, "GROUPBUY_INSTANCE": str(tmp_path)}))
    with app.app_context():
        building.add_round([building.add_product(building.add_supplier())], "C1", window=WINDOW)
        [token] = serving.add_buyers(1)
        port = serving.free_port()
        command = [*COMMAND, "serve", "--port", str(port), "--workers", "2"]
        server = subprocess.Popen(command, env={**command_environ, **settings})
        try:
            serving.wait_for(port)
            answers = [serving.ask(port, token, serving.order("C1", {"P1": 1}), "key") for _ in range(2)]
            while heartbeats.last_beat() is None:
                db.session.rollback()
                time.sleep(0.1)
        finally:
            server.terminate()
            server.wait(timeout=60)
            db.session.remove()
            db.engine.dispose()
    assert (answers[0].status, answers[0]) == (201, answers[1])
    assert run_cli("rounds", "show", "C1", "--json", **settings).json["orders"] == 1
    assert run_cli("audit", **settings).exit_code == 0
