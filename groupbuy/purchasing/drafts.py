"""Whoever approves a purchase order may buy more or less on it before it leaves."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from groupbuy.audit import service as audit
from groupbuy.db import db
from groupbuy.kernel.errors import BadInput, RuleBroken
from groupbuy.purchasing.models import PurchaseOrder, PurchaseOrderLine
from groupbuy.purchasing.queries import lock_purchase_order
from groupbuy.purchasing.rules import CaseRounding, POState, below_minimum, with_cases

MOST_UNITS = 10**9


@dataclass(frozen=True, slots=True)
class Cases:
    """How many cases of a product are to be bought; ``former`` is how many were when one looked."""

    product_code: str
    cases: int
    former: int | None = None


def change_draft(*, number: str, wanted: Sequence[Cases], now: datetime, actor: str) -> PurchaseOrder:
    """Buy other numbers of cases on an order that waits for approval; again changes nothing.

    What is left out stays. What is bought less than residents have ordered will be short, what is bought
    more goes into stock. Raise NotFound, BadInput ``lines[i].…``, RuleBroken ``not_a_draft``,
    ``changed_meanwhile``, ``nothing_bought``.
    """
    order = lock_purchase_order(number)
    if order.state != POState.DRAFT:
        raise RuleBroken("not_a_draft", "Only a purchase order that waits for approval can be changed.")
    by_code = {line.product.code: line for line in order.lines}
    before = {code: line.purchased for code, line in by_code.items()}
    for index, one in enumerate(wanted):
        _change(_line(by_code, one, f"lines[{index}]"), one.cases)
    _sum_up(order)
    after = {code: line.purchased for code, line in by_code.items()}
    if changed := [code for code in before if before[code] != after[code]]:
        audit.record(
            at=now,
            actor=actor,
            verb="purchase_order_changed",
            subject_kind="purchase_order",
            subject=number,
            before={"lines": {code: before[code] for code in changed}},
            after={"lines": {code: after[code] for code in changed}},
        )
    return order


def _line(lines: dict[str, PurchaseOrderLine], one: Cases, param: str) -> PurchaseOrderLine:
    line = lines.get(one.product_code)
    if line is None:
        raise BadInput("unknown_product", "The order has no such product.", param=f"{param}.product_code")
    most = MOST_UNITS // line.case_size
    if not 0 <= one.cases <= most:
        raise BadInput("out_of_range", f"Between 0 and {most}.", param=f"{param}.cases")
    if one.former not in (None, line.cases):
        raise RuleBroken("changed_meanwhile", "Somebody has changed this since you opened it.")
    return line


def _change(line: PurchaseOrderLine, cases: int) -> None:
    names = CaseRounding.__dataclass_fields__
    stands = CaseRounding(**{name: getattr(line, name) for name in names})
    for name, value in asdict(with_cases(stands, cases - line.cases)).items():
        setattr(line, name, value)
    line.amount_fen = line.purchased * line.cost_fen


def _sum_up(order: PurchaseOrder) -> None:
    order.units = sum(line.purchased for line in order.lines)
    if not order.units:
        raise RuleBroken("nothing_bought", "Nothing would be bought on it: refuse it instead.")
    order.cost_fen = sum(line.amount_fen for line in order.lines)
    order.below_minimum = order.held = below_minimum(order.cost_fen, order.supplier.min_order_fen)
    db.session.flush()
