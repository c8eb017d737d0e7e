"""What somebody has counted of the stock (盘点)."""

from typing import Annotated, Any

from pydantic import Field

from groupbuy.api.v1.endpoint import endpoint
from groupbuy.api.v1.shapes import Code, Json, RowNumber, Shape
from groupbuy.catalog.service import get_product
from groupbuy.http.identity import Identity
from groupbuy.http.reading import Body
from groupbuy.kernel.clock import utc_now
from groupbuy.warehouse import batching, counting, warehouses
from groupbuy.warehouse.counting import Counted
from groupbuy.warehouse.stock import MAX_UNITS

MAX_LINES = 2000

Units = Annotated[int, Field(ge=0, le=MAX_UNITS)]


class CountedBatch(Body):
    """What was counted of a batch, or without ``batch_id`` of what has none in a warehouse (the main one).

    ``seen`` is what lay there by the books when it was counted, in sale units.
    """

    product_code: Code
    seen: Units
    counted: Units
    batch_id: RowNumber | None = None
    warehouse: Code | None = None


class CountStock(Body):
    """What was counted; all of it is booked or nothing."""

    lines: Annotated[list[CountedBatch], Field(min_length=1, max_length=MAX_LINES)]


class DifferenceRow(Shape):
    """A line that was counted and how it differed, in sale units."""

    product_code: str
    warehouse: str
    batch_id: int | None
    seen: int
    counted: int
    difference: int


class Differences(Shape):
    """The lines in the order in which they were sent."""

    items: list[DifferenceRow]


@endpoint("POST", "/stock/counts", scope="warehouse:write", body=CountStock, answers={201: Differences})
def count_stock(identity: Identity, body: CountStock) -> tuple[int, Any]:
    """Bring batches to what was counted; 409 ``stock_changed`` where they have moved since."""
    lines = [_counted(one) for one in body.lines]
    counting.book(lines=lines, now=utc_now(), actor=identity.actor.name)
    return 201, {"items": [_shown(line) for line in lines]}


def _counted(one: CountedBatch) -> Counted:
    product = get_product(one.product_code)
    batch = None if one.batch_id is None else batching.of_product(product.id, one.batch_id)
    place = batch.warehouse if batch else warehouses.get(one.warehouse or warehouses.all_places()[0].code)
    return Counted(product, place, one.seen, one.counted, batch)


def _shown(line: Counted) -> Json:
    return {
        "product_code": line.product.code,
        "warehouse": line.warehouse.code,
        "batch_id": line.batch.id if line.batch else None,
        "seen": line.seen,
        "counted": line.counted,
        "difference": line.difference,
    }
