"""From an application to a leader, and out again."""

from datetime import datetime

from sqlalchemy import select

from groupbuy.accounts import managing as account_managing
from groupbuy.accounts import queries as accounts
from groupbuy.accounts import service as account_service
from groupbuy.accounts.models import Account
from groupbuy.campaigns.models import Round
from groupbuy.campaigns.rules import RoundState
from groupbuy.commissions import helper_payments, settling, withdrawals
from groupbuy.db import db
from groupbuy.finance.queries import balance
from groupbuy.finance.rules import cash
from groupbuy.flows.notifying import tell_of_decision
from groupbuy.kernel.errors import NotFound, RuleBroken
from groupbuy.kernel.money import format_yuan
from groupbuy.leaders import applying, managing, rules
from groupbuy.leaders.applying import Wanted
from groupbuy.leaders.models import Leader
from groupbuy.leaders.queries import get_leader, leaders_of
from groupbuy.leaders.rules import LeaderState
from groupbuy.members.service import CONSENT_VERSION
from groupbuy.orders.models import Order
from groupbuy.orders.rules import OrderState

_OPEN_ORDERS = (OrderState.AWAITING_PAYMENT, OrderState.CONFIRMED, OrderState.PART_PICKED_UP)
_ROUNDS_OVER = (RoundState.COMPLETED, RoundState.CANCELLED)
MOST_NAMED = 5


def apply(*, phone: str, wanted: Wanted, now: datetime) -> Leader:
    """Apply to be a leader with a proven phone, consenting to the privacy text in force.

    Raise BadInput, RuleBroken ``account_disabled``, or as ``leaders.applying.apply`` does.
    """
    account = account_service.account_for(phone=phone, name=wanted.name, now=now)
    _check_active(account)
    return applying.apply(account=account, wanted=wanted, consent_version=CONSENT_VERSION, now=now)


def accept(*, account_id: int, version: int, now: datetime) -> Leader:
    """Accept the agreement and begin as a leader, with the role; raise RuleBroken, NotFound."""
    account, leader = accounts.get_account(account_id), applying.candidate_of(account_id)
    _check_active(account)
    if leader is None:
        raise NotFound("unknown_application", "You have not applied to be a leader.")
    actor = f"account:{account_id}"
    applying.accept(leader=leader, version=version, now=now, actor=actor)
    account_service.grant_role(account=account, role="leader", now=now, actor=actor)
    return leader


def decide(
    *,
    code: str,
    seen: str,
    state: str,
    reason: str,
    now: datetime,
    actor: str,
) -> Leader:
    """Approve, reject, suspend, take back or let go a leader who was seen in a state.

    A suspended leader takes no new orders, the ones placed go on. Whoever gave a mail address is written
    to. Raise BadInput without a reason where
    one is needed, RuleBroken ``wrong_state``, ``decided_meanwhile``, and for an exit ``open_orders`` or
    ``open_money``.
    """
    rules.check_decision(seen, state, reason)
    leader = get_leader(code)
    managing.move_leader(leader=leader, seen=seen, state=state, reason=reason, now=now, actor=actor)
    tell_of_decision(leader=leader, now=now)
    if state == LeaderState.EXITED:
        _let_go(leader, now, actor)
    return leader


def open_orders_of(leader: Leader) -> list[str]:
    """Return the numbers of a leader's orders that are not over, the oldest first."""
    statement = (
        select(Order.number)
        .join(Round, Round.id == Order.round_id)
        .where(Order.leader_id == leader.id, Order.state.in_(_OPEN_ORDERS))
        .where(Round.state.not_in(_ROUNDS_OVER))
    )
    return list(db.session.scalars(statement.order_by(Order.id)))


def open_money_of(leader: Leader) -> dict[str, int]:
    """Return what keeps a leader from leaving by name in fen: own money, cash, and what helpers are owed.

    ``debt`` is a balance below zero: refunds after the commission had been paid out.
    """
    # Money goes the way of these lines, so what moves on meanwhile is read where it comes to.
    helpers, money = helper_payments.open_of(leader.id), withdrawals.money_of(leader.id)
    amounts = {
        "balance": max(money.available_fen, 0),
        "debt": max(-money.available_fen, 0),
        "pending": money.pending_fen,
        "frozen": money.frozen_fen,
        "withdrawals": money.withdrawals_fen,
        "cash": balance(cash(leader.id)),
        "helpers": helpers,
    }
    return {name: amount for name, amount in amounts.items() if amount}


def _let_go(leader: Leader, now: datetime, actor: str) -> None:
    if numbers := open_orders_of(leader):
        named = ", ".join(numbers[:MOST_NAMED]) + (" …" if len(numbers) > MOST_NAMED else "")
        raise RuleBroken("open_orders", f"{len(numbers)} orders are not handed out yet: {named}.")
    settling.book_leader(leader_id=leader.id, now=now)
    if money := open_money_of(leader):
        named = ", ".join(f"{name} {format_yuan(amount)}" for name, amount in money.items())
        raise RuleBroken("open_money", f"The money of this leader is not settled yet: {named}.")
    others = [one for one in leaders_of(leader.account_id) if one.state != LeaderState.EXITED]
    if not others:
        account = accounts.get_account(leader.account_id)
        account_managing.revoke_role(account=account, role="leader", now=now, actor=actor)


def _check_active(account: Account) -> None:
    if not account.active:
        raise RuleBroken("account_disabled", "This account has been disabled; ask your leader.")
