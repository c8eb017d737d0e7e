"""Orders become bags: what each resident of a leader carries home."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from groupbuy.campaigns.heads import Goods
from groupbuy.documents.days import day_text
from groupbuy.documents.languages import said
from groupbuy.orders.by_leader import LiveOrder
from groupbuy.orders.rules import OrderState, merge_quantities
from groupbuy.pickup.rules import Door, door

Codes = Mapping[tuple[date, int], str]
"""Codes of bags by day and resident."""


@dataclass(frozen=True, slots=True)
class PackedBag:
    """All live orders of one resident on one pickup day: goods in the order of their codes, sale units, fen.

    ``handed_out`` is empty while nothing was collected; ``grams`` are what weighed goods were settled on,
    by offer id. ``fee_fen`` of the amount is paid above the goods.
    """

    code: str
    door: Door
    name: str
    phone: str
    goods: tuple[tuple[Goods, int], ...]
    units: int
    amount_fen: int
    remark: str
    handed_out: str
    grams: Mapping[int, int] = field(default_factory=dict)
    fee_fen: int = 0


def pack(
    orders: Iterable[LiveOrder], codes: Codes, goods: Mapping[int, Goods], *, day: date
) -> Sequence[PackedBag]:
    """Return one leader's bags by building and room, those of each pickup day by themselves.

    ``codes`` are those of residents with several orders of a day; a bag of another day than ``day`` says
    so in its remark. Goods that are called alike are one, whatever round they were ordered in.
    """
    by_bag: dict[tuple[date, int], list[LiveOrder]] = {}
    for order in orders:
        by_bag.setdefault((order.day, order.resident_id), []).append(order)
    bags = [_bag(theirs, codes, goods, day) for theirs in by_bag.values()]
    return sorted(bags, key=lambda bag: (*bag.door.sort_key, bag.name, bag.code))


def _carried(parcel: str | None) -> str:
    """Return how an order comes that its resident does not fetch."""
    if parcel is None:
        return ""
    return said(f"快递 {parcel}") if parcel else said("送货上门")


def _bag(orders: Sequence[LiveOrder], codes: Codes, goods: Mapping[int, Goods], day: date) -> PackedBag:
    first = orders[0]
    lines = [line for order in orders for line in order.lines]
    fee_fen = sum(order.fee_fen for order in orders)
    units = merge_quantities((goods[line.offer_id].offer_id, line.units) for line in lines)
    remarks = [text for order in orders for text in (_carried(order.parcel), order.remark) if text]
    if first.day != day:
        remarks.insert(0, said(f"{day_text(first.day)}提货"))
    chosen = [(goods[offer_id], quantity) for offer_id, quantity in units.items()]
    return PackedBag(
        code=codes.get((first.day, first.resident_id), first.pickup_code),
        door=door(first.building, first.room),
        name=first.name,
        phone=first.phone,
        goods=tuple(sorted(chosen, key=lambda item: item[0].rank)),
        units=sum(units.values()),
        amount_fen=sum(line.amount_fen for line in lines) + fee_fen,
        remark="；".join(dict.fromkeys(remarks)),
        handed_out=_handed_out({order.state for order in orders}),
        grams=merge_quantities((line.offer_id, line.actual_grams) for line in lines if line.actual_grams),
        fee_fen=fee_fen,
    )


def _handed_out(states: set[str]) -> str:
    if states == {OrderState.PICKED_UP}:
        return said("已提")
    return "" if states == {OrderState.CONFIRMED} else said("部分已提")
