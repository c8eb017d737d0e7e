"""Weighed goods are weighed at sorting, and what they cost by that is settled (多退少补)."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from groupbuy.audit import service as audit
from groupbuy.audit.actor import Actor
from groupbuy.campaigns import lifecycle
from groupbuy.campaigns.models import Round
from groupbuy.campaigns.rules import RoundState
from groupbuy.commissions import bulk as commissions
from groupbuy.commissions import settling
from groupbuy.finance.dials import dials
from groupbuy.flows import telling_of_changes
from groupbuy.flows.telling_of_changes import Weighed
from groupbuy.kernel.errors import BadInput, GroupbuyError, RuleBroken
from groupbuy.orders import shortening
from groupbuy.orders.shortening import Loss
from groupbuy.payments import books
from groupbuy.pickup.parts import NOT_READY
from groupbuy.weighing import queries, service
from groupbuy.weighing.models import WeightSettlement
from groupbuy.weighing.queries import WeighedLine
from groupbuy.weighing.rules import check_labels, check_weight, read_weight

MAX_ENTRIES = 5000
# So many lines without a weight are named where a settling is refused.
NAMED = 10


@dataclass(frozen=True, slots=True)
class Entry:
    """What somebody typed or scanned for a line; ``seen`` is how many weights it had on the page then."""

    order_no: str
    product_code: str
    text: str
    seen: int | None = None


def enter_weights(
    *,
    round_: Round,
    entries: Sequence[Entry],
    layouts: Sequence[str],
    now: datetime,
    actor: Actor,
    from_file: bool = False,
    sure: bool = False,
) -> int:
    """Write down what lines weigh; return how many weights are new: the same one again is none.

    A second weight replaces the first, which stays in the history. ``layouts`` are those of the scale's
    barcodes. Raise BadInput and RuleBroken with param ``lines[i].…``: ``unknown_line``, what
    ``rules.read_weight`` raises, ``unlikely_weight`` and ``scanned_twice`` unless ``sure``,
    ``weighed_meanwhile`` when somebody else has weighed the line since it was ``seen``; RuleBroken
    ``not_ready`` before the close.
    """
    _check_round(lifecycle.lock_round(round_.id))
    _check_number(entries)
    found = _lines_of(round_)
    changed: dict[str, int] = {}
    for index, entry in enumerate(entries):
        with _at_line(index):
            line, grams, scanned = _read(found, entry, layouts, sure)
            source = "file" if from_file else "scale" if scanned else "typed"
            if service.note_weight(line=line, grams=grams, source=source, now=now, actor=actor.name):
                changed[f"{entry.order_no} {entry.product_code}"] = grams
    if changed:
        _log("weights_entered", round_, now, actor, {"grams": changed})
    return len(changed)


def refused(
    *, round_: Round, entries: Sequence[Entry], layouts: Sequence[str], sure: bool = False
) -> dict[int, GroupbuyError]:
    """Return what ``enter_weights`` would refuse of each entry, by its place; nothing is written."""
    found, errors = _lines_of(round_), {}
    for index, entry in enumerate(entries):
        try:
            _read(found, entry, layouts, sure)
        except GroupbuyError as error:
            errors[index] = error
    return errors


def _lines_of(round_: Round) -> dict[tuple[str, str], WeighedLine]:
    return {(line.order_no, line.product_code): line for line in queries.weighed_lines(round_.id)}


def _read(
    found: Mapping[tuple[str, str], WeighedLine], entry: Entry, layouts: Sequence[str], sure: bool
) -> tuple[WeighedLine, int, bool]:
    """Return the line of an entry, its grams, and whether a scale said so."""
    line = _line_of(found, entry)
    grams, scanned = read_weight(entry.text, layouts=layouts, items=line.items, price=line.price)
    _check(line, entry, grams, sure)
    return line, grams, scanned


def _check_round(round_: Round) -> None:
    if round_.state in (*NOT_READY, RoundState.CANCELLED):
        raise RuleBroken("not_ready", "Weights are entered once the round has closed.")


def _check_number(entries: Sequence[Entry]) -> None:
    if not 1 <= len(entries) <= MAX_ENTRIES:
        raise BadInput("out_of_range", f"Between 1 and {MAX_ENTRIES} weights at once.", param="lines")


def _line_of(found: Mapping[tuple[str, str], WeighedLine], entry: Entry) -> WeighedLine:
    line = found.get((entry.order_no, entry.product_code))
    if line is None:
        raise BadInput("unknown_line", "This order has no such weighed goods.", param="product_code")
    return line


def _check(line: WeighedLine, entry: Entry, grams: int, sure: bool) -> None:
    if entry.seen is not None and entry.seen != line.number and line.grams != grams:
        raise RuleBroken(
            "weighed_meanwhile",
            f"Somebody else has weighed this line meanwhile: {line.grams} g.",
            param="grams",
        )
    check_labels(entry.text, sure=sure)
    check_weight(grams, expected=line.expected, sure=sure)


@contextmanager
def _at_line(index: int) -> Iterator[None]:
    try:
        yield
    except GroupbuyError as error:
        param = f"lines[{index}].{error.param or 'grams'}"
        raise type(error)(error.code, error.message, param=param) from error


def settle_weights(*, round_: Round, now: datetime, actor: Actor) -> WeightSettlement | None:
    """Bring each weighed line to what its weight costs; None when nothing new has been weighed.

    What was overpaid is owed back, what is underpaid up to the cap is added to what is due; commission and
    books follow, and each resident is told once. Raise RuleBroken ``not_ready``, and ``weights_missing``
    that names the lines.
    """
    _check_round(lifecycle.lock_round(round_.id))
    shortening.lock_orders_by_id(line.order_id for line in queries.weighed_lines(round_.id))
    lines = queries.weighed_lines(round_.id)
    _check_all_weighed(lines)
    pending = [line for line in lines if line.pending]
    if not pending:
        return None
    order_ids = {line.order_id for line in pending}
    # What was handed out is sold as it was estimated, on its own day, before the weights change it.
    books.bring_up_orders(order_ids=order_ids, now=now)
    cap_bp = dials().weight_cap_bp
    changes = {line.line_id: line.due_fen(cap_bp) - line.amount_fen for line in pending}
    settlement = service.note_settlement(
        round_id=round_.id, differences=list(changes.values()), now=now, actor=actor.name
    )
    service.mark_settled(settlement_id=settlement.id, lines=pending)
    cause = f"weights:{settlement.id}"
    _book(cause, changes, now, actor)
    settling.book_round(round_id=round_.id, now=now)
    books.bring_up_orders(order_ids=order_ids, now=now)
    figures = {"lines": settlement.lines, "more_fen": settlement.more_fen, "less_fen": settlement.less_fen}
    _log("weights_settled", round_, now, actor, figures)
    _tell(round_, cause, pending, changes, now)
    return settlement


def _tell(
    round_: Round, cause: str, lines: Collection[WeighedLine], changes: Mapping[int, int], now: datetime
) -> None:
    weighed = [Weighed(line.resident_id, line.name, line.grams or 0, changes[line.line_id]) for line in lines]
    telling_of_changes.tell_of_weights(round_=round_, cause=cause, weighed=weighed, now=now)


def _check_all_weighed(lines: Collection[WeighedLine]) -> None:
    missing = [f"{line.order_no} {line.product_code}" for line in lines if line.missing]
    if missing:
        named = ", ".join(missing[:NAMED]) + (" …" if len(missing) > NAMED else "")
        raise RuleBroken("weights_missing", f"{len(missing)} lines have no weight yet: {named}.")


def _book(cause: str, changes: Mapping[int, int], now: datetime, actor: Actor) -> None:
    losses = [Loss(line_id, 0, -fen) for line_id, fen in sorted(changes.items()) if fen]
    shortening.note_losses(losses, cause=cause, now=now, actor=actor.name, kind=shortening.WEIGHT)
    commissions.book_changes(cause=cause, now=now)
    shortening.lower_lines(cause)
    orders = shortening.lower_orders(cause, now=now)
    shortening.log_orders(orders, now=now, actor=actor.name, reason=shortening.WEIGHT)


def _log(verb: str, round_: Round, now: datetime, actor: Actor, after: Mapping[str, Any]) -> None:
    audit.record(at=now, actor=actor.name, verb=verb, subject_kind="round", subject=round_.name, after=after)
