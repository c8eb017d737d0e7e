"""A workbook on the page where it is checked: products, buyers with their orders, sums."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from wtforms.fields import SelectChoice

from groupbuy.campaigns.models import Round
from groupbuy.flows.moving import matching
from groupbuy.flows.moving.cells import key
from groupbuy.flows.moving.matching import Choice, Standing
from groupbuy.flows.moving.planning import DRAFT, wishes_of
from groupbuy.flows.moving.values import Customer, Export, Product, Purchase
from groupbuy.leaders.models import Leader
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.leader.moving_forms import MovingForm, by_place
from groupbuy.web.leader.moving_words import DOUBTS


@dataclass(frozen=True, slots=True)
class Desk:
    """Everything the check page is about: the workbook, and what of it is here already."""

    leader: Leader
    round: Round | None
    export: Export
    choices: Sequence[Choice]
    standings: Mapping[str, Standing]
    taken: frozenset[str]

    @property
    def customers(self) -> list[Customer]:
        """Return the buyers in the order of the workbook."""
        return list(self.export.customers.values())

    def matches(self) -> dict[str, str]:
        """Return the products of ours that the workbook's are, by the key of their labels."""
        return {key(one.label): matching.match(one, self.choices) for one in self.export.products}


@dataclass(slots=True)
class Card:
    """A buyer on the page: fields, orders with what they hold, notes, and what was refused."""

    row: Any
    customer: Customer
    orders: list[tuple[Any, Purchase, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)

    @property
    def needs_a_look(self) -> bool:
        """Tell whether somebody should look at it."""
        return bool(self.notes or self.refusals)


def options(desk: Desk, at: int) -> list[SelectChoice]:
    """Return what a product can become: nothing, a proposal, or one of ours, those of its name first."""
    near = sorted(desk.choices, key=lambda one: key(one.name) != key(desk.export.products[at].name))
    ours = [SelectChoice(one.code, f"{one.label} · {one.code}") for one in near]
    return [
        SelectChoice("", _("Leave it out")),
        SelectChoice(DRAFT, _("Propose it to the operator, who reviews it before it is sold")),
        *ours,
    ]


def chosen_codes(desk: Desk, form: MovingForm) -> dict[str, str]:
    """Return what each product becomes, by the key of its label; what is no choice is left out."""
    allowed = {DRAFT, *(one.code for one in desk.choices)}
    rows = by_place(form.products)
    chosen = {}
    for at, product in enumerate(desk.export.products):
        code = rows[at].choice.data if at in rows else ""
        chosen[key(product.label)] = code if code in allowed else ""
    return chosen


def product_rows(desk: Desk, form: MovingForm) -> list[tuple[Any, Product, Choice | None, int]]:
    """Return each product with its field, the product of ours that is chosen, and the units ordered."""
    ours = {one.code: one for one in desk.choices}
    units: dict[str, int] = {}
    for purchase in desk.export.purchases:
        for line in purchase.lines:
            units[key(line.label)] = units.get(key(line.label), 0) + line.units
    rows = by_place(form.products)
    return [
        (rows[at], one, ours.get(rows[at].choice.data), units.get(key(one.label), 0))
        for at, one in enumerate(desk.export.products)
        if at in rows
    ]


def cards(desk: Desk, form: MovingForm, codes: Mapping[str, str], refused: Mapping[str, str]) -> list[Card]:
    """Return a card for each buyer; ``refused`` are sentences by buyer or by reference of an order."""
    rows = by_place(form.people)
    found = {one.key: Card(rows[at], one) for at, one in enumerate(desk.customers) if at in rows}
    for card in found.values():
        standing = desk.standings.get(card.customer.phone)
        if standing and standing.elsewhere:
            card.notes.append(_("This number orders elsewhere; ask the resident to open your link and join."))
        if card.customer.key in refused:
            card.refusals.append(refused[card.customer.key])
    order_rows = by_place(form.orders)
    for at, purchase in enumerate(desk.export.purchases):
        if purchase.customer in found:
            _add_order(found[purchase.customer], order_rows.get(at), purchase, desk, codes, refused)
    return list(found.values())


def _add_order(
    card: Card, row: Any, purchase: Purchase, desk: Desk, codes: Mapping[str, str], refused: Mapping[str, str]
) -> None:
    goods = " ".join(f"{line.label}×{line.units}" for line in purchase.lines)
    card.orders.append((row, purchase, goods))
    card.notes += [str(DOUBTS[one]) for one in purchase.doubts if str(DOUBTS[one]) not in card.notes]
    if desk.round is None:
        return
    if purchase.ref in desk.taken:
        card.notes.append(_("Order %(number)s has been taken over already.", number=purchase.number))
    elif missing := wishes_of(purchase, codes)[1]:
        card.notes.append(_("Not in this round, so left out: %(goods)s", goods=" ".join(missing)))
    if purchase.ref in refused:
        card.refusals.append(f"{purchase.number}{_(': ')}{refused[purchase.ref]}")


def sums(desk: Desk, form: MovingForm, codes: Mapping[str, str]) -> dict[str, int]:
    """Return how many residents and orders are chosen, and what the orders cost there and here, in fen."""
    prices = {one.code: one.price_fen for one in desk.choices}
    rows = by_place(form.orders)
    chosen = [one for at, one in enumerate(desk.export.purchases) if at in rows and rows[at].use.data]
    wishes = [wish for one in chosen for wish in wishes_of(one, codes)[0]]
    return {
        "people": sum(1 for row in form.people if row.form.use.data),
        "orders": len(chosen),
        "there_fen": sum(one.amount_fen for one in chosen),
        "here_fen": sum(prices[wish.product_code] * wish.quantity for wish in wishes),
    }
