"""The figures that an operator sets for money: days, hours, fees, limits and rates."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from groupbuy.audit import service as audit
from groupbuy.db import db
from groupbuy.db.upserts import insert_into
from groupbuy.finance.models import FinanceSetting
from groupbuy.kernel.errors import BadInput, RuleBroken
from groupbuy.kernel.money import BASIS, MAX_FEN

USUAL: Mapping[str, int] = {
    "after_sale_days": 2,
    "replace_days": 14,
    "confirm_hours": 72,
    "remind_hours": 24,
    "pickup_hour": 16,
    "withdrawal_min_fen": 1000,
    "withdrawal_fee_fen": 0,
    "tax_bp": 0,
    "tax_free_fen": 80000,
    "second_person_fen": 500000,
    "refund_alone_fen": 500000,
    "weight_cap_bp": 2000,
    "referral_bp": 0,
    "referral_2_bp": 0,
    "archive_days": 180,
}
MOST: Mapping[str, int] = {
    "after_sale_days": 365,
    "replace_days": 365,
    "confirm_hours": 24 * 365,
    "remind_hours": 24 * 365,
    "pickup_hour": 23,
    "tax_bp": BASIS,
    "weight_cap_bp": BASIS,
    "referral_bp": BASIS // 2,
    "referral_2_bp": BASIS // 2,
    "archive_days": 3650,
}
# Reports, levels and after-sales of the last months work with the working tables alone.
LEAST_ARCHIVE_DAYS = 90


@dataclass(frozen=True, slots=True)
class Dials:
    """What holds now: days, hours, fen and basis points.

    What no round has brought ``replace_days`` after it was promised is paid back instead; 0 is never.
    So many hours after the goods have arrived, who has not fetched them is reminded, and what nobody has
    scanned counts as fetched; 0 is never. Goods that come without a route count as there at
    ``pickup_hour`` of their day. What is owed back on a prepaid order returns by itself up to
    ``refund_alone_fen``, 0 is never. By at most ``weight_cap_bp`` of their estimate weighed goods may cost
    more. Who has brought a leader earns ``referral_bp`` of what that leader sells, and who has brought the
    former ``referral_2_bp``, from the next close on. Rounds handed out more than ``archive_days`` ago go
    into the archive once nothing of them is open; 0 is never.
    """

    after_sale_days: int
    replace_days: int
    confirm_hours: int
    remind_hours: int
    pickup_hour: int
    withdrawal_min_fen: int
    withdrawal_fee_fen: int
    tax_bp: int
    tax_free_fen: int
    second_person_fen: int
    refund_alone_fen: int
    weight_cap_bp: int
    referral_bp: int
    referral_2_bp: int
    archive_days: int


def dials() -> Dials:
    """Return the figures in force."""
    rows = db.session.execute(select(FinanceSetting.name, FinanceSetting.value))
    return Dials(**{**USUAL, **{name: value for name, value in rows if name in USUAL}})


def hold(name: str, *, shared: bool = False) -> int:
    """Return a figure in force, which nobody else sets until the transaction ends.

    Of those who hold it ``shared`` none waits for another.
    """
    row = insert_into(FinanceSetting).values(name=name, value=USUAL[name])
    db.session.execute(row.on_conflict_do_nothing())
    held = select(FinanceSetting.value).where(FinanceSetting.name == name)
    return db.session.execute(held.with_for_update(read=shared)).scalar_one()


def set_dials(*, values: Mapping[str, int], now: datetime, actor: str) -> None:
    """Set figures; those that are not named stay. Raise BadInput ``unknown_field``, ``out_of_range``."""
    former = dials()
    for name, value in values.items():
        if name not in USUAL:
            raise BadInput("unknown_field", f"There is no figure {name}.", param=name)
        most = MOST.get(name, MAX_FEN)
        if not 0 <= value <= most:
            raise BadInput("out_of_range", f"Between 0 and {most}.", param=name)
        if name == "archive_days" and 0 < value < LEAST_ARCHIVE_DAYS:
            raise BadInput("out_of_range", f"0, or at least {LEAST_ARCHIVE_DAYS}.", param=name)
    changed = {name: value for name, value in values.items() if getattr(former, name) != value}
    for name, value in changed.items():
        db.session.merge(FinanceSetting(name=name, value=value))
    db.session.flush()
    if changed:
        before = {name: getattr(former, name) for name in changed}
        audit.record(
            at=now,
            actor=actor,
            verb="finance_set",
            subject_kind="settings",
            subject="finance",
            before=before,
            after=changed,
        )


def check_person(actor: str) -> None:
    """Raise RuleBroken ``no_person`` for a program where two persons have to agree."""
    if actor in audit.PROGRAMS:
        raise RuleBroken("no_person", "Two persons have to agree on this amount; say who you are with --as.")
