"""What a leader has looked at is taken over: residents, products to review, orders; all of it or nothing."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from groupbuy.audit import service as audit
from groupbuy.audit.actor import Actor
from groupbuy.campaigns import queries as campaigns
from groupbuy.campaigns import selling
from groupbuy.campaigns.models import Round
from groupbuy.catalog.proposing import propose_product
from groupbuy.db import db
from groupbuy.finance.rules import ELSEWHERE
from groupbuy.flows import enrolling, ordering
from groupbuy.flows.moving.matching import draft_code, reference, standings, taken_before
from groupbuy.flows.moving.values import Product
from groupbuy.flows.ordering import Wish
from groupbuy.kernel.errors import GroupbuyError, RuleBroken
from groupbuy.leaders.models import Leader
from groupbuy.members.models import Resident


@dataclass(frozen=True, slots=True)
class Person:
    """A resident to take in; ``key`` names them in the plan."""

    key: str
    name: str
    phone: str
    room: str


@dataclass(frozen=True, slots=True)
class Taking:
    """An order to take over for a person of the plan."""

    ref: str
    person: str
    wishes: Sequence[Wish]
    remark: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be taken over; ``paid`` notes new orders as paid in full."""

    people: Sequence[Person]
    drafts: Sequence[Product]
    orders: Sequence[Taking]
    paid: bool = False


@dataclass(frozen=True, slots=True)
class Moved:
    """How much was new, and how much was here before."""

    residents: int
    known_residents: int
    drafts: int
    known_drafts: int
    orders: int
    known_orders: int


class NotMoved(RuleBroken):
    """Say why nothing was taken over; ``faults`` are by the key of a person or the reference of an order."""

    def __init__(self, faults: Mapping[str, GroupbuyError]) -> None:
        super().__init__("not_moved", "Nothing has been taken over; look at what is marked.")
        self.faults = faults


def move_in(
    *, leader: Leader, round_: Round | None, plan: Plan, now: datetime, actor: Actor, pay_within: timedelta
) -> Moved:
    """Take a plan over, orders as if the leader placed them; what is here already stays as it is.

    The caller undoes everything when it raises: NotMoved with each person and order that was refused.
    """
    faults: dict[str, GroupbuyError] = {}
    residents, known = _take_people(leader, plan, now, actor, faults)
    drafts = [_propose(one, now, actor) for one in plan.drafts]
    before = taken_before(leader, [one.ref for one in plan.orders])
    fresh = [one for one in plan.orders if one.ref not in before]
    if fresh and round_ is not None:
        _lock_stock(round_, leader, fresh)
        for one in fresh:
            with _noting(faults, one.ref):
                _take_order(leader, round_, residents.get(one.person), one, plan.paid, now, actor, pay_within)
    if faults:
        raise NotMoved(faults)
    orders = len(fresh) if round_ is not None else 0
    moved = Moved(
        len(plan.people) - known, known, sum(drafts), len(drafts) - sum(drafts), orders, len(before)
    )
    _log(leader, round_, moved, now, actor)
    return moved


def _take_people(
    leader: Leader, plan: Plan, now: datetime, actor: Actor, faults: dict[str, GroupbuyError]
) -> tuple[dict[str, Resident], int]:
    known = {
        phone for phone, one in standings(leader, [one.phone for one in plan.people]).items() if one.code
    }
    residents: dict[str, Resident] = {}
    for one in plan.people:
        with _noting(faults, one.key):
            residents[one.key] = enrolling.enrol(
                leader=leader, phone=one.phone, name=one.name, room=one.room or None, now=now, actor=actor
            )
    return residents, sum(one.phone in known for one in plan.people)


def _propose(product: Product, now: datetime, actor: Actor) -> bool:
    _, is_new = propose_product(
        code=draft_code(product),
        name=product.name[:200],
        spec=product.spec[:200],
        price_fen=product.price_fen,
        now=now,
        actor=actor.name,
    )
    return is_new


def _lock_stock(round_: Round, leader: Leader, orders: Sequence[Taking]) -> None:
    """Lock all stock that is wanted in the order of the keys, as everybody does who takes several."""
    codes = sorted({wish.product_code for one in orders for wish in one.wishes})
    offers = campaigns.offers_for_leader(round_id=round_.id, leader_id=leader.id, product_codes=codes)
    selling.lock_stock([offer.offer_id for offer in offers])


def _take_order(
    leader: Leader,
    round_: Round,
    resident: Resident | None,
    taking: Taking,
    paid: bool,
    now: datetime,
    actor: Actor,
    pay_within: timedelta,
) -> None:
    if resident is None or resident.leader_in(round_.opens_at).id != leader.id:
        raise RuleBroken("not_yours", "This resident is none of yours in this round.")
    if round_.payment != "to_leader":
        raise RuleBroken(
            "prepaid", "Orders of this round are paid in advance; residents place them themselves."
        )
    order = ordering.place_order(
        round_=round_,
        resident=resident,
        wishes=taking.wishes,
        now=now,
        actor=actor,
        pay_within=pay_within,
        remark=taking.remark,
        submission_key=reference(leader, taking.ref),
    )
    if paid:
        ordering.mark_paid(order=order, now=now, actor=actor, account=ELSEWHERE)


@contextmanager
def _noting(faults: dict[str, GroupbuyError], name: str) -> Iterator[None]:
    """Undo what fails inside and go on, so that every fault is found in one go."""
    try:
        with db.session.begin_nested():
            yield
    except GroupbuyError as error:
        faults[name] = error


def _log(leader: Leader, round_: Round | None, moved: Moved, now: datetime, actor: Actor) -> None:
    if moved.residents or moved.drafts or moved.orders:
        audit.record(
            at=now,
            actor=actor.name,
            verb="moved_in",
            subject_kind="leader",
            subject=leader.code,
            after=asdict(moved) | {"round": round_.name if round_ else None},
        )
