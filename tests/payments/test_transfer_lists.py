"""Transfers on lists, over the API and on the command line: sent together, called back, put right."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from tests import building
from tests.money import SETTLED
from tests.payments.test_after_transferring import more
from tests.payments.transfer_town import LATER, SOON, Till, account_of_leader, clerk
from tests.support.commands import Run
from tests.support.seats import appoint


@pytest.fixture
def extra_settings(paying_settings: dict[str, str]) -> dict[str, str]:
    return paying_settings


def test_finance_sends_several_at_once_and_follows_them(till: Till, office: FlaskClient) -> None:
    second = more(till, 2000)
    assert "批量微信打款" in office.get("/admin/withdrawals").text
    page = office.get("/admin/wechat-transfers/send").text
    assert "¥68.00" in page
    wish = {"submission_key": "k", "numbers": [till.number, second]}
    sent = [office.post("/admin/wechat-transfers/send", data=wish) for _ in range(10)]
    assert {(one.status_code, one.location) for one in sent} == {(303, "/admin/wechat-transfers?batch=1")}
    assert [one.withdrawal.number for one in till.tries] == [till.number, second]
    till.tick(SETTLED)
    till.simulator.confirm(till.tries[0].number)
    till.tick(SOON)
    followed = office.get("/admin/wechat-transfers?batch=1").text
    assert "已完结 1 / 2 笔" in followed
    assert second in followed
    assert "没有已通过" in office.get("/admin/wechat-transfers/send").text
    again = office.post("/admin/wechat-transfers/send", data=wish | {"submission_key": "l"})
    assert again.status_code == 422
    for wrong in ("x", "٣", "9" * 30, "99"):
        assert office.get(f"/admin/wechat-transfers?batch={wrong}").status_code == 404


def test_what_is_left_out_stands_beside_its_batch(till: Till, office: FlaskClient) -> None:
    wish = {"submission_key": "k", "numbers": [till.number, "W0"]}
    assert office.post("/admin/wechat-transfers/send", data=wish).status_code == 303
    assert "没有这笔提现" in office.get("/admin/wechat-transfers?batch=1").text
    assert office.post("/admin/wechat-transfers/send", data={"submission_key": "m"}).status_code == 422


def test_finance_calls_a_transfer_back(till: Till, office: FlaskClient) -> None:
    look, back = (f"/admin/withdrawals/{till.number}/{deed}" for deed in ("release", "call-back"))
    assert office.post(back, data={"submission_key": "k"}).status_code == 422
    till.send()
    till.tick(SETTLED)
    assert back in office.get(look).text
    assert [office.post(back, data={"submission_key": "k"}).status_code for _ in range(3)] == [303] * 3
    assert "等待微信确认款项已退回" in office.get(look).text
    leader = appoint(till.app, account_of_leader(till), "leader", SETTLED)
    assert "确认收款" not in leader.get("/leader/money", headers={"User-Agent": "MicroMessenger"}).text
    till.tick(SOON)
    till.tick(SOON + timedelta(minutes=1))
    assert till.state == "approved"


def test_finance_puts_a_mispaid_transfer_right(till: Till, office: FlaskClient) -> None:
    number = till.send()
    till.tick(SETTLED)
    till.simulator.confirm(number, amount_fen=5000)
    till.tell(number)
    operator = appoint(till.app, building.add_account("运营"), "operator", SETTLED)
    assert "/admin/wechat-transfers" in operator.get("/admin/").text
    mend = f"/admin/wechat-transfers/{number}/mend"
    listed = office.get("/admin/wechat-transfers").text
    assert (mend in listed, "微信实付 ¥50.00。" in listed) == (True, True)
    shown = office.get(mend).text
    assert ("¥50.00" in shown, "多付的 ¥1.00" in shown) == (True, True)
    assert office.post(mend, data={"reason": ""}).status_code == 422
    assert office.post(mend, data={"reason": "商户平台已查"}).status_code == 303
    till.travel.move_to(LATER)
    leader = appoint(till.app, account_of_leader(till), "leader", SETTLED)
    month = leader.get(f"/leader/money/{SETTLED:%Y-%m}").text
    assert "按微信实付更正" in month
    till.check(LATER, 5000)


def test_the_api_sends_together_lists_calls_back_and_mends(till: Till) -> None:
    second, finance = more(till, 2000), clerk(till)
    wish = {"numbers": [till.number, second, "W0"], "submission_key": "k"}
    sent = finance.post("/wechat-transfers", wish)
    assert (sent.status_code, sent.json["transfers"], sent.json["over"]) == (201, 2, 0)
    assert [one["code"] for one in sent.json["left_out"]] == ["unknown_withdrawal"]
    assert finance.post("/wechat-transfers", wish).json == sent.json
    nothing = finance.post("/wechat-transfers", {})
    assert (nothing.status_code, nothing.json["error"]["code"]) == (409, "nothing_to_send")
    till.tick(SETTLED)
    first_page = finance.get("/wechat-transfers?limit=1").json
    rest = finance.get(f"/wechat-transfers?limit=1&cursor={first_page['next_cursor']}").json
    assert [one["withdrawal"] for one in first_page["items"] + rest["items"]] == [second, till.number]
    back = finance.post(f"/withdrawals/{second}/transfer/call-back", {})
    assert (back.status_code, bool(back.json["called_back_at"])) == (200, True)
    number = till.tries[0].number
    refused = finance.post(f"/wechat-transfers/{number}/mend", {"reason": "x"})
    assert (refused.status_code, refused.json["error"]["code"]) == (409, "not_mispaid")
    till.simulator.confirm(number, amount_fen=4000)
    till.tell(number)
    assert [one["number"] for one in finance.get("/wechat-transfers?state=mispaid").json["items"]] == [number]
    mended = finance.post(f"/wechat-transfers/{number}/mend", {"reason": "x"})
    assert (mended.status_code, mended.json["state"], mended.json["paid_fen"]) == (200, "mended", 4000)
    till.tick(SOON)
    till.tick(SOON + timedelta(minutes=1))
    shown = finance.get(f"/wechat-transfers/batches/{sent.json['id']}").json
    assert (shown["transfers"], shown["over"]) == (2, 2)
    till.check(LATER, 4000)


@pytest.mark.parametrize(
    "wrong", [{"numbers": []}, {"numbers": "all"}, {"numbers": [1]}, {"numbers": ["x" * 33]}]
)
def test_the_api_refuses_what_names_no_withdrawals(till: Till, wrong: dict[str, object]) -> None:
    assert clerk(till).post("/wechat-transfers", wrong).status_code in (400, 422)
    assert till.tries == []


class TestOnTheCommandLine:
    """The same by commands, each in a process's own application."""

    def test_withdrawals_are_sent_listed_called_back_and_mended(self, till: Till, cli_runner: Run) -> None:
        second = more(till, 2000)
        listed = cli_runner("withdrawals", "list", "--state", "approved", "--json").json
        assert [one["number"] for one in listed] == [till.number, second]
        assert cli_runner("withdrawals", "send", check=False).exit_code == 2
        sent = cli_runner("withdrawals", "send", "--all", "--key", "k")
        assert "2 are sent" in sent.stdout
        assert cli_runner("withdrawals", "send", "--all", "--key", "k").stdout == sent.stdout
        assert cli_runner("withdrawals", "send", "--all", check=False).exit_code == 1
        assert "queued" in cli_runner("withdrawals", "transfers").stdout
        waits = cli_runner("withdrawals", "call-back", second, check=False)
        assert (waits.exit_code, "confirmation" in waits.stderr) == (1, True)
        refused = cli_runner("withdrawals", "mend", "T0", "--reason", "x", check=False)
        assert (refused.exit_code, "no such transfer" in refused.stderr) == (1, True)
        released = cli_runner("withdrawals", "release", second, "--reason", "x", check=False)
        assert released.exit_code == 1
