"""Money in payment channels: what the rows say is what the books say."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, String, and_, case, cast, func, literal, or_, select, union_all

from groupbuy.analytics.invariants_base import Check, Equal, Figured, Never, Reckoned
from groupbuy.commissions import mending_transfers, transfers
from groupbuy.commissions.models import Withdrawal
from groupbuy.commissions.transfer_models import WechatTransfer
from groupbuy.db.bulk import table_of
from groupbuy.db.totals import total
from groupbuy.finance import rules
from groupbuy.finance.models import Posting
from groupbuy.finance.queries import credits_less_debits
from groupbuy.payments import reconciling
from groupbuy.payments.bill_differences import differences_of, is_booked
from groupbuy.payments.models import GIVEN_BACK, BillSettlement, ChannelPayment, ChannelRefund

Rows = Select[*tuple[Any, ...]]

_accounts = credits_less_debits().subquery()
_name, _fen = _accounts.columns
_came = ChannelPayment.state.in_(("paid", "held"))
_ended = ("success", "to_wallet")

_booked = WechatTransfer.state.in_(("success", "mended"))
# Where WeChat has paid and does not say how much, what was asked of it stands for that until it is booked.
_said = func.coalesce(WechatTransfer.paid_fen, WechatTransfer.amount_fen)
# What a settled difference with a channel's bill has brought the channel, in fen.
_settled = case((BillSettlement.kind == "pay", BillSettlement.amount_fen), else_=-BillSettlement.amount_fen)
# What has moved each channel's money, in fen: payments, refunds, transfers to leaders, settled differences.
_moved = union_all(
    select(ChannelPayment.channel.label("channel"), ChannelPayment.paid_fen.label("fen")).where(_came),
    select(ChannelPayment.channel, -ChannelRefund.amount_fen)
    .join(ChannelPayment, ChannelPayment.id == ChannelRefund.payment_id)
    .where(ChannelRefund.state == "success"),
    select(literal(transfers.CHANNEL), -WechatTransfer.paid_fen).where(_booked),
    select(BillSettlement.channel, _settled).where(*is_booked()),
).subquery()
# What the books say that has left for each withdrawal: itself, and what was put right of its transfers.
_wechat = rules.channel(transfers.CHANNEL)
_left = case((Posting.credit_account == _wechat, Posting.amount_fen), else_=-Posting.amount_fen)
_touches = or_(Posting.credit_account == _wechat, Posting.debit_account == _wechat)
_sent = union_all(
    select(Posting.cause_id.label("withdrawal"), _left.label("fen")).where(
        Posting.cause_kind == "withdrawal", _touches
    ),
    select(cast(WechatTransfer.withdrawal_id, String), _left)
    .join(Posting, Posting.cause_id == cast(WechatTransfer.id, String))
    .where(Posting.cause_kind == mending_transfers.CAUSE, _touches),
).subquery()
_lives = WechatTransfer.state.not_in(transfers.GIVEN_UP)
_net = Withdrawal.amount_fen - Withdrawal.fee_fen - Withdrawal.tax_fen
_back = (
    select(ChannelRefund.payment_id, total(ChannelRefund.amount_fen).label("fen"))
    .group_by(ChannelRefund.payment_id)
    .subquery()
)
_on_its_way = total(ChannelRefund.amount_fen)
_still_held = and_(ChannelPayment.state == "held", ChannelPayment.outcome != GIVEN_BACK)
_held = union_all(
    select(ChannelPayment.paid_fen.label("fen")).where(_still_held),
    select(_settled).where(*is_booked(), BillSettlement.account == "held"),
).subquery()


def _account(name: str) -> Rows:
    return select(_name, _fen).where(_name == name)


def _check_bills() -> tuple[int, Sequence[str]]:
    days = [(one.channel, one.day) for one in reconciling.stored_days()]
    found = [
        f"{channel} {one.kind} {one.number}: {one.ours_fen} and {one.theirs_fen}"
        for (channel, _), some in differences_of(days).items()
        for one in some
    ]
    return len(days), found


CHECKS: tuple[Check, ...] = (
    Reckoned(
        "channel_bills",
        "I5: what was paid less what went back is what the channels' own books say, for each day fetched,"
        " but for what somebody has explained or booked",
        _check_bills,
    ),
    Figured(
        Equal(
            "channel_accounts",
            "I5: what the books say a channel holds is what was paid less what it has paid back and out",
            ("account",),
            select(literal("channel:") + _moved.c.channel, total(-_moved.c.fen)).group_by(_moved.c.channel),
            select(_name, _fen).where(_name.in_(select(literal("channel:") + _moved.c.channel))),
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
            "I5: money that is held is the payments of a wrong amount, and what only a channel's bill has",
            ("account",),
            select(literal(rules.HELD), total(_held.c.fen)),
            _account(rules.HELD),
        ),
        select(total(_held.c.fen)),
    ),
    Figured(
        Equal(
            "channel_transfers",
            "I5: what WeChat has paid to leaders is booked once for each withdrawal, to the fen",
            ("withdrawal",),
            select(cast(WechatTransfer.withdrawal_id, String), total(_said))
            .where(or_(_booked, WechatTransfer.state == "mispaid"))
            .group_by(WechatTransfer.withdrawal_id),
            select(_sent.c.withdrawal, total(_sent.c.fen)).group_by(_sent.c.withdrawal),
        ),
        select(total(WechatTransfer.paid_fen)).where(_booked),
    ),
    Never(
        "transfers_of_withdrawals",
        "I5: a withdrawal that WeChat has paid is paid with its proof, and one on its way has one try",
        ("withdrawal",),
        table_of(Withdrawal),
        select(Withdrawal.number)
        .outerjoin(WechatTransfer, and_(WechatTransfer.withdrawal_id == Withdrawal.id, _lives))
        .where(
            or_(
                and_(WechatTransfer.id.is_(None), Withdrawal.state == "sending"),
                and_(
                    WechatTransfer.state == "success",
                    or_(Withdrawal.state != "paid", _net != WechatTransfer.amount_fen),
                ),
                and_(WechatTransfer.state != "success", Withdrawal.state != "sending"),
            )
        ),
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
