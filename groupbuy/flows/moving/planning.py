"""An export becomes a plan: products matched, what is sound chosen, the rest left for a person to decide."""

from collections.abc import Collection, Mapping

from groupbuy.flows.moving.cells import key
from groupbuy.flows.moving.flow import Person, Plan, Taking
from groupbuy.flows.moving.values import Export, Purchase
from groupbuy.flows.ordering import MAX_REMARK, Wish

DRAFT = "+"
"""Stands for a product that is to be proposed; an empty code leaves a product out."""


def wishes_of(purchase: Purchase, codes: Mapping[str, str]) -> tuple[list[Wish], list[str]]:
    """Return what an order wants of our products, and the labels of what is left out.

    ``codes`` are by the key of a label.
    """
    wanted: dict[str, int] = {}
    missing = []
    for line in purchase.lines:
        code = codes.get(key(line.label), "")
        if code in ("", DRAFT):
            missing.append(line.label)
        else:
            wanted[code] = wanted.get(code, 0) + line.units
    return [Wish(code, units) for code, units in wanted.items()], missing


def plan_of(
    export: Export,
    codes: Mapping[str, str],
    people: Collection[Person],
    orders: Collection[str],
    *,
    paid: bool = False,
) -> Plan:
    """Return the plan for some people and orders (by reference) of an export."""
    drafts = [one for one in export.products if codes.get(key(one.label)) == DRAFT]
    takings = []
    for purchase in export.purchases:
        wishes, _ = wishes_of(purchase, codes)
        if purchase.ref in orders and wishes:
            takings.append(Taking(purchase.ref, purchase.customer, wishes, purchase.remark[:MAX_REMARK]))
    return Plan(tuple(people), drafts, takings, paid)


def usual_codes(export: Export, matches: Mapping[str, str], *, with_orders: bool) -> dict[str, str]:
    """Return what each product becomes unless somebody decides otherwise, by the key of its label.

    What is matched is that product. What is not is proposed where only the price list is taken over;
    in a round that does not offer it, it is left out.
    """
    otherwise = "" if with_orders else DRAFT
    return {key(one.label): matches.get(key(one.label)) or otherwise for one in export.products}
