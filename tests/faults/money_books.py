"""T13 over money: what the platform has stored, held against the model and the channel's own book."""

from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, select

from groupbuy.analytics import invariants_channels, invariants_ledger
from groupbuy.audit.service import SCHEDULER
from groupbuy.commissions import transfers
from groupbuy.commissions.models import Withdrawal
from groupbuy.commissions.rules import Rate
from groupbuy.commissions.transfer_models import WechatTransfer
from groupbuy.db import db
from groupbuy.db.transaction import in_transaction, transaction
from groupbuy.finance.dials import set_dials
from groupbuy.finance.models import ClosedPeriod
from groupbuy.finance.queries import credits_less_debits
from groupbuy.flows import bookkeeping
from groupbuy.http.charging import charging_here
from groupbuy.leaders import levels
from groupbuy.leaders.models import Leader, LeaderLevel, LevelReview
from groupbuy.orders.models import Order
from groupbuy.payments import reconciling
from groupbuy.payments.models import ChannelPayment, ChannelRefund
from groupbuy.payments.simulator.server import Simulator
from tests import building
from tests.faults.money_model import MoneyModel
from tests.faults.money_rows import CHANNEL, FEE_FEN, RATE_BP, REFERRALS_BP, REFUNDING, TAX_BP, TAX_FREE_FEN

# What the scheduler books: between two keepings of the books the orders are ahead of it.
EARNED = ("commission:", "expense:commission", "expense:bonus", "expense:referral")
LATER = ("resident:", "owed:", "income:sales", *EARNED)
# The month in which every history begins, and a level of leaders with what it takes to be sold in a month.
MONTH, NEXT_MONTH, FIRST = "2026-11", "2026-12", date(2026, 11, 1)
LEVEL, LEVEL_FEN = "金牌", 5000
DIALS = {
    "withdrawal_min_fen": 1,
    "withdrawal_fee_fen": FEE_FEN,
    "tax_bp": TAX_BP,
    "tax_free_fen": TAX_FREE_FEN,
    "confirm_hours": 0,
    "referral_bp": REFERRALS_BP[0],
    "referral_2_bp": REFERRALS_BP[1],
}


def turn_back() -> None:
    """Open the month again and forget the reviews of levels: the next history begins before their time."""
    with transaction():
        db.session.execute(delete(ClosedPeriod))
        db.session.execute(delete(LevelReview).where(LevelReview.month >= FIRST))


def level_of(leader_id: int) -> str:
    """Return the name of a leader's level, empty without one."""
    named = select(LeaderLevel.name).join(Leader, Leader.level_id == LeaderLevel.id)
    return db.session.scalar(named.where(Leader.id == leader_id)) or ""


def _make_level(now: datetime) -> None:
    """Let leaders rise at the end of the month, once."""
    if not levels.levels():
        levels.save_level(
            level_id=None,
            name=LEVEL,
            min_month_fen=LEVEL_FEN,
            last_month=date(2026, 10, 1),
            now=now,
            actor="test",
        )


def begin(now: datetime, limit_fen: int) -> Mapping[str, int]:
    """Set rates and figures, keep the books, and return what stands in every account."""
    building.set_commission(Rate(rate_bp=RATE_BP))
    values = {**DIALS, "second_person_fen": limit_fen}
    in_transaction(lambda: set_dials(values=values, now=now, actor="test"))
    in_transaction(lambda: _make_level(now))
    keep(now)
    return accounts()


def keep(now: datetime) -> None:
    """Keep the books."""
    in_transaction(lambda: bookkeeping.keep_books(now=now))


def accounts() -> Counter[str]:
    """Return credits less debits of every account."""
    db.session.rollback()
    return Counter({row[0]: row[1] for row in db.session.execute(credits_less_debits())})


def payment(number: str) -> ChannelPayment:
    """Return a payment as it is stored now."""
    found = select(ChannelPayment).where(ChannelPayment.number == number)
    return db.session.scalars(found.execution_options(populate_existing=True)).one()


def compare(model: MoneyModel, base: Mapping[str, int], *, kept: bool) -> None:
    """Raise AssertionError where orders, refunds or accounts are not the model's."""
    db.session.rollback()
    db.session.expire_all()
    _take_in_refunds(model)
    _compare_orders(model)
    _compare_withdrawals(model)
    now = accounts()
    stored = {name: fen - base.get(name, 0) for name, fen in now.items() if fen != base.get(name, 0)}
    due = model.books()
    if not kept:
        stored, due = _at_once(stored), _at_once(due)
    _same(stored, due)


