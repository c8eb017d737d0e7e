"""What WeChat has paid otherwise than asked: by two persons above the limit, and where it names no amount."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from groupbuy.commissions import mending_transfers
from groupbuy.db import db
from groupbuy.db.transaction import in_transaction
from groupbuy.finance import queries, rules
from groupbuy.flows import transferring
from groupbuy.kernel.errors import BadInput, GroupbuyError, RuleBroken
from groupbuy.kernel.money import MAX_FEN
from groupbuy.payments.gateways import FoundTransfer
from tests import building
from tests.money import SETTLED, dial
from tests.payments.paying_town import broken_invariants
from tests.payments.transfer_town import LATER, SOON, Till, clerk
from tests.support.commands import Run
from tests.support.seats import appoint


@pytest.fixture
def extra_settings(paying_settings: dict[str, str]) -> dict[str, str]:
    return paying_settings


def mispay(till: Till, fen: int) -> str:
    """Let WeChat pay another amount, 0 for one that it does not name; return the number of the try."""
    number = till.send()
    till.tick(SETTLED)
    found = FoundTransfer(number, "success", fen, "13")
    assert in_transaction(lambda: transferring.take_found(number=number, found=found, now=SOON)) == "mispaid"
    return number


def mend(number: str, who: int = 1, paid_fen: int | None = None) -> str:
    usual = {"number": number, "reason": "商户平台已查", "now": LATER}
    return in_transaction(
        lambda: mending_transfers.mend(**usual, actor=f"account:{who}", paid_fen=paid_fen)  # type: ignore[arg-type] # Mixed values.
    ).state


def settled(till: Till) -> int:
    db.session.rollback()
    return queries.balance(rules.commission(till.leader_id, "settled"))


@pytest.mark.parametrize("paid", [4900 + 1001, 4900 - 1001])
def test_a_large_difference_is_booked_once_two_persons_want_it(till: Till, paid: int) -> None:
    before, number = settled(till), mispay(till, paid)
    dial(second_person_fen=1000)
    assert mend(number) == "mispaid"
    assert (till.state, settled(till), till.booked()["channel:wechat"]) == ("sending", before, 0)
    with pytest.raises(RuleBroken, match="Another person"):
        mend(number)
    assert [mend(number, 2), mend(number, 2), mend(number)] == ["mended"] * 3
    assert (till.state, settled(till)) == ("paid", before - (paid - 4900))
    assert (till.booked()["channel:wechat"], broken_invariants(LATER)) == (paid, [])


def test_a_difference_up_to_the_limit_needs_one_person(till: Till) -> None:
    dial(second_person_fen=1000)
    assert mend(mispay(till, 4900 + 1000)) == "mended"


def test_two_persons_at_once_book_it_once(till: Till) -> None:
    number = mispay(till, 20_000)
    dial(second_person_fen=1000)

    def click(turn: int) -> str:
        with till.app.app_context():
            try:
                return mend(number, turn % 2)
            except GroupbuyError as error:
                return error.code
            finally:
                db.session.remove()

    with ThreadPoolExecutor(6) as pool:
        done = list(pool.map(click, range(6)))
    assert set(done) <= {"mispaid", "second_person", "mended"}
    mend(number, 2)
    assert till.states == ["mended"]
    assert (till.booked()["channel:wechat"], broken_invariants(LATER)) == (20_000, [])


@pytest.mark.parametrize("paid", [4900, 5000, 4899])
def test_what_wechat_does_not_say_somebody_reads_on_its_pages(till: Till, paid: int) -> None:
    before, number = settled(till), mispay(till, 0)
    assert (till.state, till.tries[0].paid_fen) == ("sending", None)
    assert any("channel_transfers" in text for text in broken_invariants(SOON))
    with pytest.raises(RuleBroken, match="has not said"):
        mend(number)
    for wrong in (0, -1, MAX_FEN + 1):
        with pytest.raises(BadInput):
            mend(number, paid_fen=wrong)
    assert mend(number, paid_fen=paid) == "mended"
    assert (till.state, settled(till)) == ("paid", before - (paid - 4900))
    assert (till.booked()["channel:wechat"], broken_invariants(LATER)) == (paid, [])


def test_who_wants_another_amount_asks_anew(till: Till) -> None:
    number = mispay(till, 0)
    dial(second_person_fen=1000)
    assert [mend(number, 1, 20_000), mend(number, 2, 30_000)] == ["mispaid"] * 2
    with pytest.raises(RuleBroken, match="Another person"):
        mend(number, 2)
    assert mend(number, 1, 30_000) == "mended"
    assert till.booked()["channel:wechat"] == 30_000


def test_what_wechat_says_itself_is_not_said_otherwise(till: Till) -> None:
    number = mispay(till, 5000)
    with pytest.raises(RuleBroken, match="itself"):
        mend(number, paid_fen=4000)
    assert mend(number, paid_fen=5000) == "mended"


def test_the_page_asks_for_the_amount_and_for_a_second_person(till: Till) -> None:
    till.app.config["WTF_CSRF_ENABLED"] = False
    page = f"/admin/wechat-transfers/{mispay(till, 0)}/mend"
    dial(second_person_fen=1000)
    first, second = (
        appoint(till.app, building.add_account(name), "finance", SETTLED) for name in ("甲会计", "乙会计")
    )
    assert "微信未说明金额" in first.get(page).text
    assert first.post(page, data={"reason": "已查", "paid_fen": "1e3"}).status_code == 422
    assert first.post(page, data={"reason": "已查"}).status_code == 422
    assert first.post(page, data={"reason": "已查", "paid_fen": "200.00"}).status_code == 303
    assert first.post(page, data={"reason": "已查", "paid_fen": "200.00"}).status_code == 422
    shown = second.get(page).text
    assert ("甲会计" in shown, 'value="200.00"' in shown) == (True, True)
    assert second.post(page, data={"reason": "已查", "paid_fen": "200.00"}).status_code == 303
    assert till.states == ["mended"]


def test_programs_and_commands_name_the_amount(till: Till, cli_runner: Run) -> None:
    number, finance = mispay(till, 0), clerk(till)
    dial(second_person_fen=1000)
    address = f"/wechat-transfers/{number}/mend"
    for wrong in (0, -1, 1.5, "1e3", True, 10**20):
        assert finance.post(address, {"reason": "x", "paid_fen": wrong}).status_code == 422
    asked = finance.post(address, {"reason": "x", "paid_fen": 20_000})
    assert (asked.status_code, asked.json["state"], asked.json["mend_fen"]) == (200, "mispaid", 20_000)
    again = finance.post(address, {"reason": "x"})
    assert (again.status_code, again.json["error"]["code"]) == (409, "second_person")
    for wrong in ("1e3", "NaN", "0", "-1", "1.005"):
        refused = cli_runner("withdrawals", "mend", number, "--reason", "x", "--paid", wrong, check=False)
        assert refused.exit_code == 1
    mend = ("withdrawals", "mend", number, "--reason", "x", "--paid", "200.00")
    for nobody in ((), ("--as", "13900009999")):
        assert cli_runner(*mend, *nobody, check=False).exit_code == 1
    assert till.states == ["mispaid"]
    second = building.add_account("乙会计")
    appoint(till.app, second, "finance", SETTLED)
    phone = second.phone
    db.session.rollback()
    cli_runner(*mend, "--as", phone)
    assert till.states == ["mended"]
