"""Carts: price and availability before ordering."""

from typing import Any

from groupbuy.api.v1.endpoint import endpoint
from groupbuy.api.v1.orders import Lines, whose_id, wishes_of
from groupbuy.api.v1.shapes import Code, Json, Shape
from groupbuy.campaigns import queries as campaigns
from groupbuy.campaigns.models import Round
from groupbuy.flows.checking import CheckedLine, check_cart
from groupbuy.http.identity import Identity
from groupbuy.http.reading import Body
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import GroupbuyError, NotFound
from groupbuy.members import queries as members


class CartToCheck(Body):
    """What somebody thinks of ordering."""

    round: Code
    lines: Lines
    resident_code: Code | None = None


class CartProblem(Shape):
    """Why something could not be ordered now."""

    code: str
    message: str


class CartLine(Shape):
    """A line with its price now; ``left`` null is no limit."""

    product_code: str
    quantity: int
    price_fen: int | None
    amount_fen: int
    left: int | None
    problem: CartProblem | None


class Cart(Shape):
    """What the order would cost, and whether it would be accepted now. Nothing is reserved."""

    orderable: bool
    amount_fen: int
    problem: CartProblem | None
    lines: list[CartLine]


@endpoint("POST", "/carts/check", scope="orders:write", body=CartToCheck, reads=True, answers={200: Cart})
def check(identity: Identity, body: CartToCheck) -> tuple[int, Any]:
    """Check price and availability before ordering."""
    cart = check_cart(
        round_=_round(body.round),
        resident=members.get_resident_by_id(whose_id(identity, body.resident_code)),
        wishes=wishes_of(body.lines),
        now=utc_now(),
    )
    return 200, {
        "orderable": cart.orderable,
        "amount_fen": cart.amount_fen,
        "problem": _problem(cart.problem),
        "lines": [_line(line) for line in cart.lines],
    }


def _round(name: str) -> Round:
    try:
        return campaigns.get_round(name)
    except NotFound as error:
        raise NotFound(error.code, error.message, param="round") from error


def _line(line: CheckedLine) -> Json:
    return {
        "product_code": line.wish.product_code,
        "quantity": line.wish.quantity,
        "price_fen": line.offer.price_fen if line.offer else None,
        "amount_fen": line.amount_fen,
        "left": line.offer.left if line.offer else None,
        "problem": _problem(line.problem),
    }


def _problem(error: GroupbuyError | None) -> Json | None:
    return {"code": error.code, "message": error.message} if error else None
