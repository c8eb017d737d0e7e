"""A resident's orders: the list, and one with its timeline."""

from collections.abc import Sequence
from math import ceil

from flask import render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from groupbuy.aftersales import lots
from groupbuy.aftersales.queries import held_back, replacement_of
from groupbuy.analytics.sales_note import is_sale
from groupbuy.campaigns.delays import delays_of
from groupbuy.db import db
from groupbuy.delivery.brought import stops_of_orders
from groupbuy.finance.queries import available
from groupbuy.finance.rules import wallet
from groupbuy.flows import delaying
from groupbuy.flows.following_up import reminder_key
from groupbuy.flows.telling import delay_key, shortage_key
from groupbuy.http.guards import signed_in
from groupbuy.kernel.clock import utc_now
from groupbuy.messaging.models import Message
from groupbuy.messaging.service import notes_of
from groupbuy.orders import queries
from groupbuy.orders.carriage import carriage_of
from groupbuy.orders.models import LineChange, Order, OrderLine
from groupbuy.orders.rules import LIVE, OrderState
from groupbuy.orders.substitutes import replaced_of
from groupbuy.orders.tolerances import tolerances_of
from groupbuy.pickup.parts import NOT_READY
from groupbuy.pickup.queries import bag_code_of, orders_of_bag
from groupbuy.purchasing.rules import CasePolicy
from groupbuy.web.kit.paging import Pages
from groupbuy.web.kit.pictures import picture_address
from groupbuy.web.order_facts import facts_of
from groupbuy.web.resident.blueprint import blueprint, for_residents
from groupbuy.web.resident.timeline import progress_of
from groupbuy.web.resident.ways import choices

PAGE_SIZE = 10


def own_order(number: str) -> Order:
    """Return one of the asker's own orders with its lines; raise NotFound, also for another's."""
    return queries.get_order(number, resident_ids=signed_in().resident_ids)


@blueprint.get("/orders")
@for_residents
def orders() -> ResponseReturnValue:
    """Show the orders, the latest first."""
    number = request.args.get("page", "1")
    page = min(int(number), 10_000) if number.isascii() and number.isdigit() and len(number) < 6 else 1
    found, total = queries.orders_page(
        resident_ids=signed_in().resident_ids, page=max(page, 1), size=PAGE_SIZE
    )
    now, facts, stops = utc_now(), facts_of(found), stops_of_orders(found)
    return render_template(
        "resident/orders.html",
        orders=[
            (one, progress_of(one, now, facts[one.id].review, stops.get(one.id)), _pictures(one))
            for one in found
        ],
        facts=facts,
        lost=queries.lost_units([one.id for one in found]),
        pages=Pages(max(page, 1), ceil(total / PAGE_SIZE), total),
    )


def _pictures(order: Order) -> list[str]:
    found = (picture_address(line.offer.product.picture) for line in order.lines)
    return [address for address in found if address][:4]


@blueprint.get("/orders/<number>")
@for_residents
def order(number: str) -> ResponseReturnValue:
    """Show an order."""
    found = own_order(number)
    lost, facts = queries.lost_units([found.id]), facts_of([found])[found.id]
    return render_template(
        "resident/order.html",
        order=found,
        facts=facts,
        progress=progress_of(found, utc_now(), facts.review, stops_of_orders([found]).get(found.id)),
        placed="placed" in request.args,
        lost=lost,
        code=bag_code_of(found) or found.pickup_code,
        bag=orders_of_bag(found),
        parts_of=queries.parts_of(found),
        notes=_told(found),
        replaced=replaced_of([found.id]),
        tolerances=tolerances_of([found.id]),
        by_the_case=found.round.surplus_policy == CasePolicy.SHORTFALL,
        promise=replacement_of(found.id),
        carriage=carriage_of(found.id),
        lot_claims=lots.open_questions(found.id, utc_now()),
        free_cancel=delaying.can_cancel(found),
        held=found.id in held_back([found.id]),
        after_sale=found.state in LIVE and found.round.state not in NOT_READY,
        is_sale=is_sale(found),
        wallet_pays=_wallet_pays(found),
        pays_online=found.state == OrderState.AWAITING_PAYMENT and bool(choices(signed_in().account_id)),
    )


def _wallet_pays(order: Order) -> bool:
    """Tell whether the order waits for its payment, or the rest of it, and the wallet has enough."""
    rest = order.amount_fen - order.paid_fen
    waits = order.state == OrderState.AWAITING_PAYMENT or (order.paid_at is not None and rest > 0)
    if not waits or order.round.payment != "prepaid":
        return False
    return available(wallet(order.resident_id)) >= rest


def _told(order: Order) -> Sequence[Message]:
    """Return what the resident was told of what the order lost, of delays and of goods that wait."""
    lines = select(OrderLine.id).where(OrderLine.order_id == order.id)
    causes = select(LineChange.cause).where(LineChange.order_line_id.in_(lines)).distinct()
    keys = [shortage_key(cause, order.resident_id) for cause in db.session.scalars(causes)]
    keys += [delay_key(one.id, order.resident_id) for one in delays_of(order.round_id)]
    return notes_of([*keys, *(reminder_key(one.id) for one in orders_of_bag(order))])
