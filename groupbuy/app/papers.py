"""How each kind of document is made from stored rows: read models, then sheets."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import NamedTuple
from zoneinfo import ZoneInfo

from groupbuy.campaigns import heads as round_heads
from groupbuy.campaigns import queries as campaigns
from groupbuy.campaigns.heads import Goods, RoundHead
from groupbuy.campaigns.rules import RoundState
from groupbuy.commissions import queries as commissions
from groupbuy.commissions.queries import LaterChange
from groupbuy.commissions.sheets import commission_details, commission_statement, totals_by_rate
from groupbuy.documents.sheet import Sheet
from groupbuy.kernel.errors import RuleBroken
from groupbuy.leaders import heads as leader_heads
from groupbuy.leaders.heads import LeaderHead
from groupbuy.orders import bulk as order_totals
from groupbuy.orders import by_goods, by_leader
from groupbuy.orders.by_goods import GoodsTotal, GoodsTotals
from groupbuy.orders.by_leader import LiveOrder
from groupbuy.orders.sheets import Place, blocks, matrix_block, overall_text, pick_list
from groupbuy.pickup import queries as pickup
from groupbuy.pickup.packing import Codes, PackedBag, pack
from groupbuy.pickup.sheets import pickup_sheet, sorting_list
from groupbuy.purchasing.planning import offers_ordered
from groupbuy.purchasing.printed import printed_orders
from groupbuy.purchasing.sheets import purchase_order

# Read together they are fewer pages of the disk; more of them are more memory.
BLOCKS_AT_ONCE = 10
NOT_CLOSED = (RoundState.DRAFT, RoundState.SCHEDULED, RoundState.OPEN, RoundState.CLOSING)


@dataclass(frozen=True, slots=True)
class Document:
    """A document ready to be written; ``annexes`` are for the workbook only, not for paper.

    ``owner`` is the code of its leader or supplier. Units and fen are what its lists add up to.
    """

    kind: str
    owner: str | None
    owner_name: str
    sheets: tuple[Sheet, ...]
    units: int
    amount_fen: int
    annexes: tuple[Sheet, ...] = ()


class Bulk(NamedTuple):
    """What all leaders' residents ordered: by leader as the sheets of the matrix, and in all."""

    matrix: tuple[Sheet, ...]
    totals: Sequence[GoodsTotal]


@dataclass(frozen=True)
class Source:
    """What all documents of one round share; with ``leader_id`` only that leader's are asked for."""

    round_id: int
    head: RoundHead
    day: date
    leader_id: int | None = None

    @cached_property
    def goods(self) -> Mapping[int, Goods]:
        """Return the goods of the round by offer id; read when first asked for.

        For one leader only what was ordered there: a round may have ten thousand goods.
        """
        theirs = None if self.leader_id is None else offers_ordered(self.round_id, self.leader_id)
        return round_heads.goods_of_round(self.round_id, theirs)

    @cached_property
    def leaders(self) -> Sequence[LeaderHead]:
        """Return the leaders with orders, by code; read when first asked for."""
        ids = [leader.id for leader in by_leader.leaders_with_orders(self.round_id)]
        return list(leader_heads.heads_of(ids).values())

    @cached_property
    def bulk(self) -> Bulk:
        """Return the matrix and what was ordered in all: one walk over the round, many leaders at a time."""
        cut = blocks(self.leaders)
        sheets: list[Sheet] = []
        totals: GoodsTotals = {}
        for start in range(0, len(cut), BLOCKS_AT_ONCE):
            some = cut[start : start + BLOCKS_AT_ONCE]
            ordered = by_goods.leader_goods(self.round_id, [one.id for leaders in some for one in leaders])
            for leaders in some:
                cells = [cell for leader in leaders for cell in ordered[leader.id]]
                by_goods.add_up(totals, cells)
                place = Place(len(sheets) + 1, len(cut), self.overall)
                sheets.append(matrix_block(self.head, leaders, cells, self.goods, place))
        return Bulk(tuple(sheets), list(totals.values()))

    @cached_property
    def overall(self) -> str:
        """Return the sums of the whole round in words; added up once, however many documents say them."""
        orders, units, amount = order_totals.totals(self.round_id)
        return overall_text(leaders=len(self.leaders), orders=orders, units=units, amount_fen=amount)


