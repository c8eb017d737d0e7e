"""An after-sale case as the API shows it."""

from groupbuy.aftersales.models import AfterSaleCase, Replacement
from groupbuy.api.v1.shapes import Json, Shape
from groupbuy.kernel.times import iso


class CaseLineShape(Shape):
    """A line of a case."""

    product_code: str
    quantity: int


class PromiseShape(Shape):
    """Promised goods: ``waiting`` for a round, ``placed`` in an order, ``handed_out`` or ``refunded``."""

    product_code: str
    quantity: int
    state: str
    order_no: str | None


class CaseShape(Shape):
    """A case; ``refund_fen`` is what an approved refund took off its order, ``photos`` paths of pictures."""

    case: str
    order_no: str
    kind: str
    reason: str
    text: str
    state: str
    goods: str
    refund_fen: int
    answer: str | None
    asked_at: str
    decided_at: str | None
    photos: list[str]
    lines: list[CaseLineShape]
    replacements: list[PromiseShape]


def as_json(case: AfterSaleCase) -> Json:
    """Return a case in the shape of CaseShape."""
    return {
        "case": case.number,
        "order_no": case.order.number,
        "kind": case.kind,
        "reason": case.reason,
        "text": case.text,
        "state": case.state,
        "goods": case.goods,
        "refund_fen": case.refund_fen,
        "answer": case.answer,
        "asked_at": iso(case.asked_at),
        "decided_at": iso(case.decided_at) if case.decided_at else None,
        "photos": case.photos,
        "lines": [
            {"product_code": line.line.offer.product.code, "quantity": line.units} for line in case.lines
        ],
        "replacements": [_promise(one) for one in case.replacements],
    }


def _promise(one: Replacement) -> Json:
    return {
        "product_code": one.product.code,
        "quantity": one.units,
        "state": one.state,
        "order_no": one.order.number if one.order else None,
    }
