"""A supplier from the ramp to the bank, with every figure reckoned by hand."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select

from groupbuy.analytics import invariants_ledger
from groupbuy.catalog.models import Product, Supplier
from groupbuy.db import db
from groupbuy.db.transaction import in_transaction, transaction
from groupbuy.finance import queries as ledger
from groupbuy.finance import rules
from groupbuy.flows import bookkeeping
from groupbuy.kernel.errors import BadInput, RuleBroken
from groupbuy.settlements import adjusting, claims, invoices, making, paying, queries
from groupbuy.settlements.invoices import Asked
from groupbuy.settlements.models import SupplierAdjustment, SupplierInvoice, SupplierSettlement
from groupbuy.warehouse import issuing, stock
from tests import building
from tests.money import dial
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


def test_what_was_accepted_is_owed_at_once_at_the_agreed_cost(bought: Bought) -> None:
    # 7 × ¥5.00 + 6 × ¥3.33
    assert bought.owed == 3500 + 1998
    keep()
    keep(NOW + timedelta(minutes=5))
    assert bought.owed == 5498
    # Two of P2 are left over and lie in stock; what is left of the cost went to the round's goods.
    assert (ledger.balance(rules.STOCK), ledger.balance(rules.GOODS)) == (666, 5498 - 666)
    assert wrong() == []


def test_a_count_that_finds_less_is_a_loss_at_the_average(bought: Bought) -> None:
    keep()
    product = db.session.scalars(select(Product).where(Product.code == "P2")).one()
    with transaction():
        stock.count(product=product, counted=1, seen=2, now=NOW, actor="account:1")
    keep(NOW + timedelta(minutes=5))
    assert (ledger.balance(rules.STOCK), ledger.balance(rules.STOCK_LOSS)) == (333, 333)
    assert wrong() == []


def test_what_went_back_to_the_supplier_is_owed_less_once(bought: Bought) -> None:
    product = db.session.scalars(select(Product).where(Product.code == "P2")).one()
    with transaction():
        issuing.issue(
            product=product,
            kind="supplier_return",
            units=1,
            reason="临期",
            now=NOW,
            zone=building.ZONE,
            actor="account:1",
        )
    keep()
    keep(NOW + timedelta(minutes=5))
    # One of the two units in stock at ¥3.33 went back.
    assert (bought.owed, ledger.balance(rules.STOCK)) == (5498 - 333, 333)
    assert wrong() == []


def test_a_statement_takes_everything_once_and_is_paid_in_parts(bought: Bought) -> None:
    deduct(bought, 498)
    made = make(bought)
    assert (made.bought_fen, made.adjusted_fen, made.total_fen) == (5498, -498, 5000)
    assert [one.amount_fen for one in queries.items_of(made)] == [5498, -498]
    with pytest.raises(RuleBroken, match="Nothing is owed"):
        make(bought)
    usual = {"number": made.number, "now": LATER, "actor": "account:2"}
    with transaction(), pytest.raises(RuleBroken, match="approved statement"):
        paying.pay(**usual, amount_fen=1, proof="x")
    with transaction():
        paying.approve(**usual)
        first = paying.pay(**usual, amount_fen=3000, proof="流水 1", submission_key="a")
        assert paying.pay(**usual, amount_fen=3000, proof="流水 1", submission_key="a").id == first.id
    with transaction(), pytest.raises(RuleBroken, match="not due"):
        paying.pay(**usual, amount_fen=2001, proof="流水 2")
    with transaction():
        paying.pay(**usual, amount_fen=2000, proof="流水 2")
    assert bought.owed == 0
    keep(LATER + timedelta(minutes=5))
    assert wrong() == []


def test_a_statement_taken_back_leaves_its_postings_to_the_next_one(bought: Bought) -> None:
    with transaction():
        adjusting.set_terms(
            supplier=bought.supplier,
            cycle="month",
            due_days=10,
            rebates=[(5000, 100)],
            now=NOW,
            actor="account:1",
        )
    first = make(bought)
    # 1 % of ¥54.98, half up.
    assert (first.adjusted_fen, first.total_fen) == (-55, 5443)
    with transaction():
        making.cancel(number=first.number, now=LATER, actor="account:1")
    assert bought.owed == 5498
    second = make(bought)
    assert (second.total_fen, bought.owed) == (5443, 5443)
    keep()
    assert wrong() == []


def test_claims_above_the_purchases_are_carried(bought: Bought) -> None:
    deduct(bought, 6000)
    with pytest.raises(RuleBroken, match="Nothing is owed"):
        make(bought)
    assert bought.owed == -502


def test_the_scheduler_makes_the_statement_when_the_cycle_is_over(bought: Bought) -> None:
    with transaction():
        adjusting.set_terms(
            supplier=bought.supplier, cycle="month", due_days=10, rebates=[], now=NOW, actor="account:1"
        )
    keep()
    assert queries.settlements_of([bought.supplier.id], most=5) == []
    december = datetime.fromisoformat("2026-12-01T00:05:00+08:00")
    keep(december)
    keep(december + timedelta(minutes=5))
    (made,) = queries.settlements_of([bought.supplier.id], most=5)
    assert (made.total_fen, made.due_date, made.made_by) == (5498, date(2026, 12, 11), "scheduler")


def test_two_persons_see_a_large_statement_whoever_made_it(bought: Bought) -> None:
    dial(second_person_fen=5497)
    with transaction():
        adjusting.set_terms(
            supplier=bought.supplier, cycle="month", due_days=10, rebates=[], now=NOW, actor="account:1"
        )
    by_hand = make(bought)
    with transaction(), pytest.raises(RuleBroken, match="Another person"):
        paying.approve(number=by_hand.number, now=LATER, actor="account:1")
    with transaction():
        making.cancel(number=by_hand.number, now=LATER, actor="account:1")
    keep(datetime.fromisoformat("2026-12-01T00:05:00+08:00"))
    (made,) = queries.settlements_of([bought.supplier.id], most=5)
    assert made.made_by == "scheduler"
    december = datetime.fromisoformat("2026-12-02T09:00:00+08:00")
    usual = {"number": made.number, "amount_fen": 5498, "proof": "流水", "now": december}
    with transaction():
        paying.approve(number=made.number, now=december, actor="account:1")
    with transaction(), pytest.raises(RuleBroken, match="Another person than who approved"):
        paying.pay(**usual, actor="account:1")
    with transaction():
        assert paying.pay(**usual, actor="account:2").amount_fen == 5498


def test_an_objection_blocks_the_approval(bought: Bought) -> None:
    number = make(bought).number
    with transaction():
        paying.answer(number=number, answer="objected", words="少了一车", now=LATER, actor="account:3")
    with transaction(), pytest.raises(RuleBroken, match="objects"):
        paying.approve(number=number, now=LATER, actor="account:2")


def test_an_invoice_as_agreed_needs_no_decision(bought: Bought) -> None:
    enter(bought, "A1", Asked("P1", 4, 2000))
    enter(bought, "A2", Asked("P1", 3, 1500), Asked("P2", 6, 1998))
    assert claims.waiting(most=9) == []
    with pytest.raises(RuleBroken, match="entered already"):
        enter(bought, "A1", Asked("P2", 1, 333))


def test_a_difference_waits_until_it_is_decided_and_comes_back_when_it_changes(bought: Bought) -> None:
    enter(bought, "A1", Asked("P1", 12, 6120))
    (found,) = claims.waiting(most=9)
    # Five were rejected, and each is asked for at ¥5.10.
    assert (found.accepted, found.rejected) == (7, 5)
    assert (found.match.excess_units, found.match.price_fen, found.match.difference_fen) == (5, 120, 2620)
    with transaction():
        invoices.decide(line_id=found.line_id, how="as_agreed", note="退回重开", now=NOW, actor="account:1")
    assert (claims.waiting(most=9), bought.owed) == ([], 5498)
    invoice = enter(bought, "A2", Asked("P2", 6, 2010))
    (other,) = claims.waiting(most=9, after=found.line_id)
    assert claims.waiting(most=9, after=other.line_id) == []
    with transaction():
        invoices.decide(line_id=other.line_id, how="as_invoiced", note="运费", now=NOW, actor="account:1")
    assert (claims.waiting(most=9), bought.owed) == ([], 5498 + 12)
    noted = db.session.scalars(select(SupplierAdjustment.note)).all()
    assert noted == [f"{bought.order} P2 运费"]
    with transaction():
        invoices.cancel(invoice_id=invoice.id, now=NOW, actor="account:1")
    (back,) = claims.waiting(most=9)
    with transaction():
        invoices.decide(line_id=back.line_id, how="as_agreed", note="", now=NOW, actor="account:1")
    assert (claims.waiting(most=9), bought.owed) == ([], 5498)
    keep()
    assert wrong() == []


def test_an_invoice_that_is_net_of_a_claim_takes_it_off_once(bought: Bought) -> None:
    deduct(bought, 500, cause="c1", kind="claim")
    deduct(bought, 200, cause="c2", kind="claim")
    assert bought.owed == 5498 - 700
    # Seven at ¥5.00 less the first claim of ¥5.00.
    enter(bought, "A1", Asked("P1", 7, 3000), Asked("P2", 6, 1998))
    (found,) = claims.waiting(most=9)
    assert found.match.difference_fen == -500
    second, first = claims.beside([found])[found.line_id]
    assert (first.amount_fen, second.amount_fen, first.taken) == (-500, -200, False)
    usual = {"line_id": found.line_id, "note": "", "now": NOW, "actor": "account:1"}
    with transaction(), pytest.raises(BadInput, match="net of a claim"):
        invoices.decide(**usual, how="as_agreed", claim_ids=[first.id])
    with transaction(), pytest.raises(BadInput, match="not beside"):
        invoices.decide(**usual, how="as_invoiced", claim_ids=[999])
    with transaction():
        invoices.decide(**usual, how="as_invoiced", claim_ids=[first.id])
    # ¥30.00 and ¥19.98 as invoiced, less the other claim.
    assert bought.owed == 3000 + 1998 - 200
    assert [one.taken for one in claims.beside([found])[found.line_id]] == [False, True]
    keep()
    assert wrong() == []


def test_a_claim_counts_beside_one_line_and_comes_free_with_the_next_decision(bought: Bought) -> None:
    deduct(bought, 500, cause="c1", kind="claim")
    net = enter(bought, "A1", Asked("P1", 7, 3000), Asked("P2", 6, 1498))
    one, other = claims.waiting(most=9)
    (booked,) = claims.beside([one])[one.line_id]
    usual = {"note": "", "now": NOW, "actor": "account:1"}
    with transaction():
        invoices.decide(line_id=one.line_id, how="as_invoiced", claim_ids=[booked.id], **usual)
    assert claims.beside([other])[other.line_id] == []
    with transaction(), pytest.raises(BadInput, match="not beside"):
        invoices.decide(line_id=other.line_id, how="as_invoiced", claim_ids=[booked.id], **usual)
    with transaction():
        invoices.cancel(invoice_id=net.id, now=NOW, actor="account:1")
        invoices.decide(line_id=one.line_id, how="as_agreed", **usual)
    # Nothing is invoiced: what came, less the claim.
    assert bought.owed == 5498 - 500
    assert [claim.taken for claim in claims.beside([other])[other.line_id]] == [False]
    keep()
    assert wrong() == []


def test_a_claim_booked_after_its_invoice_was_paid_brings_the_difference_back(bought: Bought) -> None:
    # Seven at ¥5.00 less ¥5.00 that will be claimed: paid as invoiced.
    enter(bought, "A1", Asked("P1", 7, 3000), Asked("P2", 6, 1998))
    (found,) = claims.waiting(most=9)
    usual = {"line_id": found.line_id, "how": "as_invoiced", "note": "", "now": NOW, "actor": "account:1"}
    with transaction():
        invoices.decide(**usual)
    assert (claims.waiting(most=9), bought.owed) == ([], 4998)
    with transaction(), pytest.raises(RuleBroken, match="Nothing waits"):
        invoices.decide(**usual)
    deduct(bought, 500, cause="c1", kind="claim")
    # Off twice, until somebody says that the invoice is net of it.
    assert ([one.line_id for one in claims.waiting(most=9)], bought.owed) == ([found.line_id], 4498)
    (claim,) = claims.beside([found])[found.line_id]
    with transaction():
        invoices.decide(**usual, claim_ids=[claim.id])
    assert (claims.waiting(most=9), bought.owed) == ([], 4998)
    # Another claim, of which it is not net, is asked about once and stays off.
    deduct(bought, 200, cause="c2", kind="claim")
    assert len(claims.waiting(most=9)) == 1
    with transaction():
        invoices.decide(**usual, claim_ids=[claim.id])
    assert (claims.waiting(most=9), bought.owed) == ([], 4798)
    # What is claimed months later is of other goods.
    deduct(bought, 100, cause="c3", kind="claim", now=NOW + timedelta(days=91))
    assert claims.waiting(most=9) == []
    keep(NOW + timedelta(days=91))
    assert wrong() == []


def test_a_claim_brings_back_no_difference_that_it_cannot_be_part_of(bought: Bought) -> None:
    # Two too many, and one of P2 at ¥3.50: neither asks less than agreed, so neither is net of anything.
    enter(bought, "A1", Asked("P1", 9, 4500), Asked("P2", 6, 2015))
    usual = {"note": "", "now": NOW, "actor": "account:1"}
    for line, how in zip(claims.waiting(most=9), ("as_agreed", "as_invoiced"), strict=True):
        with transaction():
            invoices.decide(line_id=line.line_id, how=how, **usual)
    deduct(bought, 500, cause="c1", kind="claim")
    assert claims.waiting(most=9) == []
