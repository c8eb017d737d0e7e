"""An exchange brings another product (换货差价): what was paid for the former goods pays for the others.

What is left of it is owed back, what is missing is to be paid on pickup; of a prepaid round nothing dearer
comes. The leader keeps no commission of the former goods and gets that of the others.
"""

from datetime import datetime

from groupbuy.aftersales import rules
from groupbuy.aftersales.models import AfterSaleCase, Replacement
from groupbuy.audit.actor import Actor
from groupbuy.audit.service import SCHEDULER
from groupbuy.catalog.models import Product
from groupbuy.catalog.rules import offered_price
from groupbuy.db import db
from groupbuy.finance import rules as ledger
from groupbuy.flows import crediting
from groupbuy.kernel.errors import RuleBroken
from groupbuy.kernel.money import format_yuan
from groupbuy.orders import service as orders
from groupbuy.orders.models import Order
from groupbuy.orders.rules import OrderState, part_of
from groupbuy.payments import paying, paying_back


def is_other(row: Replacement) -> bool:
    """Tell whether promised goods are another product than the one that was bought."""
    return row.product_id != row.line.offer.product_id


def check_price(case: AfterSaleCase, product: Product) -> None:
    """Raise RuleBroken ``dearer`` where a prepaid order would have to pay more, by the catalogue's price."""
    price = offered_price(product.price_fen, *product.weight_terms)["price_fen"]
    for line in case.lines:
        paid = crediting.paid_line(line.order_line_id)
        more = line.units * price > part_of(paid.amount_fen, line.units, paid.quantity)
        if more and paid.order.round.payment == "prepaid":
            raise RuleBroken(
                "dearer",
                "A prepaid order pays no more: choose a product that is as dear at most, or pay back.",
                param="instead",
            )


def pay_over(*, row: Replacement, order: Order, now: datetime) -> None:
    """Take the former goods off their locked order and pay the new one with what that leaves owed back.

    It goes through the resident's wallet. Raise RuleBroken ``dearer`` where a prepaid order stays unpaid.
    """
    former = crediting.paid_line(row.order_line_id).order
    before = max(former.paid_fen - former.amount_fen, 0)
    wanted, actor = {row.order_line_id: row.units}, Actor(SCHEDULER)
    row.credit_fen = crediting.take_off(wanted, cause=f"exchange:{row.id}", now=now, actor=actor)
    credit = max(former.paid_fen - former.amount_fen, 0) - before
    moved, _, due = rules.paid_over(credit, order.amount_fen)
    if due and order.round.payment == "prepaid":
        raise RuleBroken("dearer", "These goods cost more than what was paid for the former ones.")
    if moved:
        paying_back.pay_back(
            order=former,
            amount_fen=moved,
            target="wallet",
            reason=paying_back.EXCHANGED,
            now=now,
            actor=SCHEDULER,
            submission_key=f"exchange:{row.id}",
        )
    confirmed, paid_at = OrderState.CONFIRMED, None if due else now
    orders.move(order=order, old=[confirmed], new=confirmed, paid_fen=moved, paid_at=paid_at)
    wallet = ledger.wallet(order.resident_id)
    paying.book_payment(order=order, account=wallet, amount_fen=moved, now=now, actor=SCHEDULER)
    row.case.refund_fen += max(row.credit_fen - order.amount_fen, 0)
    db.session.flush()


def difference_words(row: Replacement, order: Order) -> dict[str, str]:
    """Return how a note to the resident says what is left of the former price, or missing."""
    difference = order.amount_fen - (row.credit_fen or 0)
    if not difference:
        return {"zh": "", "en": ""}
    yuan = format_yuan(abs(difference))
    if difference > 0:
        return {"zh": f"，差价 {yuan} 提货时补", "en": f", {yuan} more to be paid"}
    return {"zh": f"，差价 {yuan} 将退还", "en": f", {yuan} less"}
