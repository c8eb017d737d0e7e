"""Orders from a cart: one for each round, each in its own transaction and once for each submission."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from flask import current_app, request
from sqlalchemy import select

from groupbuy.campaigns import storefront
from groupbuy.config import Settings
from groupbuy.db import db
from groupbuy.db.transaction import in_transaction
from groupbuy.flows import bringing, naming_tolerances, taking
from groupbuy.flows.ordering import Wish
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import GroupbuyError, NotAllowed
from groupbuy.orders import carts
from groupbuy.orders.models import Order
from groupbuy.orders.queries import get_order
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import translate_sentence
from groupbuy.web.resident import quantities
from groupbuy.web.resident.buyer import Buyer, own_resident
from groupbuy.web.resident.cart_view import Basket, Line, read_cart

MAX_KEY = 64


@dataclass(frozen=True, slots=True)
class Submission:
    """What a page sent to be ordered: its key, offers, prices (fen), and how it is brought.

    ``more`` is by offer how many units more are taken if that fills a case.
    """

    key: str
    offer_ids: Sequence[int]
    seen_fen: Mapping[int, int]
    to_door: bool = False
    more: Mapping[int, int] = field(default_factory=dict)

    @classmethod
    def from_request(cls) -> "Submission":
        """Read the request's form."""
        offer_ids = quantities.offers_in(request.form)
        seen = {i: request.form.get(f"p{i}", "") for i in offer_ids}
        return cls(
            key=request.form.get("submission_key", "")[:MAX_KEY],
            offer_ids=offer_ids,
            seen_fen={i: int(text) for i, text in seen.items() if text.isascii() and text[:12].isdigit()},
            to_door="to_door" in request.form,
            more=quantities.more_in(request.form),
        )

    def key_in(self, buyer: Buyer, round_id: int) -> str:
        """Return the key of the order of one round; nobody can take another's."""
        return f"{buyer.resident_id}:{self.key}:{round_id}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The orders that were placed, and by round why others were not."""

    orders: list[Order] = field(default_factory=list)
    failures: dict[int, str] = field(default_factory=dict)


def orders_of(buyer: Buyer, submission: Submission) -> list[Order]:
    """Return the orders that a submission has made already: the second press finds the first one's."""
    if buyer.resident is None or not submission.key:
        return []
    rounds = {round_.id for round_ in storefront.rounds_of_offers(submission.offer_ids).values()}
    keys = [submission.key_in(buyer, round_id) for round_id in rounds]
    return list(db.session.scalars(select(Order).where(Order.submission_key.in_(keys)).order_by(Order.id)))


def place(buyer: Buyer, submission: Submission, wanted: Mapping[int, int], remark: str | None) -> Outcome:
    """Order what the page showed; a round in which something has changed since is left for another look."""
    outcome = Outcome()
    for basket in read_cart(buyer, wanted, utc_now()).baskets:
        lines = [line for line in basket.lines if line.goods.offer_id in submission.offer_ids]
        if not lines:
            continue
        if reason := _changed(basket, lines, submission):
            outcome.failures[basket.round.id] = reason
            continue
        try:
            outcome.orders.append(_place(buyer, basket, lines, submission, remark))
        except GroupbuyError as error:
            outcome.failures[basket.round.id] = _explain(error, lines)
    return outcome


def _changed(basket: Basket, lines: Sequence[Line], submission: Submission) -> str:
    """Say what is no longer as the page showed it; the line itself tells the rest."""
    if not basket.is_open:
        return _("The cut-off has passed; this round takes no more orders.")
    if any(line.problem for line in lines):
        return _(
            "Something has been sold in the meantime. Look at the marked lines; the rest can be ordered."
        )
    if any(submission.seen_fen.get(line.goods.offer_id) != line.goods.price_fen for line in lines):
        return _("A price has changed in the meantime. Please look at it once more.")
    return ""


def _place(
    buyer: Buyer, basket: Basket, lines: Sequence[Line], submission: Submission, remark: str | None
) -> Order:
    identity, round_id, owner = buyer.identity, basket.round.id, buyer.cart_owner
    if identity is None or owner is None:
        raise NotAllowed("role_not_allowed", "Only residents order here.")
    key = submission.key_in(buyer, round_id) if submission.key else None
    settings: Settings = current_app.extensions["groupbuy_settings"]

    def work() -> Order:
        placed = taking.take_order(
            round_name=basket.round.name,
            resident_id=own_resident(identity).id,
            wishes=[Wish(line.goods.product_code, line.card.quantity) for line in lines],
            now=utc_now(),
            actor=identity.actor,
            pay_within=timedelta(minutes=settings.order_timeout_minutes),
            remark=remark,
            submission_key=key,
            most_an_hour=settings.most_orders,
        )
        if submission.to_door:
            mine = get_order(placed.number)
            bringing.choose(order=mine, to_door=True, now=utc_now(), actor=identity.actor)
        if more := _more(lines, submission):
            mine = get_order(placed.number)
            naming_tolerances.allow(order=mine, units=more, now=utc_now(), actor=identity.actor)
        carts.remove(owner=owner, offer_ids=[line.goods.offer_id for line in lines])
        return get_order(placed.number)

    return in_transaction(work)


def _more(lines: Sequence[Line], submission: Submission) -> dict[str, int]:
    """Return by product code how many units more are taken; what is not bought by the case has no field."""
    asked = {line.goods: submission.more.get(line.goods.offer_id, 0) for line in lines}
    return {goods.product_code: more for goods, more in asked.items() if more and goods.by_the_case}


def _explain(error: GroupbuyError, lines: Sequence[Line]) -> str:
    """Return the sentence for people, with the goods at fault by name."""
    sentence = translate_sentence(error.message)
    list_, _bracket, place_ = (error.param or "").partition("[")
    found = {("lines", str(index)): line.goods.name for index, line in enumerate(lines)}
    found |= {("tolerances", line.goods.product_code): line.goods.name for line in lines}
    name = found.get((list_, place_.partition("]")[0]))
    return f"{name}: {sentence}" if name else sentence
