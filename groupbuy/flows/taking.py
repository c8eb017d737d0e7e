"""Taking an order at the edge: the quick way where it fits, else step by step."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from groupbuy.audit.actor import Actor
from groupbuy.campaigns.queries import get_round
from groupbuy.campaigns.rules import MAX_QUANTITY
from groupbuy.commissions.queries import RATE_SQL, RULE_ID_SQL
from groupbuy.db import db
from groupbuy.db.driver import Statement
from groupbuy.db.submissions import first_of
from groupbuy.flows.ordering import Wish, checked_remark, place_order
from groupbuy.kernel.errors import TooMany
from groupbuy.members.queries import get_resident_by_id
from groupbuy.orders import brief, quick
from groupbuy.orders.models import Order
from groupbuy.orders.queries import OrderView, placed_before_last, view_of
from groupbuy.orders.quick import HOUR, QuickOrder
from groupbuy.orders.rules import MAX_LINES


class Unproved(Exception):
    """Say that an order was not placed by a token that nobody has looked at: the edge is to look first."""


class Answered(str):
    """What was placed, as JSON text that is stored under the request's key already."""

    __slots__ = ()


QUICK = quick.statement(RATE_SQL)
BRIEF = brief.statement(RULE_ID_SQL)


def take_order(
    *,
    round_name: str,
    resident_id: int,
    wishes: Sequence[Wish],
    now: datetime,
    actor: Actor,
    pay_within: timedelta,
    remark: str | None = None,
    submission_key: str | None = None,
    last: bool = False,
    most_an_hour: int | None = None,
) -> OrderView:
    """Place an order, in one statement or a few where it fits.

    ``last`` tells that nothing more is to be written in this transaction: its locks are then let go at once.
    Raise as ``place_order`` does, NotFound for an unknown round or resident, and TooMany ``too_many_orders``
    when the resident has placed ``most_an_hour`` within the hour.
    """
    asked = QuickOrder(
        round_name=round_name,
        resident_id=resident_id,
        product_codes=[wish.product_code for wish in wishes],
        quantities=[wish.quantity for wish in wishes],
        now=now,
        expires_at=now + pay_within,
        placed_by_id=actor.account_id,
        actor=actor.name,
        remark=remark,
        submission_key=submission_key,
        most_an_hour=most_an_hour,
    )
    return _quickly(asked, last) or _long_way(asked)


def answer_order(asked: QuickOrder, answering: Statement) -> OrderView | Answered:
    """Place an order by the only write of a transaction; raise as ``take_order`` does.

    Unproved says that nothing was placed, for whatever reason, by a token that nobody has looked at.
    With a key, under which nothing may have been answered, the one statement that places it stores the
    answer too where the database can do so: ``answering``, from ``keyed``. Else the caller stores it.
    """
    return _at_once(asked, answering) or _long_way(asked)


def keyed(answer: str) -> Statement:
    """Return the statement that stores as its answer what ``answer`` makes of head, placed and line."""
    return quick.keyed_statement(RATE_SQL, answer)


def _quickly(asked: QuickOrder, last: bool) -> OrderView | None:
    """Ask the database in its own way; None where the order does not fit."""
    if not _is_sane(asked.quantities):
        return None
    checked = replace(asked, remark=checked_remark(asked.remark))
    if _in_one_statement():
        return quick.place(checked, QUICK, last=last)
    return brief.place(checked, BRIEF)


def _at_once(asked: QuickOrder, answering: Statement) -> OrderView | Answered | None:
    if asked.key is None or not _in_one_statement() or not _is_sane(asked.quantities):
        return _quickly(asked, last=asked.key is None)
    answer = quick.place_keyed(replace(asked, remark=checked_remark(asked.remark)), answering)
    return None if answer is None else Answered(answer)


def _in_one_statement() -> bool:
    return db.session.get_bind().dialect.name == "postgresql"


def _long_way(asked: QuickOrder) -> OrderView:
    """Go step by step, which says what does not fit; only for somebody whose token has been looked at."""
    if asked.proof is not None:
        raise Unproved
    _check_hour(asked)
    placed = place_order(
        round_=get_round(asked.round_name),
        resident=get_resident_by_id(asked.resident_id),
        wishes=[Wish(*wish) for wish in zip(asked.product_codes, asked.quantities, strict=True)],
        now=asked.now,
        actor=Actor(asked.actor, asked.placed_by_id),
        pay_within=asked.expires_at - asked.now,
        remark=asked.remark,
        submission_key=asked.submission_key,
    )
    return view_of(placed)


def _check_hour(asked: QuickOrder) -> None:
    """Refuse who has placed many orders within the hour until one of them is older than that."""
    if asked.most_an_hour is None or asked.placed_by_id is None:
        return
    if first_of(Order, asked.submission_key) is not None:
        return
    placed_at = placed_before_last(
        resident_id=asked.resident_id,
        placed_by_id=asked.placed_by_id,
        since=asked.now - HOUR,
        count=asked.most_an_hour - 1,
    )
    if placed_at is not None:
        raise TooMany(
            "too_many_orders",
            "You have placed very many orders within an hour; go on later.",
            retry_after=int((placed_at + HOUR - asked.now).total_seconds()) + 1,
        )


def _is_sane(quantities: Sequence[int]) -> bool:
    """Tell whether the statement may be asked; the long way refuses what is out of range, with its place."""
    return 1 <= len(quantities) <= MAX_LINES and all(1 <= units <= MAX_QUANTITY for units in quantities)
