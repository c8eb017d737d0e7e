"""What weighed goods weigh: the lines of a round, entering weights, settling them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

from flask import current_app
from pydantic import Field

from groupbuy.api.v1.endpoint import endpoint
from groupbuy.api.v1.shapes import Code, Json, Shape
from groupbuy.campaigns import queries as campaigns
from groupbuy.config import Settings
from groupbuy.finance.dials import dials
from groupbuy.flows import weighing
from groupbuy.flows.weighing import MAX_ENTRIES, Entry
from groupbuy.http.identity import Identity
from groupbuy.http.reading import Body, Text
from groupbuy.http.row_ids import MAX_ROW_ID
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import GroupbuyError
from groupbuy.weighing import queries

PATH = "/rounds/<round_name>/weights"


class WeightLine(Body):
    """A line's weight: grams, several added up (``512+498``), or a barcode of the scale.

    ``seen`` is how many weights of it the sender knew of.
    """

    order_no: Annotated[Text, Field(max_length=32)]
    product_code: Code
    weight: Annotated[Text, Field(min_length=1, max_length=200)]
    seen: Annotated[int, Field(ge=0, le=MAX_ROW_ID)] | None = None


class EnterWeights(Body):
    """Weights; ``sure`` confirms those far from the estimate."""

    lines: Annotated[list[WeightLine], Field(min_length=1, max_length=MAX_ENTRIES)]
    sure: bool = False


class WeighedShape(Shape):
    """A line that is settled by weight, in sale units, grams and fen; ``weights`` counts its weights so far.

    ``due_fen`` is what it costs by its last weight.
    """

    order_no: str
    product_code: str
    leader_code: str
    quantity: int
    expected_grams: int
    estimate_fen: int
    grams: int | None
    weights: int
    missing: bool
    settled: bool
    amount_fen: int
    due_fen: int


class WeighedLines(Shape):
    """The weighed lines of a round, and how many of them have no weight yet."""

    missing: int
    lines: list[WeighedShape]


class WeightsEntered(Shape):
    """How many weights were new, and how many lines have none yet."""

    entered: int
    missing: int


class WeightsSettled(Shape):
    """What a settling changed: lines, fen charged more and fen owed back; zeros for nothing new."""

    lines: int
    more_fen: int
    less_fen: int


@endpoint("GET", PATH, scope="warehouse:read", answers={200: WeighedLines})
def show_weights(identity: Identity, round_name: str) -> tuple[int, Any]:  # noqa: ARG001 - every view gets it
    """Show what is weighed of a round."""
    cap_bp = dials().weight_cap_bp
    lines = queries.weighed_lines(campaigns.get_round(round_name).id)
    shown = [
        {
            "order_no": line.order_no,
            "product_code": line.product_code,
            "leader_code": line.leader_code,
            "quantity": line.quantity,
            "expected_grams": line.expected,
            "estimate_fen": line.estimate_fen,
            "grams": line.grams,
            "weights": line.number,
            "missing": line.missing,
            "settled": line.settlement_id is not None,
            "amount_fen": line.amount_fen,
            "due_fen": line.due_fen(cap_bp),
        }
        for line in lines
    ]
    return 200, {"missing": sum(line.missing for line in lines), "lines": shown}


@endpoint("POST", PATH, scope="warehouse:write", body=EnterWeights, answers={200: WeightsEntered})
def enter_weights(identity: Identity, round_name: str, body: EnterWeights) -> tuple[int, Json]:
    """Enter what lines weigh, all or none; a second weight replaces the first, the same one is none."""
    settings: Settings = current_app.extensions["groupbuy_settings"]
    round_ = campaigns.get_round(round_name)
    with _named_as_here():
        entered = weighing.enter_weights(
            round_=round_,
            entries=[Entry(line.order_no, line.product_code, line.weight, line.seen) for line in body.lines],
            layouts=settings.scale_barcodes,
            now=utc_now(),
            actor=identity.actor,
            sure=body.sure,
        )
    missing = sum(line.missing for line in queries.weighed_lines(round_.id))
    return 200, {"entered": entered, "missing": missing}


@contextmanager
def _named_as_here() -> Iterator[None]:
    """Call what pages and workbooks know as grams by the name of the body's field."""
    try:
        yield
    except GroupbuyError as error:
        error.param = (error.param or "").replace(".grams", ".weight") or None
        raise


@endpoint("POST", f"{PATH}/settlement", scope="warehouse:write", answers={200: WeightsSettled})
def settle_weights(identity: Identity, round_name: str) -> tuple[int, Json]:
    """Bring every weighed line to what its weight costs; refused while one has none."""
    done = weighing.settle_weights(
        round_=campaigns.get_round(round_name), now=utc_now(), actor=identity.actor
    )
    if done is None:
        return 200, {"lines": 0, "more_fen": 0, "less_fen": 0}
    return 200, {"lines": done.lines, "more_fen": done.more_fen, "less_fen": done.less_fen}
