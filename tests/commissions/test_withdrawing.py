"""Withdrawals: asked once, never overdrawn, reviewed by as many as it takes, paid once."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from groupbuy.analytics import invariants_ledger
from groupbuy.commissions import payout_files, withdrawals, withdrawing
from groupbuy.commissions.models import Withdrawal
from groupbuy.commissions.rules import tax_due
from groupbuy.db import db
from groupbuy.db.transaction import in_transaction
from groupbuy.finance import queries, rules
from groupbuy.kernel.errors import GroupbuyError, RuleBroken
from tests.money import SETTLED, ask, dial, earn

FINANCE, SECOND = "account:90", "account:91"


def approve(row: Withdrawal, actor: str = FINANCE) -> str:
    done = in_transaction(lambda: withdrawing.approve(number=row.number, now=SETTLED, actor=actor))
    return done.state


def pay(row: Withdrawal, proof: str = "20261126-1") -> str:
    number = row.number
    return in_transaction(
        lambda: withdrawing.note_paid(number=number, proof=proof, now=SETTLED, actor=FINANCE)
    ).state


def books_are_right() -> bool:
    return all(not one.run().violations for one in (*invariants_ledger.CHECKS, *invariants_ledger.AT_REST))


def test_ten_clicks_are_one_withdrawal(app: Flask) -> None:
    leader = earn(app)
    assert len({ask(leader, 2000, key="k").number for _ in range(10)}) == 1
    assert withdrawals.money_of(leader.id).available_fen == 9900 - 2000


@pytest.mark.parametrize("key", ["same", None])
def test_parallel_requests_take_no_more_than_there_is(app: Flask, key: str | None) -> None:
    leader = earn(app)
    # The threads must not read it anew in the session of the test.
    db.session.refresh(leader)
    db.session.expunge(leader)

    def click(_: int) -> str | None:
        with app.app_context():
            try:
                return ask(leader, 4000, key=key).number
            except GroupbuyError:
                return None
            finally:
                db.session.remove()

    with ThreadPoolExecutor(5) as pool:
        numbers = set(pool.map(click, range(10))) - {None}
    db.session.rollback()
    assert len(numbers) == (1 if key else 2)
    assert withdrawals.money_of(leader.id).available_fen == 9900 - 4000 * len(numbers)
    assert books_are_right()


def test_a_payout_parts_into_net_fee_and_tax(app: Flask) -> None:
    leader = earn(app)
    dial(withdrawal_fee_fen=100, tax_bp=2000, tax_free_fen=5000)
    first, second = ask(leader, 4000), ask(leader, 5000)
    assert (first.tax_fen, second.tax_fen) == (0, 800)
    approve(second)
    assert pay(second) == pay(second) == "paid"
    found = [queries.balance(name) for name in (rules.FEES, rules.TAX, rules.BANK)]
    assert found == [100, 800, -4100]
    assert books_are_right()


def test_above_the_limit_a_second_person_approves(app: Flask) -> None:
    leader = earn(app)
    dial(second_person_fen=3000)
    row = ask(leader, 4000)
    assert approve(row) == "checked"
    with pytest.raises(RuleBroken, match="Another person"):
        approve(row)
    assert approve(row, SECOND) == "approved"


def test_nobody_approves_a_withdrawal_of_his_own(app: Flask) -> None:
    leader = earn(app)
    with pytest.raises(RuleBroken, match="Another person"):
        approve(ask(leader, 2000, actor=FINANCE))


def test_a_rejection_gives_the_amount_back_once(app: Flask) -> None:
    leader = earn(app)
    row = ask(leader, 4000)
    number = row.number

    def reject() -> Withdrawal:
        return withdrawing.reject(number=number, reason="账号不对", now=SETTLED, actor=FINANCE)

    in_transaction(reject)
    with pytest.raises(RuleBroken, match="already"):
        in_transaction(reject)
    assert withdrawals.money_of(leader.id).available_fen == 9900
    assert books_are_right()


def test_what_is_not_approved_cannot_be_paid(app: Flask) -> None:
    row = ask(earn(app), 2000)
    with pytest.raises(RuleBroken, match="already"):
        pay(row)


def test_a_batch_takes_each_approved_withdrawal_once(app: Flask) -> None:
    leader = earn(app)
    rows = [ask(leader, 2000), ask(leader, 3000)]
    for row in rows:
        approve(row)
    batch = in_transaction(lambda: payout_files.make(now=SETTLED, actor=FINANCE))
    assert (batch.payouts, batch.net_fen) == (2, 5000)
    with pytest.raises(RuleBroken, match="No approved"):
        in_transaction(lambda: payout_files.make(now=SETTLED, actor=FINANCE))


def test_the_minimum_holds_unless_everything_is_taken(app: Flask) -> None:
    leader = earn(app, units=5)
    dial(withdrawal_min_fen=1000)
    with pytest.raises(RuleBroken, match="at least"):
        ask(leader, 494)
    assert ask(leader, 495).state == "asked"


RATES = st.integers(0, 10_000)


@given(st.lists(st.integers(1, 10**7), min_size=1), RATES, st.integers(0, 10**7))
def test_an_amount_is_taxed_the_same_in_one_part_or_in_many(parts: list[int], rate: int, free: int) -> None:
    earlier = taxed = 0
    for part in parts:
        taxed += tax_due(part, earlier_fen=earlier, earlier_tax_fen=taxed, rate_bp=rate, free_fen=free)
        earlier += part
    whole = tax_due(earlier, earlier_fen=0, earlier_tax_fen=0, rate_bp=rate, free_fen=free)
    assert taxed == whole


def test_what_is_more_than_there_is_blames_the_amount(app: Flask) -> None:
    leader = earn(app)
    with pytest.raises(RuleBroken) as refused:
        ask(leader, 9901)
    assert (refused.value.code, refused.value.param) == ("insufficient_balance", "amount_fen")
