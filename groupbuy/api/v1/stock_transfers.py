"""Warehouses, and goods that move from one to another in two steps."""

from typing import Annotated, Any, Literal

from flask import current_app
from pydantic import Field

from groupbuy.api.v1 import cursors
from groupbuy.api.v1.endpoint import endpoint
from groupbuy.api.v1.shapes import Code, Json, Name, Page, RowNumber, Shape
from groupbuy.config import Settings
from groupbuy.db import db
from groupbuy.http.identity import Identity
from groupbuy.http.reading import Body, Text
from groupbuy.kernel.clock import utc_now
from groupbuy.warehouse import transferring, transfers, warehouses
from groupbuy.warehouse.models import StockTransfer, Warehouse
from groupbuy.warehouse.stock import MAX_UNITS
from groupbuy.warehouse.transferring import MAX_LINES, MAX_NOTE, Goods
from groupbuy.warehouse.warehouses import MAX_CODE, MAX_TEXT


class WarehouseBody(Body):
    """A warehouse; one that is not ``active`` takes no more goods in."""

    name: Name
    kind: Literal["central", "grid"]
    address: Annotated[Text, Field(max_length=MAX_TEXT)] | None = None
    active: bool = True


class NewWarehouse(WarehouseBody):
    """A warehouse that there is not yet."""

    code: Annotated[Text, Field(min_length=1, max_length=MAX_CODE)]


class WarehouseShape(Shape):
    """A warehouse (中心仓, 网格仓)."""

    code: str
    name: str
    kind: str
    address: str | None
    active: bool


class WarehouseRows(Shape):
    """All warehouses, the main one first."""

    items: list[WarehouseShape]


class SentGoods(Body):
    """What is sent of a product, in sale units: of one batch, or what expires first."""

    product_code: Code
    units: Annotated[int, Field(ge=1, le=MAX_UNITS)]
    batch_id: RowNumber | None = None


class SendGoods(Body):
    """Goods that leave one warehouse for another."""

    from_warehouse: Code
    to_warehouse: Code
    lines: Annotated[list[SentGoods], Field(min_length=1, max_length=MAX_LINES)]
    note: Annotated[Text, Field(max_length=MAX_NOTE)] | None = None


class ArrivedLine(Body):
    """What arrived of a line of a transfer, in sale units."""

    line_id: RowNumber
    arrived: Annotated[int, Field(ge=0, le=MAX_UNITS)]


class Arrival(Body):
    """What arrived; of lines that are left out all that was sent."""

    lines: Annotated[list[ArrivedLine], Field(max_length=MAX_LINES)] = Field(default_factory=list)


class TransferLine(Shape):
    """A line of a transfer; ``arrived`` is null while the goods are on the way."""

    line_id: int
    product_code: str
    batch: str
    best_before: str | None
    sent: int
    arrived: int | None


class TransferShape(Shape):
    """A transfer of goods (调拨单): ``sent``, ``arrived`` or ``called_back``."""

    number: str
    from_warehouse: str
    to_warehouse: str
    state: str
    note: str | None
    sent_at: str
    arrived_at: str | None
    called_back_at: str | None
    lines: list[TransferLine]


class TransferRow(Shape):
    """A transfer in a list."""

    number: str
    from_warehouse: str
    to_warehouse: str
    state: str
    sent_at: str


class TransferRows(Shape):
    """A page of transfers, the latest first."""

    items: list[TransferRow]
    next_cursor: str | None


@endpoint("GET", "/warehouses", scope="warehouse:read", answers={200: WarehouseRows})
def list_warehouses(identity: Identity) -> tuple[int, Any]:  # noqa: ARG001 - every view gets it
    """List the warehouses."""
    return 200, {"items": [_place(one) for one in warehouses.all_places()]}


@endpoint("POST", "/warehouses", scope="catalog:write", body=NewWarehouse, answers={201: WarehouseShape})
def open_warehouse(identity: Identity, body: NewWarehouse) -> tuple[int, Any]:
    """Open a warehouse."""
    return 201, _save(identity, body.code, body, new=True)


@endpoint(
    "PUT", "/warehouses/<code>", scope="catalog:write", body=WarehouseBody, answers={200: WarehouseShape}
)
def change_warehouse(identity: Identity, code: str, body: WarehouseBody) -> tuple[int, Any]:
    """Change a warehouse, or let it take no more goods in."""
    return 200, _save(identity, code, body, new=False)


def _save(identity: Identity, code: str, body: WarehouseBody, *, new: bool) -> Json:
    place = warehouses.save(
        code=code,
        name=body.name,
        kind=body.kind,
        address=body.address,
        active=body.active,
        now=utc_now(),
        actor=identity.actor.name,
        new=new,
    )
    return _place(place)


def _place(place: Warehouse) -> Json:
    return {name: getattr(place, name) for name in ("code", "name", "kind", "address", "active")}


@endpoint("GET", "/stock/transfers", scope="warehouse:read", query=Page, answers={200: TransferRows})
def list_transfers(identity: Identity, query: Page) -> tuple[int, Any]:  # noqa: ARG001 - every view gets it
    """List transfers, the latest first."""
    statement = transfers.latest_first().limit(query.limit + 1)
    if query.cursor:
        statement = statement.where(StockTransfer.id < cursors.decode(query.cursor, (int,))[0])
    found = db.session.scalars(statement).all()
    rows, cursor = cursors.page(found, limit=query.limit, key=lambda one: (one.id,))
    return 200, {"items": [transfers.head_as_json(one) for one in rows], "next_cursor": cursor}


@endpoint("POST", "/stock/transfers", scope="warehouse:write", body=SendGoods, answers={201: TransferShape})
def send_goods(identity: Identity, body: SendGoods) -> tuple[int, Any]:
    """Send goods from one warehouse to another; nobody can use them before they arrive."""
    settings: Settings = current_app.extensions["groupbuy_settings"]
    transfer = transferring.send(
        from_code=body.from_warehouse,
        to_code=body.to_warehouse,
        goods=[Goods(one.product_code, one.units, one.batch_id) for one in body.lines],
        now=utc_now(),
        zone=settings.timezone,
        actor=identity.actor.name,
        note=body.note,
    )
    return 201, transfers.as_json(transfers.get_transfer(transfer.number))


@endpoint("GET", "/stock/transfers/<number>", scope="warehouse:read", answers={200: TransferShape})
def show_transfer(identity: Identity, number: str) -> tuple[int, Any]:  # noqa: ARG001 - every view gets it
    """Show a transfer with its lines."""
    return 200, transfers.as_json(transfers.get_transfer(number))


@endpoint(
    "POST",
    "/stock/transfers/<number>/arrival",
    scope="warehouse:write",
    body=Arrival,
    answers={200: TransferShape},
)
def take_transfer_in(identity: Identity, number: str, body: Arrival) -> tuple[int, Any]:
    """Take in what was sent, once; what is missing or too much is booked as a difference."""
    arrived = {one.line_id: one.arrived for one in body.lines}
    now, actor = utc_now(), identity.actor.name
    return 200, transfers.as_json(transferring.arrive(number=number, arrived=arrived, now=now, actor=actor))


@endpoint(
    "POST", "/stock/transfers/<number>/call-back", scope="warehouse:write", answers={200: TransferShape}
)
def call_transfer_back(identity: Identity, number: str) -> tuple[int, Any]:
    """Put what was sent and has not arrived back where it was sent from, once."""
    now, actor = utc_now(), identity.actor.name
    return 200, transfers.as_json(transferring.call_back(number=number, now=now, actor=actor))
