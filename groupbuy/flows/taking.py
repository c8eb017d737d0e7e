"""Taking an order at the edge: the quick way where it fits, else step by step."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from groupbuy.campaigns.queries import get_round
from groupbuy.campaigns.rules import MAX_QUANTITY
from groupbuy.commissions.queries import RATE_SQL, RULE_ID_SQL
from groupbuy.db import db
from groupbuy.flows.ordering import Actor, Wish, checked_remark, place_order
from groupbuy.members.queries import get_resident_by_id
from groupbuy.orders import brief, quick
from groupbuy.orders.models import Order
from groupbuy.orders.queries import OrderView, view_of
from groupbuy.orders.quick import QuickOrder
from groupbuy.orders.rules import MAX_LINES


class Unproved(Exception):
    """Say that an order was not placed by a token that nobody has looked at: the edge is to look first."""


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
    proof: str | None = None,
) -> OrderView:
    """Place an order, in one statement or a few where it fits.

    ``last`` tells that nothing more is to be written in this transaction: its locks are then let go at once.
    ``proof`` is the digest of the resident's token where nobody has looked yet whether it is good; Unproved
    then says that the order was not placed, for whatever reason.
    Raise as ``place_order`` does, and NotFound for an unknown round or resident.
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
        proof=proof,
    )
    placed = _quickly(asked, last)
    if placed is None and proof is not None:
        raise Unproved
    return placed or view_of(_step_by_step(asked, wishes, actor))


def _quickly(asked: QuickOrder, last: bool) -> OrderView | None:
    """Ask the database in its own way; None where the order does not fit."""
    if not _is_sane(asked.quantities):
        return None
    checked = replace(asked, remark=checked_remark(asked.remark))
    if db.session.get_bind().dialect.name == "postgresql":
        return quick.place(checked, QUICK, last=last)
    return brief.place(checked, BRIEF)


def _step_by_step(asked: QuickOrder, wishes: Sequence[Wish], actor: Actor) -> Order:
    return place_order(
        round_=get_round(asked.round_name),
        resident=get_resident_by_id(asked.resident_id),
        wishes=wishes,
        now=asked.now,
        actor=actor,
        pay_within=asked.expires_at - asked.now,
        remark=asked.remark,
        submission_key=asked.submission_key,
    )


def _is_sane(quantities: Sequence[int]) -> bool:
    """Tell whether the statement may be asked; the long way refuses what is out of range, with its place."""
    return 1 <= len(quantities) <= MAX_LINES and all(1 <= units <= MAX_QUANTITY for units in quantities)
