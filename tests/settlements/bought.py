"""A supplier whose goods have come, and what is done with what it is owed."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from groupbuy.analytics import invariants_ledger
from groupbuy.catalog.models import Supplier
from groupbuy.db.transaction import in_transaction, transaction
from groupbuy.finance import queries as ledger
from groupbuy.finance import rules
from groupbuy.flows import bookkeeping
from groupbuy.settlements import adjusting, invoices, making
from groupbuy.settlements.invoices import Asked
from groupbuy.settlements.models import SupplierInvoice, SupplierSettlement
from tests.warehouse import day

NOW = day.ARRIVES + timedelta(minutes=10)
LATER = NOW + timedelta(days=10)


@dataclass(frozen=True)
class Bought:
    """A supplier whose goods have come: 12 of P1 at ¥5.00, 5 of them broken, and 6 of P2 at ¥3.33."""

    supplier: Supplier
    order: str

    @property
    def owed(self) -> int:
        return ledger.balance(rules.supplier(self.supplier.id))


def keep(now: datetime = NOW) -> None:
    in_transaction(lambda: bookkeeping.keep_books(now=now))


def enter(one: Bought, number: str, *lines: Asked) -> SupplierInvoice:
    with transaction():
        return invoices.enter(
            order_number=one.order,
            number=number,
            dated=date(2026, 11, 23),
            lines=lines,
            tax_fen=0,
            now=NOW,
            actor="account:1",
        )


def make(one: Bought, until: datetime = LATER) -> SupplierSettlement:
    with transaction():
        return making.make(supplier=one.supplier, until=until, now=LATER, actor="account:1")


def deduct(one: Bought, fen: int, cause: str = "1", kind: str = "deduction", now: datetime = NOW) -> None:
    with transaction():
        adjusting.adjust(
            supplier_id=one.supplier.id,
            kind=kind,
            amount_fen=-fen,
            cause=cause,
            note="压坏两箱",
            now=now,
            actor="account:1",
        )


def wrong() -> list[str]:
    checks = (*invariants_ledger.CHECKS, *invariants_ledger.AT_REST)
    return [f"{one.name}: {one.examples}" for one in (check.run() for check in checks) if one.violations]
