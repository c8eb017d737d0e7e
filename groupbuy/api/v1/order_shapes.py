"""An order as the API shows it."""

from groupbuy.api.v1.shapes import Json, Shape
from groupbuy.kernel.times import iso
from groupbuy.orders.queries import LineView, OrderView


class OrderLineShape(Shape):
    """A line as it will be delivered, with the price agreed, and what it lost after the close.

    ``short_units`` do not come, ``refunded_units`` were paid back after the sale, ``cancelled_units`` were
    given up because they are late, or called off. ``actual_grams`` is what weighed goods were settled on,
    null before and for others.
    """

    product_code: str
    name: str
    quantity: int
    price_fen: int
    amount_fen: int
    short_units: int
    refunded_units: int
    cancelled_units: int
    actual_grams: int | None


class OrderShape(Shape):
    """An order; ``amount_fen`` is what its lines that will be delivered cost, ``owed_fen`` paid above it."""

    order_no: str
    state: str
    amount_fen: int
    pickup_code: str
    lines: list[OrderLineShape]
    round: str
    resident_code: str
    leader_code: str
    paid_fen: int
    remark: str | None
    placed_at: str
    expires_at: str | None
    cancel_reason: str | None
    owed_fen: int
    fee_fen: int


def order_json(order: OrderView) -> Json:
    """Return an order in the API's shape."""
    return {
        "order_no": order.number,
        "state": order.state,
        "amount_fen": order.amount_fen,
        "pickup_code": order.pickup_code,
        "lines": [line_json(line) for line in order.lines],
        "round": order.round_name,
        "resident_code": order.resident_code,
        "leader_code": order.leader_code,
        "paid_fen": order.paid_fen,
        "remark": order.remark,
        "placed_at": iso(order.placed_at),
        "expires_at": iso(order.expires_at) if order.expires_at else None,
        "cancel_reason": order.cancel_reason,
        "owed_fen": max(order.paid_fen - order.amount_fen, 0),
        "fee_fen": order.fee_fen,
    }


# The same in SQL, of an order that has just been placed by the statement of ``orders.quick``; moments as
# ``kernel.times.iso`` writes them.
ORDER_SQL = """
json_build_object(
    'order_no', placed.number,
    'state', placed.state,
    'amount_fen', placed.amount_fen,
    'pickup_code', placed.pickup_code,
    'lines', (SELECT json_agg(json_build_object(
        'product_code', code,
        'name', name,
        'quantity', quantity,
        'price_fen', price_fen,
        'amount_fen', quantity * price_fen,
        'short_units', 0,
        'refunded_units', 0,
        'cancelled_units', 0,
        'actual_grams', NULL
    ) ORDER BY place) FROM line),
    'round', head.round_name,
    'resident_code', head.resident_code,
    'leader_code', head.leader_code,
    'paid_fen', 0,
    'remark', placed.remark,
    'placed_at', replace(
        to_char(placed.placed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), '.000000', '') || 'Z',
    'expires_at', replace(
        to_char(placed.expires_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), '.000000', '') || 'Z',
    'cancel_reason', NULL,
    'owed_fen', 0,
    'fee_fen', 0
)
"""


def line_json(line: LineView) -> Json:
    """Return one line in the API's shape."""
    return {
        "product_code": line.product_code,
        "name": line.name,
        "quantity": line.quantity,
        "price_fen": line.price_fen,
        "amount_fen": line.amount_fen,
        "short_units": line.lost.short,
        "refunded_units": line.lost.refunded,
        "cancelled_units": line.lost.cancelled,
        "actual_grams": line.actual_grams,
    }
