"""Tours worked out by a worker: read in one transaction, solved outside of any, stored in another."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from groupbuy.db import db
from groupbuy.delivery import planning
from groupbuy.delivery.rules import Tour
from groupbuy.jobs.service import Patience
from groupbuy.messaging.senders import Refused
from groupbuy.scheduler.work import Handler

# Somebody sits in front of the page; the same task fails in the same way again.
FEW = Patience(first=timedelta(seconds=1), longest=timedelta(seconds=5), attempts=3)


def handler() -> Handler:
    """Return how tours are worked out."""
    return Handler(record=_keep, act=_solve, patience=FEW, give_up=_fail)


def _solve(payload: Mapping[str, Any]) -> list[Tour] | None:
    task = planning.task_to_solve(payload["proposal"])
    db.session.rollback()
    if task is None:
        return None
    try:
        return planning.solve(task)
    except ModuleNotFoundError as error:
        raise Refused("the worker needs the extra: pip install 'groupbuy[routes]'") from error


def _keep(payload: Mapping[str, Any], tours: list[Tour] | None, _: datetime) -> str:
    return planning.keep(proposal_id=payload["proposal"], tours=tours)


def _fail(payload: Mapping[str, Any], why: str) -> None:
    planning.fail(proposal_id=payload["proposal"], why=why)