@dataclass(frozen=True)
class LeaderPapers:
    """What all documents of one leader are made from."""

    source: Source
    leader: LeaderHead
    orders: Sequence[LiveOrder]
    codes: Codes
    changes: Sequence[LaterChange]

    @cached_property
    def bags(self) -> Sequence[PackedBag]:
        """Return the leader's bags in the order in which they are handed out."""
        return pack(self.orders, self.codes, self.source.goods, day=self.source.day)

    @cached_property
    def units(self) -> int:
        """Return the sale units ordered."""
        return sum(line.units for order in self.orders for line in order.lines)

    @cached_property
    def amount_fen(self) -> int:
        """Return what was ordered, in fen."""
        return sum(line.amount_fen for order in self.orders for line in order.lines)


def source_of(round_name: str, zone: ZoneInfo, printed_at: datetime) -> Source:
    """Return what the documents of a round share when printed at a moment.

    Raise NotFound, RuleBroken ``not_closed``.
    """
    round_ = campaigns.get_round(round_name)
    if round_.state in NOT_CLOSED:
        raise RuleBroken("not_closed", f"Round {round_.name} has not closed yet; documents follow the close.")
    return Source(round_.id, round_heads.head_of(round_, zone, printed_at), round_.pickup_date)


def _pickup_sheet(papers: LeaderPapers) -> Document:
    sheet = pickup_sheet(papers.source.head, papers.leader, papers.bags, orders=len(papers.orders))
    return _of_leader("pickup_sheet", papers, sheet)


def _sorting_list(papers: LeaderPapers) -> Document:
    sheet = sorting_list(papers.source.head, papers.leader, papers.bags, orders=len(papers.orders))
    return _of_leader("sorting_list", papers, sheet)


def _commission_statement(papers: LeaderPapers) -> Document:
    head, leader, orders = papers.source.head, papers.leader, papers.orders
    totals = totals_by_rate(orders, papers.changes)
    return Document(
        "commission_statement",
        leader.code,
        leader.name,
        (commission_statement(head, leader, totals, orders=len(orders)),),
        papers.units,
        sum(row.commission_fen for row in totals.values()),
        annexes=(commission_details(head, leader, orders, papers.source.goods),),
    )


def _of_leader(kind: str, papers: LeaderPapers, sheet: Sheet) -> Document:
    leader = papers.leader
    return Document(kind, leader.code, leader.name, (sheet,), papers.units, papers.amount_fen)


LEADER_KINDS: Mapping[str, Callable[[LeaderPapers], Document]] = {
    "pickup_sheet": _pickup_sheet,
    "sorting_list": _sorting_list,
    "commission_statement": _commission_statement,
}


def leader_documents(source: Source, leader_ids: Sequence[int], kinds: Sequence[str]) -> Iterator[Document]:
    """Yield documents of leaders who have orders, all kinds of one leader before the next leader."""
    leaders = leader_heads.heads_of(leader_ids)
    codes = pickup.bag_codes(source.round_id, leader_ids)
    changes = commissions.later_changes(source.round_id, leader_ids)
    for leader_id, orders in by_leader.live_orders(source.round_id, leader_ids):
        papers = LeaderPapers(source, leaders[leader_id], orders, codes[leader_id], changes[leader_id])
        yield from (LEADER_KINDS[kind](papers) for kind in kinds)


def purchase_orders(source: Source, supplier_ids: Sequence[int]) -> Iterator[Document]:
    """Yield the purchase orders of suppliers who have one, by supplier code."""
    for order in printed_orders(source.round_id, supplier_ids):
        sheet = purchase_order(source.head, order)
        owner = (order.supplier_code, order.supplier_name)
        yield Document("purchase_order", *owner, (sheet,), order.units, order.cost_fen)


def _pick_list(source: Source) -> Iterator[Document]:
    totals = source.bulk.totals
    if totals:
        yield _of_round("pick_list", totals, pick_list(source.head, totals, source.goods, source.overall))


def _matrix(source: Source) -> Iterator[Document]:
    if source.bulk.totals:
        yield _of_round("matrix", source.bulk.totals, *source.bulk.matrix)


def _of_round(kind: str, totals: Sequence[GoodsTotal], *sheets: Sheet) -> Document:
    units, amount = sum(row.units for row in totals), sum(row.amount_fen for row in totals)
    return Document(kind, None, "", sheets, units, amount)


ROUND_KINDS: Mapping[str, Callable[[Source], Iterator[Document]]] = {
    "pick_list": _pick_list,
    "matrix": _matrix,
}
