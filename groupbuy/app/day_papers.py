"""A leader's sheets and labels of a pickup day: the orders of all its rounds, one bag for each resident."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from groupbuy.app.bag_labels import TITLE as LABELS
from groupbuy.app.names import file_name
from groupbuy.app.papers import Source, source_of
from groupbuy.campaigns.heads import Goods, RoundHead
from groupbuy.documents import pdf, xlsx
from groupbuy.documents.days import day_text
from groupbuy.documents.labels import write_labels
from groupbuy.documents.languages import said
from groupbuy.documents.sheet import Sheet
from groupbuy.kernel.errors import NotFound
from groupbuy.kernel.sorting import natural_key
from groupbuy.kernel.times import parse_date
from groupbuy.leaders import heads as leader_heads
from groupbuy.leaders.heads import LeaderHead
from groupbuy.leaders.queries import get_leader
from groupbuy.messaging.senders import File
from groupbuy.orders.by_leader import LiveOrder, live_orders, rounds_of_day
from groupbuy.pickup import queries as pickup
from groupbuy.pickup.labels import bag_labels
from groupbuy.pickup.packing import Codes, PackedBag, pack
from groupbuy.pickup.sheets import pickup_sheet, sorting_list

MakeSheet = Callable[..., Sheet]
SHEETS: Mapping[str, tuple[str, MakeSheet]] = {
    "day_pickup_sheet": ("提货单", pickup_sheet),
    "day_sorting_list": ("分拣单", sorting_list),
}
DAY_LABELS = "day_bag_labels"


@dataclass(frozen=True, slots=True)
class DayPapers:
    """What all papers of a leader's day are made from."""

    head: RoundHead
    leader: LeaderHead
    bags: Sequence[PackedBag]
    orders: int


def render_sheet(kind: str, suffix: str) -> Callable[..., File]:
    """Return how a sheet of a day is rendered in a format, as ``documents.BESIDE`` wants it."""
    title, make = SHEETS[kind]

    def render(round_name: str, code: str | None, *, zone: ZoneInfo, now: datetime) -> File:
        papers = _papers(round_name, code, zone, now)
        sheet = make(papers.head, papers.leader, papers.bags, orders=papers.orders)
        name = f"{_name(title, round_name, papers.leader)}.{suffix}"
        if suffix == "pdf":
            return File(name, pdf.CONTENT_TYPE, pdf.write_pdf([sheet]))
        return File(name, xlsx.CONTENT_TYPE, xlsx.write_xlsx([sheet]))

    return render


def render_labels(round_name: str, code: str | None, *, zone: ZoneInfo, now: datetime) -> File:
    """Render the labels of a leader's bags of a day, which stands in the place of a round.

    Raise NotFound for days and codes without orders.
    """
    papers = _papers(round_name, code, zone, now)
    labels = write_labels(bag_labels(papers.head, papers.leader, papers.bags))
    return File(f"{_name(LABELS, round_name, papers.leader)}.pdf", pdf.CONTENT_TYPE, labels)


def _name(title: str, day: str, leader: LeaderHead) -> str:
    return file_name(f"{said(title)}-{day}", leader.code, leader.name)


def _papers(text: str, code: str | None, zone: ZoneInfo, now: datetime) -> DayPapers:
    try:
        day = parse_date(text)
    except ValueError as error:
        raise NotFound("unknown_day", "Write a day as 2026-12-31.") from error
    leader_id = get_leader(code or "").id
    sources = [
        replace(source_of(name, zone, now), leader_id=leader_id) for name in rounds_of_day(day, leader_id)
    ]
    orders: list[LiveOrder] = []
    codes: Codes = {}
    for source in sources:
        codes = {**codes, **pickup.bag_codes(source.round_id, [leader_id])[leader_id]}
        for _leader_id, some in live_orders(source.round_id, [leader_id]):
            orders += [order for order in some if order.day == day]
    if not orders:
        raise NotFound("unknown_document", f"Nothing is handed out by {code} on {day}.")
    bags = pack(orders, codes, merged_goods(sources), day=day)
    leader = leader_heads.heads_of([leader_id])[leader_id]
    return DayPapers(_head(sources, day, zone, now), leader, bags, len(orders))


def merged_goods(sources: Sequence[Source]) -> Mapping[int, Goods]:
    """Return the goods of several rounds by offer id; goods that are called alike are the same goods."""
    found = [(offer_id, goods) for source in sources for offer_id, goods in source.goods.items()]
    same: dict[tuple[str, str], Goods] = {}
    for _offer_id, goods in sorted(found, key=lambda one: (natural_key(one[1].code), one[0])):
        same.setdefault((goods.code, goods.label), replace(goods, rank=len(same)))
    return {offer_id: same[goods.code, goods.label] for offer_id, goods in found}


def _head(sources: Sequence[Source], day: date, zone: ZoneInfo, now: datetime) -> RoundHead:
    names = [source.head.name for source in sources]
    return RoundHead(
        name="、".join(names),
        title="、".join(dict.fromkeys(source.head.title for source in sources)),
        cutoff="",
        pickup_date=day_text(day),
        day=day.isoformat(),
        printed=f"{said(f'打印 {now.astimezone(zone):%Y-%m-%d %H:%M}')} · {'、'.join(names)}",
    )
