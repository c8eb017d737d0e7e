"""Invoices are matched with order and receipt; a difference waits for a decision, figures by hand."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from groupbuy.db import db
from groupbuy.db.transaction import transaction
from groupbuy.kernel.errors import BadInput, RuleBroken
from groupbuy.settlements import claims, invoices
from groupbuy.settlements.invoices import Asked
from groupbuy.settlements.models import SupplierAdjustment
from tests.settlements.bought import NOW, Bought, deduct, enter, keep, wrong


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
