"""What goes with the driver: the note of each stop (配送单), and how the vehicle is loaded (装车单)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from groupbuy.delivery.brought import StopGoods
from groupbuy.delivery.loading import StopLoad, zones_of
from groupbuy.delivery.models import DeliveryRoute, DeliveryStop
from groupbuy.documents.days import day_text
from groupbuy.documents.languages import said
from groupbuy.documents.sheet import Column, Kind, Row, Sheet, table

COLUMNS = (
    Column("序号", Kind.INTEGER, 5),
    Column("商品编码", Kind.CODE, 13),
    Column("商品名称", Kind.TEXT, 28),
    Column("规格", Kind.TEXT, 12),
    Column("数量", Kind.QUANTITY, 8, total=True),
    Column("单价", Kind.MONEY, 10),
    Column("总价", Kind.MONEY, 12, total=True),
    Column("实收", Kind.TEXT, 8),
    Column("差异", Kind.TEXT, 8),
)


@dataclass(frozen=True, slots=True)
class Bundle:
    """A product at a stop, whatever the rounds it was ordered in: sale units and fen."""

    code: str
    name: str
    spec: str
    units: int
    amount_fen: int

    @property
    def price_fen(self) -> int | None:
        """Return the price of a unit, None where the residents paid different ones."""
        return self.amount_fen // self.units if self.amount_fen % self.units == 0 else None


def notes_of(
    route: DeliveryRoute,
    goods: Mapping[int, Sequence[StopGoods]],
    *,
    zone: ZoneInfo,
    printed_at: datetime,
) -> list[Sheet]:
    """Return the notes of a route's stops in their order; a leader who gets nothing has none."""
    return [
        delivery_note(stop, theirs, stops=len(route.stops), zone=zone, printed_at=printed_at)
        for stop in route.stops
        if (theirs := goods.get(stop.id))
    ]


def delivery_note(
    stop: DeliveryStop, goods: Sequence[StopGoods], *, stops: int, zone: ZoneInfo, printed_at: datetime
) -> Sheet:
    """Return the note of one stop, goods of all its rounds together; ``stops`` are those of its route."""
    route, leader = stop.route, stop.leader
    community = leader.community.name if leader.community else ""
    rounds = sorted({one.round_name for one in goods})
    return Sheet(
        "配送单",
        COLUMNS,
        table([_row(number, one) for number, one in enumerate(merged(goods), 1)]),
        name=f"{leader.code} {leader.name}"[:31],
        head=(
            ("配送日期", day_text(stop.day)),
            ("线路", f"{route.name} {said(f'第 {stop.position} / {stops} 站')}"),
            ("小区", community or "—"),
            ("团长", f"{leader.code} {leader.name} {leader.phone}"),
            ("地址", leader.address or "—"),
            ("司机", _driver(route)),
        ),
        notes=("请当面点清；短少、破损请在“实收”“差异”中写明。", said(f"期次：{'、'.join(rounds)}")),
        signatures=("配货人", "配送员", "团长"),
        printed=f"{route.name} {stop.day} · {_printed(printed_at, zone)}",
    )


def merged(goods: Sequence[StopGoods]) -> list[Bundle]:
    """Return the goods with those of one product and name added up, in their order."""
    sums: dict[tuple[str, str, str], tuple[int, int]] = {}
    for one in goods:
        key = (one.code, one.name, one.spec)
        units, amount = sums.get(key, (0, 0))
        sums[key] = (units + one.units, amount + one.amount_fen)
    return [Bundle(*key, *values) for key, values in sums.items()]


def _row(number: int, one: Bundle) -> Row:
    return (number, one.code, one.name, one.spec, one.units, one.price_fen, one.amount_fen, "", "")


def _printed(at: datetime, zone: ZoneInfo) -> str:
    return said(f"打印 {at.astimezone(zone):%Y-%m-%d %H:%M}")


def _driver(route: DeliveryRoute) -> str:
    return " ".join(text for text in (route.driver, route.driver_phone) if text) or "—"


def loading_list(
    route: DeliveryRoute, loads: Sequence[StopLoad], *, zone: ZoneInfo, printed_at: datetime
) -> Sheet:
    """Return how a vehicle is loaded: the last stop first, with bags and units of each temperature zone."""
    zones = zones_of(loads)
    return Sheet(
        "装车单",
        _loading_columns(zones),
        table([_loaded(load, zones) for load in loads]),
        head=(
            ("配送日期", day_text(route.day)),
            ("线路", said(f"{route.name}，{len(loads)} 站")),
            ("司机", _driver(route)),
            ("可装件数", str(route.capacity_units or "—")),
        ),
        notes=("从上往下装车：最后一站最先装，第一站最后装、靠近车门。",),
        signatures=("装车", "复核", "司机"),
        printed=f"{route.name} {route.day} · {_printed(printed_at, zone)}",
    )


def _loading_columns(zones: Sequence[str]) -> tuple[Column, ...]:
    return (
        Column("装车顺序", Kind.INTEGER, 9),
        Column("站", Kind.INTEGER, 5),
        Column("团长", Kind.TEXT, 18),
        Column("提货点", Kind.TEXT, 30),
        Column("袋数", Kind.QUANTITY, 7, total=True),
        *(Column(said(f"{said(zone)}件数"), Kind.INTEGER, 9, total=True) for zone in zones),
        Column("合计件数", Kind.QUANTITY, 9, total=True),
        Column("已装", Kind.TEXT, 6, align="center"),
    )


def _loaded(load: StopLoad, zones: Sequence[str]) -> Row:
    leader = load.stop.leader
    community = leader.community.name if leader.community else ""
    place = " ".join(part for part in (community, leader.address) if part)
    counts = (load.by_zone.get(zone) for zone in zones)
    named = (load.turn, load.stop.position, f"{leader.code} {leader.name}", place)
    return (*named, load.bags, *counts, load.units, "□")
