"""Money in payment channels: what the rows say is what the books say."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, and_, func, literal, or_, select

from groupbuy.analytics.invariants_base import Check, Equal, Figured, Never, Reckoned
from groupbuy.db.bulk import table_of
from groupbuy.db.totals import total
from groupbuy.finance import rules
from groupbuy.finance.queries import credits_less_debits
from groupbuy.payments import reconciling
from groupbuy.payments.models import GIVEN_BACK, ChannelPayment, ChannelRefund

Rows = Select[*tuple[Any, ...]]

_accounts = credits_less_debits().subquery()
_name, _fen = _accounts.columns
_came = ChannelPayment.state.in_(("paid", "held"))
_ended = ("success", "to_wallet")

_in = select(ChannelPayment.channel, total(ChannelPayment.paid_fen).label("fen")).where(_came)
_in_by = _in.group_by(ChannelPayment.channel).subquery()
_out_by = (
    select(ChannelPayment.channel, total(ChannelRefund.amount_fen).label("fen"))
    .join(ChannelPayment, ChannelPayment.id == ChannelRefund.payment_id)
    .where(ChannelRefund.state == "success")
    .group_by(ChannelPayment.channel)
    .subquery()
)
_back = (
    select(ChannelRefund.payment_id, total(ChannelRefund.amount_fen).label("fen"))
    .group_by(ChannelRefund.payment_id)
    .subquery()
)
_on_its_way = total(ChannelRefund.amount_fen)
_still_held = and_(ChannelPayment.state == "held", ChannelPayment.outcome != GIVEN_BACK)


def _account(name: str) -> Rows:
    return select(_name, _fen).where(_name == name)


def _check_bills() -> tuple[int, Sequence[str]]:
    days = reconciling.stored_days()
    found = [
        f"{day.channel} {one.kind} {one.number}: {one.ours_fen} and {one.theirs_fen}"
        for day in days
        for one in reconciling.differences(channel=day.channel, day=day.day)
    ]
    return len(days), found


CHECKS: tuple[Check, ...] = (
    Reckoned(
        "channel_bills",
        "I5: what was paid less what went back is what the channels' own books say, for each day fetched",
        _check_bills,
    ),
    Figured(
        Equal(
            "channel_accounts",
            "I5: what the books say a channel holds is what was paid less what it has paid back",
            ("account",),
            select(
                literal("channel:") + _in_by.c.channel, func.coalesce(_out_by.c.fen, 0) - _in_by.c.fen
            ).outerjoin(_out_by, _out_by.c.channel == _in_by.c.channel),
            select(_name, _fen).where(
                _name.in_(select(literal("channel:") + ChannelPayment.channel).where(_came))
            ),
        ),
        select(total(ChannelPayment.paid_fen)).where(_came),
    ),
    Figured(
        Equal(
            "channel_refunding",
            "I5: money on its way back is the refunds that have not ended",
            ("account",),
            select(literal(rules.REFUNDING), _on_its_way).where(ChannelRefund.state.not_in(_ended)),
            _account(rules.REFUNDING),
        ),
        select(_on_its_way).where(ChannelRefund.state.not_in(_ended)),
    ),
    Figured(
        Equal(
            "channel_held",
            "I5: money that is held is the payments of a wrong amount",
            ("account",),
            select(literal(rules.HELD), total(ChannelPayment.paid_fen)).where(_still_held),
            _account(rules.HELD),
        ),
        select(total(ChannelPayment.paid_fen)).where(_still_held),
    ),
    Never(
        "channel_refunds",
        "I5: no more goes back than was paid, and nothing of what was not",
        ("payment",),
        table_of(ChannelPayment),
        select(ChannelPayment.number)
        .join(_back, _back.c.payment_id == ChannelPayment.id)
        .where(or_(~_came, _back.c.fen > ChannelPayment.paid_fen)),
    ),
)
