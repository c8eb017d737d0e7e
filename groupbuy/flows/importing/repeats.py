"""Orders of a file that are stored already: equal ones are left alone, others refused."""

from collections.abc import Mapping

from groupbuy.flows.importing.market import Market
from groupbuy.flows.importing.order_file import NONE, ORDER_REF, OrderFile
from groupbuy.orders import storing
from groupbuy.orders.storing import StoredHead

CODE = "already_exists"
ADVICE = "Choose another order_ref; an order with other content is stored under this one."


def settle_repeats(file: OrderFile, market: Market) -> bytearray:
    """Refuse orders that are stored with other content; return for each order whether it is stored."""
    heads = {file.refs[ref]: head for ref, head in storing.heads_by_ref(file.refs).items()}
    known = bytearray(len(file.refs))
    for order in heads:
        known[order] = True
    if heads:
        _refuse_other_heads(file, market, heads)
        _refuse_other_lines(file, heads, known)
    return known


def _refuse_other_heads(file: OrderFile, market: Market, heads: Mapping[int, StoredHead]) -> None:
    for order, head in heads.items():
        round_, buyer = market.round_of(file.campaign_of[order]), market.buyer(file.resident_of[order])
        if round_ is None or buyer is None:
            continue
        if (round_.id, buyer.id, file.placed_at[order]) != (head.round_id, head.resident_id, head.placed_at):
            file.refuse_orders([(order, ORDER_REF, CODE, ADVICE)])


def _refuse_other_lines(file: OrderFile, heads: Mapping[int, StoredHead], known: bytearray) -> None:
    orders = {head.id: order for order, head in heads.items()}
    equal, short = bytearray(len(file.rows)), set()
    for order_id, product_code, quantity in storing.lines_of(orders):
        product = file.products.get(product_code)
        line = NONE if product is None else file.find(orders[order_id], product)
        if line == NONE:
            short.add(orders[order_id])
        elif file.quantity[line] == quantity:
            equal[line] = True
    # Where the file has fewer lines than are stored, its first one stands for what is missing.
    missing = {file.lines_of(order)[0] for order in short}
    for line in list(file.sound_lines()):
        order = file.order[line]
        if known[order] and (not equal[line] or line in missing):
            file.refuse(line, ORDER_REF, CODE, ADVICE)
