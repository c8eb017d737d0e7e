"""The file of a supplier (供应商档案): its licences with their last day, and where it is paid to."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import Subquery, func, select

from groupbuy.audit import service as audit
from groupbuy.catalog.models import Supplier, SupplierBank, SupplierLicence
from groupbuy.db import db
from groupbuy.kernel.errors import BadInput, NotFound, RuleBroken

KINDS = ("business", "food", "production", "other")
# So long before its last day a licence asks for attention.
WARNED = timedelta(days=30)
MAX_NUMBER = 60
MAX_BANK = 100
SHOWN_DIGITS = 4
# The last day of a licence without end, so that it sorts like all others.
ENDLESS = date(9999, 12, 31)


def get_supplier(code: str) -> Supplier:
    """Return a supplier by its code; raise NotFound."""
    supplier = db.session.scalar(select(Supplier).where(Supplier.code == code))
    if supplier is None:
        raise NotFound("unknown_supplier", f"There is no supplier {code}.")
    return supplier


def add_licence(
    *,
    supplier: Supplier,
    kind: str,
    number: str,
    expires_on: date | None,
    now: datetime,
    actor: str,
    path: str | None = None,
) -> SupplierLicence:
    """Note a licence; of one kind the one that lasts longest counts. Raise BadInput."""
    number = number.strip()
    _check_licence(kind, number)
    licence = SupplierLicence(
        supplier_id=supplier.id,
        kind=kind,
        number=number,
        expires_on=expires_on,
        path=path,
        withdrawn=False,
        added_at=now,
        actor=actor,
    )
    db.session.add(licence)
    db.session.flush()
    noted = {"kind": kind, "number": number, "expires_on": str(expires_on) if expires_on else None}
    _log(supplier.code, "licence_added", now, actor, noted)
    return licence


def _check_licence(kind: str, number: str) -> None:
    if kind not in KINDS:
        raise BadInput("unknown_kind", "Choose what kind of licence it is.", param="kind")
    if not 1 <= len(number) <= MAX_NUMBER:
        raise BadInput("required", f"Write its number, in at most {MAX_NUMBER} characters.", param="number")


def withdraw_licence(*, supplier: Supplier, licence_id: int, now: datetime, actor: str) -> None:
    """Let a licence count no more, because it was entered by mistake; again changes nothing.

    Raise NotFound.
    """
    licence = db.session.get(SupplierLicence, licence_id, with_for_update=True)
    if licence is None or licence.supplier_id != supplier.id:
        raise NotFound("unknown_licence", "There is no such licence.")
    if licence.withdrawn:
        return
    licence.withdrawn = True
    db.session.flush()
    _log(supplier.code, "licence_withdrawn", now, actor, {"kind": licence.kind, "number": licence.number})


def licences_of(supplier_id: int) -> Sequence[SupplierLicence]:
    """Return the licences of a supplier that count, by kind, the one that lasts longest first."""
    lasts = func.coalesce(SupplierLicence.expires_on, ENDLESS)
    return db.session.scalars(
        select(SupplierLicence)
        .where(SupplierLicence.supplier_id == supplier_id, ~SupplierLicence.withdrawn)
        .order_by(SupplierLicence.kind, lasts.desc(), SupplierLicence.id.desc())
    ).all()


def ends() -> Subquery:
    """Return by supplier the day on which the first of its kinds of licence ends."""
    lasts = func.max(func.coalesce(SupplierLicence.expires_on, ENDLESS)).label("lasts")
    by_kind = (
        select(SupplierLicence.supplier_id, lasts)
        .where(~SupplierLicence.withdrawn)
        .group_by(SupplierLicence.supplier_id, SupplierLicence.kind)
        .subquery()
    )
    first = func.min(by_kind.c.lasts).label("ends_on")
    return select(by_kind.c.supplier_id, first).group_by(by_kind.c.supplier_id).subquery()


def barred(day: date) -> Mapping[int, str]:
    """Return the suppliers with a licence that has expired, by id with their names."""
    ending = ends()
    rows = db.session.execute(
        select(Supplier.id, Supplier.name)
        .join(ending, ending.c.supplier_id == Supplier.id)
        .where(ending.c.ends_on < day)
        .order_by(Supplier.code)
    )
    return {row[0]: row[1] for row in rows}


def refuse_barred(supplier_ids: Collection[int], day: date) -> None:
    """Raise RuleBroken ``licence_expired`` when a licence of one of these suppliers has expired."""
    for supplier_id, name in barred(day).items():
        if supplier_id in supplier_ids:
            raise RuleBroken(
                "licence_expired",
                f"A licence of the supplier {name} has expired: its products go into no new round.",
            )


def to_renew(day: date) -> int:
    """Return how many suppliers that deliver have a licence that has expired or ends within WARNED."""
    ending = ends()
    found = (
        select(func.count())
        .select_from(Supplier)
        .join(ending, ending.c.supplier_id == Supplier.id)
        .where(Supplier.active, ending.c.ends_on <= day + WARNED)
    )
    return db.session.scalar(found) or 0


def bank_of(supplier_id: int) -> SupplierBank | None:
    """Return where a supplier is paid to, None where nobody has noted it."""
    return db.session.get(SupplierBank, supplier_id, populate_existing=True)


def masked(account: str) -> str:
    """Return an account's number but for its last digits."""
    return "•••• " + account[-SHOWN_DIGITS:]


def shown_bank(supplier_id: int) -> dict[str, str] | None:
    """Return holder, bank and the masked account of where a supplier is paid to, None where nobody knows."""
    known = bank_of(supplier_id)
    if known is None:
        return None
    return {"holder": known.holder, "bank": known.bank, "account": masked(known.account)}


def set_bank(*, supplier: Supplier, holder: str, bank: str, account: str, now: datetime, actor: str) -> None:
    """Note where a supplier is paid to; the log says that it changed, and the last digits. Raise BadInput."""
    values = {"holder": holder.strip(), "bank": bank.strip(), "account": account.replace(" ", "")}
    for name, value in values.items():
        if not 1 <= len(value) <= MAX_BANK:
            raise BadInput("required", f"At most {MAX_BANK} characters, and not empty.", param=name)
    if not (
        values["account"].isascii() and values["account"].isalnum() and len(values["account"]) > SHOWN_DIGITS
    ):
        raise BadInput("bad_account", "An account has digits and letters only.", param="account")
    former = bank_of(supplier.id)
    before = masked(former.account) if former else None
    db.session.merge(SupplierBank(supplier_id=supplier.id, **values))
    db.session.flush()
    _log(
        supplier.code,
        "supplier_bank_set",
        now,
        actor,
        {"account": masked(values["account"]), "former": before},
    )


def _log(code: str, verb: str, now: datetime, actor: str, after: Mapping[str, object]) -> None:
    audit.record(at=now, actor=actor, verb=verb, subject_kind="supplier", subject=code, after=dict(after))
