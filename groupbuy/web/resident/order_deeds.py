"""What a resident does with an order: pay from the wallet, show the code, take the note, order again."""

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from groupbuy.aftersales.queries import held_back
from groupbuy.campaigns import storefront
from groupbuy.db.transaction import in_transaction
from groupbuy.documents.qr import code_of
from groupbuy.flows import ordering
from groupbuy.http.guards import signed_in
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import NotFound
from groupbuy.orders import carts, queries
from groupbuy.pickup.queries import bag_code_of, orders_of_bag
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.resident.blueprint import blueprint, for_residents
from groupbuy.web.resident.buyer import the_buyer
from groupbuy.web.resident.orders import own_order
from groupbuy.web.resident.timeline import progress_of
from groupbuy.web.sales_notes import note_file


@blueprint.post("/orders/<number>/pay-from-wallet")
@for_residents
def order_pay(number: str) -> ResponseReturnValue:
    """Pay a prepaid order from the wallet; again changes nothing."""
    in_transaction(
        lambda: ordering.pay_from_wallet(order=own_order(number), now=utc_now(), actor=signed_in().actor)
    )
    flash(_("Paid from the wallet."), "ok")
    return redirect(url_for("resident.order", number=number), 303)


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
        held=found.id in held_back([found.id]),
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
