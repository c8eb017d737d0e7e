"""Taking over an export without anybody looking at it: what is sound comes in, the rest is named."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from groupbuy.audit.actor import Actor
from groupbuy.campaigns.queries import get_round
from groupbuy.db import db
from groupbuy.flows.moving import matching
from groupbuy.flows.moving.cells import key
from groupbuy.flows.moving.flow import Moved, Person, Plan, move_in
from groupbuy.flows.moving.planning import plan_of, usual_codes, wishes_of
from groupbuy.flows.moving.values import Export, Purchase
from groupbuy.leaders.models import Leader
from groupbuy.leaders.queries import get_leader


@dataclass(frozen=True, slots=True)
class Asked:
    """Whose residents these are, the open round that orders come into, whether they are paid, and a trial."""

    leader: str
    round: str | None
    paid: bool
    dry_run: bool


def take_over(
    export: Export, asked: Asked, left_out: list[str], *, now: datetime, actor: Actor, pay_within: timedelta
) -> Moved:
    """Take over what is sound and name the rest in ``left_out``; a dry run is undone.

    Without a round products that are not known become drafts to review. Raise NotMoved, NotFound.
    """
    leader = get_leader(asked.leader)
    round_ = get_round(asked.round) if asked.round else None
    choices = matching.choices_of(round_, leader, export.products)
    matches = {key(one.label): matching.match(one, choices) for one in export.products}
    codes = usual_codes(export, matches, with_orders=round_ is not None)
    with db.session.begin_nested() as savepoint:
        moved = move_in(
            leader=leader,
            round_=round_,
            plan=_plan(export, leader, codes, asked, left_out),
            now=now,
            actor=actor,
            pay_within=pay_within,
        )
        if asked.dry_run:
            savepoint.rollback()
    return moved


def _plan(
    export: Export, leader: Leader, codes: Mapping[str, str], asked: Asked, left_out: list[str]
) -> Plan:
    standings = matching.standings(leader, [one.phone for one in export.customers.values() if one.phone])
    people = []
    for one in export.customers.values():
        if not one.phone:
            left_out.append(f"{one.name}: no mobile number")
        elif one.phone in standings and standings[one.phone].elsewhere:
            left_out.append(f"{one.name}: orders with another leader")
        else:
            people.append(Person(one.key, one.name, one.phone, one.room))
    taken = {one.key for one in people}
    purchases = export.purchases if asked.round else ()
    refs = {one.ref for one in purchases if one.is_sound and one.customer in taken}
    left_out += [sentence for one in purchases if (sentence := _left_out(one, one.ref in refs, codes))]
    return plan_of(export, codes, people, refs, paid=asked.paid)


def _left_out(purchase: Purchase, chosen: bool, codes: Mapping[str, str]) -> str:
    if not chosen:
        return f"order {purchase.number}: {' '.join(purchase.doubts) or 'its resident is left out'}"
    missing = wishes_of(purchase, codes)[1]
    return f"order {purchase.number}: {' '.join(missing)} not in this round" if missing else ""
