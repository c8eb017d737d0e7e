"""Purchase orders: the history, approving, sending, and what their suppliers say will come."""

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field

from groupbuy.api.v1 import cursors
from groupbuy.api.v1.endpoint import endpoint
from groupbuy.api.v1.shapes import Code, Json, Page, Shape
from groupbuy.campaigns.models import Round
from groupbuy.db import db
from groupbuy.flows import approving, confirming, notifying, refusing
from groupbuy.flows.receiving import MAX_UNITS
from groupbuy.http.identity import Identity
from groupbuy.http.reading import Body, Text
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import BadInput
from groupbuy.purchasing import drafts, history
from groupbuy.purchasing import queries as purchasing
from groupbuy.purchasing.models import PurchaseOrder

PATH = "/purchase-orders/<number>"
Day = Annotated[Text, Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
State = Literal["draft", "approved", "sent", "confirmed", "part_received", "received", "closed", "cancelled"]


class OrdersQuery(Page):
    """Which purchase orders are wanted; ``short`` are those of which less was confirmed than ordered."""

    state: State | None = None
    round: Code | None = None
    supplier: Code | None = None
    short: bool = False


class PurchaseOrderHead(Shape):
    """A purchase order in a list; ``mail`` is what became of its mail, null without one."""

    purchase_order: str
    round: str
    supplier: str
    state: str
    held: bool
    units: int
    cost_fen: int
    due_date: str
    promised_date: str | None
    created_at: str
    sent_at: str | None
    confirmed_at: str | None
    mail: str | None


class PurchaseOrders(Shape):
    """A page of purchase orders, the newest first."""

    items: list[PurchaseOrderHead]
    next_cursor: str | None


class PurchaseLine(Shape):
    """One product in sale units; ordered + surplus = from_stock + purchased + shortfall.

    A supplier gets null for all of these but ``purchased``. ``confirmed`` is null until it has answered.
    """

    product_code: str
    ordered: int | None
    from_stock: int | None
    case_size: int
    cases: int
    purchased: int
    surplus: int | None
    shortfall: int | None
    confirmed: int | None
    cost_fen: int
    amount_fen: int


class AmendedLine(Shape):
    """How many sale units of a product were bought before and are now."""

    product_code: str
    former: int
    purchased: int


class AmendmentShape(Shape):
    """What changed after an order had left, lines that did not left out; ``told_at`` is null until told."""

    amendment: str
    at: str
    told_at: str | None
    lines: list[AmendedLine]


class PurchaseOrderDetail(PurchaseOrderHead):
    """A purchase order with its lines, the supplier's remark and the amendments, the first one first."""

    note: str | None
    lines: list[PurchaseLine]
    amendments: list[AmendmentShape]


class ConfirmedLine(Body):
    """How many sale units of a product will come."""

    product_code: Code
    units: Annotated[int, Field(ge=0, le=MAX_UNITS)]


class Confirmation(Body):
    """What will come: lines that are left out come as ordered."""

    lines: Annotated[list[ConfirmedLine], Field(max_length=2000, default_factory=list)]
    promised_date: Day | None = None
    note: Annotated[Text, Field(max_length=confirming.MAX_NOTE)] | None = None


class Sending(Shape):
    """Whether a mail was queued: not when it was accepted, is in hand, or there is no address."""

    queued: bool


@endpoint(
    "GET", "/purchase-orders", scope="purchasing:read", query=OrdersQuery, answers={200: PurchaseOrders}
)
def list_purchase_orders(identity: Identity, query: OrdersQuery) -> tuple[int, Any]:
    """List purchase orders, the newest first; a supplier sees its own that are decided."""
    rows = history.orders(
        supplier_ids=_own(identity),
        state=query.state,
        round_name=query.round,
        supplier_code=query.supplier,
        short=query.short,
        before=cursors.id_after(query.cursor),
        most=query.limit + 1,
    )
    rows, cursor = cursors.page(rows, limit=query.limit, key=lambda row: (row.order.id,))
    return 200, {"items": [history.head_json(row) for row in rows], "next_cursor": cursor}


@endpoint("GET", PATH, scope="purchasing:read", answers={200: PurchaseOrderDetail})
def show_purchase_order(identity: Identity, number: str) -> tuple[int, Any]:
    """Show a purchase order; another supplier's does not exist."""
    return 200, _detail(number, identity)


@endpoint(
    "POST",
    f"{PATH}/confirmation",
    scope="purchasing:write",
    body=Confirmation,
    answers={200: PurchaseOrderDetail},
)
def confirm_purchase_order(identity: Identity, number: str, body: Confirmation) -> tuple[int, Any]:
    """Note how much a supplier will deliver and when; less than ordered is known to be short."""
    quantities = {line.product_code: line.units for line in body.lines}
    confirming.confirm_order(
        number=number,
        answer=confirming.Answer(quantities, _day(body.promised_date), body.note),
        now=utc_now(),
        actor=identity.actor,
        supplier_ids=_own(identity),
    )
    return 200, _detail(number, identity)


@endpoint(
    "POST",
    f"{PATH}/approval",
    scope="purchasing:write",
    roles=("operator",),
    answers={200: PurchaseOrderDetail},
)
def approve_purchase_order(identity: Identity, number: str) -> tuple[int, Any]:
    """Approve a draft, and send it where there is an address; again changes nothing."""
    approving.approve_order(number=number, now=utc_now(), actor=identity.actor.name)
    return 200, _detail(number, identity)


class ChangedCases(Body):
    """How many cases of a product are to be bought; ``former`` refuses it where that is not what stands."""

    product_code: Code
    cases: Annotated[int, Field(ge=0, le=drafts.MOST_UNITS)]
    former: Annotated[int, Field(ge=0, le=drafts.MOST_UNITS)] | None = None


class ChangedDraft(Body):
    """What is to be bought on a draft; products that are left out stay."""

    lines: Annotated[list[ChangedCases], Field(min_length=1, max_length=2000)]


@endpoint(
    "PUT",
    f"{PATH}/cases",
    scope="purchasing:write",
    roles=("operator",),
    body=ChangedDraft,
    answers={200: PurchaseOrderDetail},
)
def change_purchase_order(identity: Identity, number: str, body: ChangedDraft) -> tuple[int, Any]:
    """Buy other numbers of cases on a draft; what is left out of what was ordered will be short."""
    wanted = [drafts.Cases(**one.model_dump()) for one in body.lines]
    drafts.change_draft(number=number, wanted=wanted, now=utc_now(), actor=identity.actor.name)
    return 200, _detail(number, identity)


class Refusal(Body):
    """Why nothing is bought."""

    reason: Annotated[Text, Field(min_length=1, max_length=confirming.MAX_NOTE)]


@endpoint(
    "POST",
    f"{PATH}/refusal",
    scope="purchasing:write",
    roles=("operator",),
    body=Refusal,
    answers={200: PurchaseOrderDetail},
)
def refuse_purchase_order(identity: Identity, number: str, body: Refusal) -> tuple[int, Any]:
    """Refuse a draft: nothing is bought on it, its goods are short; again changes nothing."""
    refusing.refuse_order(number=number, reason=body.reason, now=utc_now(), actor=identity.actor)
    return 200, _detail(number, identity)


@endpoint("POST", f"{PATH}/sending", scope="purchasing:write", roles=("operator",), answers={200: Sending})
def send_purchase_order(identity: Identity, number: str) -> tuple[int, Any]:  # noqa: ARG001 - every view gets it
    """Send the mail now; what a server has accepted is not sent twice."""
    order = purchasing.lock_purchase_order(number)
    return 200, {"queued": notifying.send_now(round_=_round(order), order=order, now=utc_now())}


def _round(order: PurchaseOrder) -> Round:
    return db.session.get_one(Round, order.round_id)


def _own(identity: Identity) -> tuple[int, ...] | None:
    return tuple(identity.supplier_ids) if identity.role == "supplier" else None


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise BadInput("not_a_date", "Write a day as 2026-12-31.", param="promised_date") from error


def _detail(number: str, identity: Identity) -> Json:
    own = _own(identity)
    return history.order_json(history.order(number, supplier_ids=own), inside=own is None)
