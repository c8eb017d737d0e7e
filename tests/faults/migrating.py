"""T16: each migration is taken back and made again while the version before sells; no order fails."""

import threading
import time
from collections.abc import Sequence
from itertools import count

from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from groupbuy import paths
from groupbuy.campaigns.models import Offer, OfferVersion
from groupbuy.db import db
from groupbuy.db.transaction import in_transaction
from groupbuy.kernel import ids
from groupbuy.kernel.clock import utc_now
from groupbuy.orders.models import Order
from tests.faults import losing, market
from tests.faults.books import Outcome, violations

# Below this one there was no released version that could go on selling.
OLDEST = "0004"
BUYERS = 2
ORDERS_BETWEEN = 5
# What an order writes, in the columns of the oldest version.
STATEMENTS = tuple(
    text(statement)
    for statement in (
        "UPDATE offer_stock SET sold = sold + 1 WHERE offer_id = :offer AND NOT sealed",
        'INSERT INTO "order" (number, round_id, resident_id, leader_id, state, amount_fen, paid_fen,'
        " pickup_code, placed_at, version)"
        " SELECT :number, f.round_id, r.id, r.leader_id, 'confirmed', v.price_fen, 0, :code, :now, 1"
        " FROM resident r, offer f JOIN offer_version v ON v.offer_id = f.id"
        " WHERE r.id = :resident AND f.id = :offer AND v.id = :version",
        "INSERT INTO order_line (order_id, offer_id, offer_version_id, quantity, price_fen, amount_fen,"
        " rate_bp, fixed_fen) SELECT o.id, :offer, :version, 1, o.amount_fen, o.amount_fen, 0, 0"
        ' FROM "order" o WHERE o.number = :number',
        "INSERT INTO audit_entry (at, actor, verb, subject_kind, subject)"
        " VALUES (:now, 'test', 'order_placed', 'order', :number)",
    )
)


class OldVersion:
    """Sells one unit after the other with the tables of the oldest version."""

    def __init__(self, app: Flask, offer_id: int, version_id: int) -> None:
        self.placed: list[str] = []
        self.failed: list[str] = []
        self._app = app
        self._offer = {"offer": offer_id, "version": version_id}
        self._serials = count()
        self._over = threading.Event()
        self._crew = [threading.Thread(target=self._sell) for _ in range(BUYERS)]

    def __enter__(self) -> "OldVersion":
        for thread in self._crew:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._crew:
            thread.join()

    def wait_for_more(self) -> None:
        """Wait until some more were sold, or one has failed."""
        wanted = len(self.placed) + ORDERS_BETWEEN
        while len(self.placed) < wanted and not self.failed:
            time.sleep(0.01)

    def _sell(self) -> None:
        with self._app.app_context():
            while not self._over.wait(0.01):
                number = ids.order_number()
                try:
                    in_transaction(lambda number=number: self._place(number))
                    self.placed.append(number)
                except Exception as error:
                    self.failed.append(f"{number}: {type(error).__name__}: {error}"[:500])

    def _place(self, number: str) -> None:
        serial = next(self._serials)
        resident = serial % losing.BUYERS + 1
        now = utc_now()
        moment = now.strftime("%Y-%m-%d %H:%M:%S.%f") if db.engine.dialect.name == "sqlite" else now
        asked = {"number": number, "code": f"{serial:08d}", "now": moment, "resident": resident}
        for statement in STATEMENTS:
            wanted = self._offer | asked
            db.session.execute(statement, {name: wanted[name] for name in statement._bindparams})


def run(app: Flask, *, faults: int) -> Outcome:
    """Go back and forth through all migrations so many times while orders come in."""
    scripts = ScriptDirectory(str(paths.migrations_dir()))
    revisions = [script.revision for script in scripts.walk_revisions(base=OLDEST)]
    with app.app_context():
        losing.open_market()
        offer, version = db.session.query(Offer.id, OfferVersion.id).join(OfferVersion).one()
        db.session.remove()
        with OldVersion(app, offer, version) as old:
            complaints = _back_and_forth(old, revisions, faults)
            old.wait_for_more()
        upgrade()
        outcome = Outcome(2 * faults * (len(revisions) - 1), len(old.placed), old.failed)
        stored = set(db.session.scalars(db.select(Order.number)))
        outcome.lost += [f"{number} is not stored" for number in set(old.placed) - stored]
        outcome.doubled += [f"{number} was told to nobody" for number in stored - set(old.placed)]
        outcome.violations += complaints + violations(market.rest(app))
    return outcome


def _back_and_forth(old: OldVersion, revisions: Sequence[str], times: int) -> list[str]:
    """Take every migration back and make it again; return a complaint about the first that cannot."""
    steps = [(downgrade, revision) for revision in revisions[1:]]
    steps += [(upgrade, revision) for revision in reversed(revisions[:-1])]
    for move, revision in steps * times:
        old.wait_for_more()
        try:
            move(revision=revision)
        except SQLAlchemyError as error:
            return [f"{move.__name__} to {revision}: {type(error).__name__}: {error}"[:500]]
    return []
