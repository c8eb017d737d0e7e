"""The audit log has one row per change of state, and its chain is unbroken."""

from sqlalchemy import and_, case, func, literal, or_, select

from groupbuy.analytics.invariants_base import Check, Equal, Never, Reckoned, Rows
from groupbuy.audit.models import AuditEntry
from groupbuy.audit.sealing import find_breaks
from groupbuy.campaigns.models import Round
from groupbuy.campaigns.rules import RoundState
from groupbuy.db.bulk import table_of
from groupbuy.orders.models import Order
from groupbuy.orders.rules import OrderState

# What the close and the cancelling of a round cancel is in the round's own row.
WITH_THE_ROUND = ("unpaid_at_close", "below_threshold", "not_reviewed")


def _written(verb: str, kind: str) -> Rows:
    rows = select(AuditEntry.subject, func.count())
    return rows.where(AuditEntry.verb == verb, AuditEntry.subject_kind == kind).group_by(AuditEntry.subject)


# An order that lives again is not cancelled; see flows.paying.
_signed = func.sum(case((AuditEntry.verb == "order_revived", -1), else_=1))
_cancelled = (
    select(AuditEntry.subject, _signed)
    .where(AuditEntry.verb.in_(("order_cancelled", "order_revived")), AuditEntry.subject_kind == "order")
    .group_by(AuditEntry.subject)
    .having(_signed != 0)
    .subquery()
)

CHECKS: tuple[Check, ...] = (
    Equal(
        "log_of_closing",
        "I10: one row for each time a round was sealed",
        ("round",),
        _written("round_closing", "round"),
        select(Round.name, Round.epoch),
    ),
    Equal(
        "log_of_closed",
        "I10: one row for the close of a round",
        ("round",),
        _written("round_closed", "round"),
        select(Round.name, literal(1)).where(Round.closed_at.is_not(None)),
    ),
    Equal(
        "log_of_cancelled_rounds",
        "I10: one row for the cancelling of a round",
        ("round",),
        _written("round_cancelled", "round"),
        select(Round.name, literal(1)).where(Round.state == RoundState.CANCELLED),
    ),
    Equal(
        "log_of_orders",
        "I10: one row for each order placed; imported ones are in the import's row",
        ("order",),
        _written("order_placed", "order"),
        select(Order.number, literal(1)).where(Order.order_ref.is_(None), Order.split_of_id.is_(None)),
    ),
    Never(
        "log_of_cancelled_orders",
        "I10: one row for each order cancelled by itself",
        ("order", "rows"),
        table_of(Order),
        select(Order.number, func.coalesce(_cancelled.c[1], 0))
        .join(Round, Round.id == Order.round_id)
        .outerjoin(_cancelled, _cancelled.c[0] == Order.number)
        .where(
            or_(
                _cancelled.c[1] > 1,
                and_(_cancelled.c[1].is_not(None), Order.state != OrderState.CANCELLED),
                and_(
                    _cancelled.c[1].is_(None),
                    Order.state == OrderState.CANCELLED,
                    Order.cancel_reason.not_in(WITH_THE_ROUND),
                    Round.state != RoundState.CANCELLED,
                ),
            )
        ),
    ),
    Reckoned("log_chain", "I10: every seal of the log still gives its digest", find_breaks),
)
