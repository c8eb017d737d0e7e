"""What was acknowledged against what is stored: nothing lost, nothing doubled, the books at 0."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select

from groupbuy.analytics.invariants import check_all
from groupbuy.campaigns.models import Offer
from groupbuy.catalog.models import Product
from groupbuy.db import db
from groupbuy.orders.models import Order, OrderLine

# What an order may be: its quantities by product code, CANCELLED, or ABSENT.
Lines = frozenset[tuple[str, int]]
CANCELLED: Lines = frozenset({("cancelled", 0)})
ABSENT: Lines = frozenset()


@dataclass
class Outcome:
    """What came of a run of faults."""

    faults: int = 0
    acknowledged: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        """Tell whether nothing went wrong."""
        return not (self.lost or self.doubled or self.violations)

    def __add__(self, other: "Outcome") -> "Outcome":
        return Outcome(
            self.faults + other.faults,
            self.acknowledged + other.acknowledged,
            self.lost + other.lost,
            self.doubled + other.doubled,
            self.violations + other.violations,
        )

    def __str__(self) -> str:
        return (
            f"{self.faults} faults injected, {self.acknowledged} operations acknowledged,"
            f" {len(self.lost)} lost, {len(self.doubled)} doubled, books at {len(self.violations)}"
        )


@dataclass(frozen=True)
class Deed:
    """One operation on the order with a submission key: ``outcome`` is ok, fail or unknown."""

    key: str
    becomes: Lines
    outcome: str


def judge(deeds: Iterable[Deed], *, faults: int, now: datetime) -> Outcome:
    """Compare the histories with the database, and check every invariant at rest."""
    possible: dict[str, set[Lines]] = {}
    outcome = Outcome(faults)
    for deed in deeds:
        former = possible.get(deed.key, {ABSENT})
        if deed.outcome == "begun":
            continue
        outcome.acknowledged += deed.outcome == "ok"
        if deed.outcome == "ok":
            possible[deed.key] = {deed.becomes}
        elif deed.outcome == "unknown":
            possible[deed.key] = former | {deed.becomes}
    stored = _stored()
    for key, states in possible.items():
        if stored.get(key, ABSENT) not in states:
            outcome.lost.append(f"{key} is {stored.get(key, ABSENT)}, not one of {states}")
    keys = db.session.scalars(select(Order.submission_key)).all()
    outcome.doubled = [f"{key} came {count} times" for key, count in Counter(keys).items() if count > 1]
    outcome.doubled += [f"nobody placed {key}" for key in keys if key not in possible]
    outcome.violations = violations(now)
    return outcome


def violations(now: datetime) -> list[str]:
    """Return the invariants that do not hold when everything has come to rest."""
    db.session.rollback()
    wrong = [found for found in check_all(now=now, at_rest=True) if found.violations]
    return [f"{found.name}: {found.violations} of {found.checked}: {found.examples[:2]}" for found in wrong]


def _stored() -> dict[str, Lines]:
    db.session.rollback()
    orders: dict[str, set[tuple[str, int]]] = {}
    rows = db.session.execute(
        select(Order.submission_key, Order.state, Product.code, OrderLine.quantity)
        .join(OrderLine, OrderLine.order_id == Order.id)
        .join(Offer, Offer.id == OrderLine.offer_id)
        .join(Product, Product.id == Offer.product_id)
    )
    for key, state, code, quantity in rows:
        line = ("cancelled", 0) if state == "cancelled" else (code, quantity)
        orders.setdefault(str(key), set()).add(line)
    return {key: frozenset(lines) for key, lines in orders.items()}
