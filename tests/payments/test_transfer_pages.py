"""WeChat transfers on pages and over the API: finance sends, the leader confirms, all see why not."""

import pytest
from flask.testing import FlaskClient

from groupbuy.db import db
from groupbuy.flows import transferring
from groupbuy.leaders.models import Leader
from groupbuy.payments.simulator.serving import Fault
from groupbuy.payments.simulator.transfers import PATH
from tests import building
from tests.api.conftest import person_of
from tests.money import SETTLED
from tests.payments.transfer_town import SOON, Till, account_of_leader, clerk
from tests.support.seats import appoint

WECHAT_BROWSER = {"User-Agent": "Mozilla/5.0 MicroMessenger/8.0"}


@pytest.fixture
def extra_settings(paying_settings: dict[str, str]) -> dict[str, str]:
    return paying_settings


@pytest.fixture
def desk(till: Till) -> FlaskClient:
    return appoint(till.app, account_of_leader(till), "leader", SETTLED)


def test_finance_sends_and_the_leader_confirms_inside_wechat(
    till: Till,
    office: FlaskClient,
    desk: FlaskClient,
) -> None:
    page = f"/admin/withdrawals/{till.number}/transfer"
    assert page in office.get("/admin/withdrawals").text
    assert "¥49.00" in office.get(page).text
    assert office.post(page, data={"submission_key": "k"}).status_code == 303
    assert office.post(page, data={"submission_key": "k"}).status_code == 303
    assert "正在打款" in office.get("/admin/withdrawals").text
    till.tick(SETTLED)
    assert "请在微信中打开本页" in desk.get("/leader/money").text
    inside = desk.get("/leader/money", headers=WECHAT_BROWSER).text
    assert till.tries[0].package in inside
    assert "确认收款" in inside
    english = desk.get("/leader/money?lang=en", headers={"Accept-Language": "en"} | WECHAT_BROWSER).text
    assert "Confirm the receipt" in english
    till.simulator.confirm(till.tries[0].number)
    till.tell(till.tries[0].number)
    assert till.sent[0].bill in desk.get("/leader/money").text
    till.check(SOON, 4900)


def test_the_leader_and_finance_read_why_wechat_has_not_paid(
    till: Till,
    office: FlaskClient,
    desk: FlaskClient,
) -> None:
    page = f"/admin/withdrawals/{till.number}/transfer"
    office.post(page, data={"submission_key": "k"})
    till.tick(SETTLED)
    till.simulator.confirm(till.tries[0].number, "FAIL", "PAYEE_ACCOUNT_ABNORMAL")
    till.tell(till.tries[0].number)
    assert "PAYEE_ACCOUNT_ABNORMAL" in desk.get("/leader/money").text
    assert "PAYEE_ACCOUNT_ABNORMAL" in office.get(page).text
    assert office.post(page, data={"submission_key": "l"}).status_code == 303
    assert till.states == ["failed", "queued"]


def test_what_wechat_has_refused_is_ended_by_hand_with_a_reason(till: Till, office: FlaskClient) -> None:
    till.simulator.faults.append(Fault(PATH, status=403, code="NO_AUTH", times=9))
    till.send()
    release = f"/admin/withdrawals/{till.number}/release"
    assert office.post(release, data={"reason": "x"}).status_code == 422
    till.tick(SETTLED)
    # A call may be on its way still.
    assert office.post(release, data={"reason": "x"}).status_code == 422
    till.tick(SETTLED + transferring.CALM)
    operator = appoint(till.app, building.add_account("运营"), "operator", SETTLED)
    assert "1 笔提现微信未能付出" in operator.get("/admin/").text
    assert "NO_AUTH" in office.get(release).text
    assert office.post(release, data={"reason": ""}).status_code == 422
    assert office.post(release, data={"reason": "微信后台无此单"}).status_code == 303
    assert (till.state, till.states) == ("approved", ["failed"])


def test_without_a_linked_wechat_the_page_says_so(till: Till, office: FlaskClient) -> None:
    from_bank = f"/admin/withdrawals/{till.number}/transfer"
    office.post("/admin/withdrawals/batch")
    assert "打款文件" in office.get(from_bank).text
    assert office.post(from_bank, data={"submission_key": "k"}).status_code == 422
    assert till.tries == []


def test_the_api_sends_shows_and_releases(till: Till) -> None:
    finance = clerk(till)
    leader = person_of(till.app, account_of_leader(till).id, "leader")
    sent = finance.post(f"/withdrawals/{till.number}/transfer", {})
    assert (sent.status_code, sent.json["state"], sent.json["amount_fen"]) == (201, "queued", 4900)
    again = finance.post(f"/withdrawals/{till.number}/transfer", {})
    assert again.json["number"] == sent.json["number"]
    till.tick(SETTLED)
    code = db.session.get_one(Leader, till.leader_id).code
    shown = leader.get(f"/leaders/{code}/withdrawals/{till.number}/transfer").json
    assert (shown["state"], shown["confirmation"]["package"]) == ("waiting", till.tries[0].package)
    refused = finance.post(f"/withdrawals/{till.number}/transfer/release", {"reason": "x"})
    assert (refused.status_code, refused.json["error"]["code"]) == (409, "may_be_paid")
    till.simulator.confirm(sent.json["number"])
    till.tell(sent.json["number"])
    assert leader.get(f"/leaders/{code}/withdrawals/{till.number}/transfer").json["state"] == "success"


class TestWithoutSettings:
    """Where no scene is set the way is not there, and says why."""

    @pytest.fixture
    def extra_settings(self, paying_settings: dict[str, str]) -> dict[str, str]:
        return paying_settings | {"GROUPBUY_WECHAT_TRANSFER_SCENE": ""}

    def test_nothing_can_be_sent(self, till: Till, office: FlaskClient) -> None:
        page = f"/admin/withdrawals/{till.number}/transfer"
        assert "GROUPBUY_WECHAT_TRANSFER_SCENE" in office.get(page).text
        assert office.post(page, data={"submission_key": "k"}).status_code == 422
        refused = clerk(till).post(f"/withdrawals/{till.number}/transfer", {})
        assert (refused.status_code, refused.json["error"]["code"]) == (409, "transfers_off")
        assert till.tries == []


def test_programs_read_which_of_their_fields_lacks_words(till: Till) -> None:
    finance = clerk(till)
    for deed in ("reject", "paid"):
        refused = finance.post(f"/withdrawals/{till.number}/decide", {"deed": deed})
        assert (refused.status_code, refused.json["error"]["param"]) == (422, "words")
