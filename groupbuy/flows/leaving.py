"""A resident takes the own data along, or leaves: books stay, the person does not."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import exists, select, update
from sqlalchemy.orm import joinedload, selectinload

from groupbuy.accounts import queries as accounts
from groupbuy.accounts import service as account_service
from groupbuy.audit import service as audit
from groupbuy.campaigns.rules import RoundState
from groupbuy.db import db
from groupbuy.finance.queries import available
from groupbuy.finance.rules import helper, wallet
from groupbuy.flows.archive.forgetting import forget as forget_archived
from groupbuy.flows.archive.reading import everything
from groupbuy.invoicing import service as invoicing
from groupbuy.invoicing.models import InvoiceRequest
from groupbuy.invoicing.queries import requests_of
from groupbuy.kernel.errors import RuleBroken
from groupbuy.kernel.money import format_yuan
from groupbuy.kernel.times import iso
from groupbuy.leaders.models import LeaderHelper
from groupbuy.members import addresses
from groupbuy.members.models import Resident
from groupbuy.members.queries import residents_of
from groupbuy.orders import doors
from groupbuy.orders.models import Order, OrderLine
from groupbuy.orders.rules import OrderState, Phase, phase

OVER = (Phase.CANCELLED, Phase.PICKED_UP, Phase.COMPLETED)


def own_data(*, account_id: int, now: datetime, actor: str) -> dict[str, Any]:
    """Return everything kept about a resident as plain JSON; that it was taken is logged."""
    account = accounts.get_account(account_id)
    residents = residents_of(account_id)
    audit.record(at=now, actor=actor, verb="data_exported", subject_kind="account", subject=str(account_id))
    with everything():
        orders = [_order(order) for order in _orders(residents)]
        invoices = [_invoice(request) for request in requests_of([one.id for one in residents])]
    return {
        "exported_at": iso(now),
        "account": {"phone": account.phone, "name": account.name, "since": iso(account.created_at)},
        "residents": [_resident(resident) for resident in residents],
        "orders": orders,
        "invoices": invoices,
    }


def _resident(resident: Resident) -> dict[str, Any]:
    return {
        "code": resident.code,
        "name": resident.name,
        "phone": resident.phone,
        "building": resident.building,
        "room": resident.room,
        "addresses": [row.room for row in addresses.addresses_of(resident)],
        "leader": resident.leader.name,
        "consent_version": resident.consent_version,
        "consent_at": None if resident.consent_at is None else iso(resident.consent_at),
        "since": iso(resident.created_at),
    }


def _orders(residents: Sequence[Resident]) -> Sequence[Order]:
    mine = select(Order).where(Order.resident_id.in_([resident.id for resident in residents]))
    lines = selectinload(Order.lines).joinedload(OrderLine.offer_version)
    return db.session.scalars(
        mine.options(lines, joinedload(Order.round)).order_by(Order.placed_at, Order.id)
    ).all()


def _order(order: Order) -> dict[str, Any]:
    return {
        "number": order.number,
        "round": order.round.title,
        "placed_at": iso(order.placed_at),
        "state": order.state,
        "amount_fen": order.amount_fen,
        "paid_fen": order.paid_fen,
        "remark": order.remark,
        "lines": [
            {
                "name": line.offer_version.name,
                "quantity": line.quantity,
                "price_fen": line.price_fen,
                "amount_fen": line.amount_fen,
            }
            for line in order.lines
        ],
    }


def _invoice(request: InvoiceRequest) -> dict[str, Any]:
    names = ("state", "title", "tax_number", "email", "amount_fen", "invoice_number", "red_number")
    return {"order": request.order.number} | {name: getattr(request, name) for name in names}


def leave(*, account_id: int, now: datetime, actor: str) -> None:
    """Delete a resident's personal data; orders stay in the books without a name.

    Raise RuleBroken ``open_orders`` while goods are under way, ``open_money`` with money in the wallet or a
    helper's share that is not paid out, ``other_roles`` for leaders and staff.
    """
    account = accounts.get_account(account_id)
    if accounts.roles_of(account_id) - _own_roles(account_id):
        raise RuleBroken(
            "other_roles", "This account has other roles; ask the operator to take them back first."
        )
    residents = residents_of(account_id)
    if any(_is_under_way(order) for order in _orders(residents)):
        raise RuleBroken("open_orders", "Pick up or cancel your open orders first.")
    _refuse_with_money(account_id, residents)
    for resident in residents:
        resident.name, resident.phone, resident.building, resident.room = "已注销", "", None, None
        resident.active = False
        addresses.forget_addresses(resident)
        doors.forget_doors(resident)
    db.session.execute(
        update(Order)
        .where(Order.resident_id.in_([resident.id for resident in residents]))
        .values(remark=None)
        .execution_options(synchronize_session=False)
    )
    invoicing.forget(resident_ids=[resident.id for resident in residents])
    forget_archived(resident_ids=[resident.id for resident in residents])
    account_service.anonymise(account=account)
    audit.record(at=now, actor=actor, verb="account_deleted", subject_kind="account", subject=str(account_id))


def _own_roles(account_id: int) -> set[str]:
    """Return the roles that go with an account: a resident's, and a helper's who helps nobody any more."""
    helps = exists().where(LeaderHelper.account_id == account_id)
    return {"resident"} if db.session.scalar(select(helps)) else {"resident", "pickup_verifier"}


def _refuse_with_money(account_id: int, residents: Sequence[Resident]) -> None:
    """Raise RuleBroken ``open_money``, which names what is left."""
    if share := available(helper(account_id)):
        raise RuleBroken("open_money", f"Your share as a helper is not paid out yet: {format_yuan(share)}.")
    if left := sum(available(wallet(resident.id)) for resident in residents):
        raise RuleBroken("open_money", f"Your wallet still holds {format_yuan(left)}; spend it first.")


def _is_under_way(order: Order) -> bool:
    return phase(OrderState(order.state), RoundState(order.round.state)) not in OVER
