"""A resident's orders: the list, one with its timeline, the pickup code, and ordering the same again."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from sqlalchemy import select

from groupbuy.aftersales import lots
from groupbuy.aftersales.queries import replacement_of
from groupbuy.analytics.sales_note import is_sale
from groupbuy.campaigns import storefront
from groupbuy.campaigns.delays import delays_of
from groupbuy.db import db
from groupbuy.db.transaction import in_transaction
from groupbuy.delivery.queries import stops_of_orders
from groupbuy.documents.qr import code_of
from groupbuy.finance.queries import available
from groupbuy.finance.rules import wallet
from groupbuy.flows import delaying, ordering
from groupbuy.flows.following_up import reminder_key
from groupbuy.flows.telling import delay_key, shortage_key
from groupbuy.http.guards import signed_in
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import NotFound
from groupbuy.messaging.models import Message
from groupbuy.messaging.service import notes_of
from groupbuy.orders import carts, queries
from groupbuy.orders.carriage import carriage_of
from groupbuy.orders.models import LineChange, Order, OrderLine
from groupbuy.orders.rules import LIVE, OrderState
from groupbuy.orders.substitutes import replaced_of
from groupbuy.orders.tolerances import tolerances_of
from groupbuy.pickup.parts import NOT_READY
from groupbuy.pickup.queries import bag_code_of, orders_of_bag
from groupbuy.purchasing.rules import CasePolicy
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.pictures import picture_address
from groupbuy.web.order_facts import facts_of
from groupbuy.web.resident.blueprint import blueprint, for_residents
from groupbuy.web.resident.buyer import the_buyer
from groupbuy.web.resident.timeline import progress_of
from groupbuy.web.resident.ways import choices
from groupbuy.web.sales_notes import note_file

PAGE_SIZE = 10


@dataclass(frozen=True, slots=True)
class Pages:
    """One page of a list, as ``tables.pagination`` reads it."""

    page: int
    pages: int
    total: int

    @property
    def has_prev(self) -> bool:
        """Tell whether there is an earlier page."""
        return self.page > 1

    @property
    def has_next(self) -> bool:
        """Tell whether there is a later page."""
        return self.page < self.pages

    def iter_pages(self, **_edges: int) -> range:
        """Return the numbers near this page."""
        return range(max(1, self.page - 2), min(self.pages, self.page + 2) + 1)


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


@blueprint.post("/orders/<number>/pay-from-wallet")
@for_residents
def order_pay(number: str) -> ResponseReturnValue:
    """Pay a prepaid order from the wallet; again changes nothing."""
    in_transaction(
        lambda: ordering.pay_from_wallet(order=own_order(number), now=utc_now(), actor=signed_in().actor)
    )
    flash(_("Paid from the wallet."), "ok")
    return redirect(url_for("resident.order", number=number), 303)


def _told(order: Order) -> Sequence[Message]:
    """Return what the resident was told of what the order lost, of delays and of goods that wait."""
    lines = select(OrderLine.id).where(OrderLine.order_id == order.id)
    causes = select(LineChange.cause).where(LineChange.order_line_id.in_(lines)).distinct()
    keys = [shortage_key(cause, order.resident_id) for cause in db.session.scalars(causes)]
    keys += [delay_key(one.id, order.resident_id) for one in delays_of(order.round_id)]
    return notes_of([*keys, reminder_key(order.id)])


@blueprint.get("/orders/<number>/code")
@for_residents
def order_code(number: str) -> ResponseReturnValue:
    """Show the pickup code, as large as the phone is; it is kept for when there is no connection."""
    found = own_order(number)
    progress = progress_of(found, utc_now())
    if not progress.has_code:
        return redirect(url_for("resident.order", number=number), 303)
    code = bag_code_of(found) or found.pickup_code
    return render_template(
        "resident/code.html",
        order=found,
        progress=progress,
        number=queries.follow_numbers([found.id])[found.id],
        code=code,
        bag=orders_of_bag(found),
        # Digits only and made by us: nothing in it comes from people.
        qr=Markup(code_of(code).svg_inline(border=2, omitsize=True)),  # noqa: S704 - as above
    )


@blueprint.get("/orders/<number>/sales-note.<any(xlsx, pdf):suffix>")
@for_residents
def order_sales_note(number: str, suffix: str) -> ResponseReturnValue:
    """Download the sales note of one of the asker's orders."""
    return note_file(own_order(number), suffix)


@blueprint.post("/orders/<number>/again")
@for_residents
def order_again(number: str) -> ResponseReturnValue:
    """Put what was ordered into the cart, from the rounds that are open now."""
    found, buyer = own_order(number), the_buyer()
    lost, none = queries.lost_units([found.id]), queries.Lost()
    wanted = {line.offer.product_id: line.quantity + lost.get(line.id, none).units for line in found.lines}
    if buyer.resident is None or buyer.leader is None or buyer.cart_owner is None:
        raise NotFound("unknown_order", "There is no such order.")
    now = utc_now()
    opened, _later = storefront.selling_rounds(leader_id=buyer.leader.id, now=now)
    chosen = storefront.offers_of_products(round_ids=[r.id for r in opened], product_ids=list(wanted))
    quantities = {offer_id: wanted[product_id] for product_id, offer_id in chosen.items()}
    owner = buyer.cart_owner
    in_transaction(lambda: carts.put(owner=owner, quantities=quantities, now=now))
    missing = len(wanted) - len(quantities)
    if not quantities:
        flash(_("None of it is on offer at the moment."), "wait")
        return redirect(url_for("resident.order", number=number), 303)
    if missing:
        flash(_("%(count)s of the goods are not on offer at the moment.", count=missing), "wait")
    return redirect(url_for("resident.cart"), 303)