def _same(stored: Mapping[Any, Any], due: Mapping[Any, Any]) -> None:
    """Raise AssertionError that names each difference: stored first, the model's next."""
    names = [name for name in {**stored, **due} if stored.get(name) != due.get(name)]
    assert not names, {name: (stored.get(name), due.get(name)) for name in names}


def _at_once(books: Mapping[str, int]) -> dict[str, int]:
    return {name: fen for name, fen in books.items() if not name.startswith(LATER)}


def _compare_orders(model: MoneyModel) -> None:
    columns = (Order.id, Order.state, Order.amount_fen, Order.paid_fen)
    rows = db.session.execute(select(*columns).where(Order.id.in_(model.orders)))
    due = {id_: (order.state, order.amount_fen, order.paid_fen) for id_, order in model.orders.items()}
    _same({row[0]: tuple(row[1:]) for row in rows}, due)


def _compare_withdrawals(model: MoneyModel) -> None:
    rows = db.session.execute(
        select(Withdrawal.number, Withdrawal.state).where(Withdrawal.number.in_(model.withdrawals))
    )
    # What WeChat has paid otherwise than asked is on its way until somebody has looked at it.
    due = {
        number: "sending" if one.state == "mispaid" else one.state
        for number, one in model.withdrawals.items()
    }
    _same({row[0]: row[1] for row in rows}, due)


def tries(model: MoneyModel) -> Mapping[str, WechatTransfer]:
    """Return the last transfer through WeChat of each withdrawal that has one."""
    db.session.rollback()
    db.session.expire_all()
    mine = select(Withdrawal.id, Withdrawal.number).where(Withdrawal.number.in_(model.withdrawals))
    numbers = {row[0]: row[1] for row in db.session.execute(mine)}
    return {numbers[id_]: row for id_, row in transfers.latest_of(list(numbers)).items()}


def _take_in_refunds(model: MoneyModel) -> None:
    """See that every refund through the channel is one of the model's, once; note which ones have ended."""
    rows = db.session.execute(
        select(ChannelRefund.number, ChannelPayment.number, ChannelRefund.amount_fen, ChannelRefund.state)
        .join(ChannelPayment, ChannelPayment.id == ChannelRefund.payment_id)
        .where(ChannelPayment.number.in_(model.payments))
        .order_by(ChannelRefund.id)
    ).all()
    _same(Counter((row[1], row[2]) for row in rows), Counter((one.payment, one.fen) for one in model.refunds))
    for number, of_payment, fen, state in rows:
        mine = [one for one in model.refunds if (one.payment, one.fen) == (of_payment, fen)]
        found = next((one for one in mine if one.number == number), None)
        found = found or next(one for one in mine if not one.number)
        found.number = number
        if state == "success" and not found.end:
            found.end = state
            model.post(REFUNDING, CHANNEL, fen)
        assert (state in ("success", "to_wallet")) is bool(found.end)


def compare_with_channel(model: MoneyModel, simulator: Simulator) -> None:
    """Raise AssertionError where the channel has taken or given back something else than we know of."""
    book = simulator.book
    for number, one in model.payments.items():
        trade = book.trades.get(number)
        came = trade.paid_fen if trade is not None else 0
        assert came == (payment(number).paid_fen or 0)
        paid_back = sum(
            back.amount_fen for back in book.returns.values() if back.trade is trade and back.done_at
        )
        assert paid_back == sum(
            mine.fen for mine in model.refunds if mine.payment == number and mine.end == "success"
        )
        assert one.state != "open"


def check_invariants(now: datetime) -> None:
    """Raise AssertionError where an invariant of the books, or a bill of the channel, is broken."""
    for day in [one.day for one in reconciling.stored_days()]:
        fetch_bill(day, now)
    db.session.rollback()
    checks = (*invariants_ledger.CHECKS, *invariants_ledger.AT_REST, *invariants_channels.CHECKS)
    wrong = [found for one in checks if (found := one.run()).violations]
    assert not wrong, wrong


def fetch_bill(day: date, now: datetime) -> None:
    """Keep the channel's bill of a day as it stands."""
    lines = charging_here().gateways["wechat"].bill(day)
    in_transaction(
        lambda: reconciling.store_bill(channel="wechat", day=day, lines=lines, now=now, actor=SCHEDULER)
    )
