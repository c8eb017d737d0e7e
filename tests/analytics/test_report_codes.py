"""A code that nobody has is refused at its field, over the API and on the command line."""

import pytest
from flask import Flask

from groupbuy.analytics import report_codes
from groupbuy.kernel.errors import BadInput
from tests.analytics.trade import PICKED
from tests.support.commands import Run
from tests.web.test_money_pages import finance

pytestmark = pytest.mark.usefixtures("trade")
SPAN = f"since={PICKED:%Y-%m-%d}&until={PICKED:%Y-%m-%d}"


def test_known_codes_and_none_are_fine_and_each_unknown_one_is_named() -> None:
    assert report_codes.faults_of({"leader": "L2", "supplier": "", "product": "P1"}) == {}
    codes = dict.fromkeys(("supplier", "leader", "product", "route", "warehouse"), "nobody")
    assert list(report_codes.faults_of(codes)) == list(codes)
    with pytest.raises(BadInput) as refused:
        report_codes.check({"leader": "L2", "product": "nobody"})
    assert (refused.value.code, refused.value.param) == ("unknown_code", "product")


@pytest.mark.parametrize(
    ("page", "code", "said"),
    [
        ("reports/sales", "leader", "没有这个编码的团长"),
        ("reports/purchases", "warehouse", "没有这个编码的仓库"),
        ("reports/margin-route", "route", "没有团长在这条线路上"),
        ("reports/stock", "product", "没有这个编码的商品"),
        ("ledger", "supplier", "没有这个编码的供应商"),
        ("ledger/journal", "leader", "没有这个编码的团长"),
    ],
)
def test_a_page_says_at_the_field_that_nobody_has_a_code(app: Flask, page: str, code: str, said: str) -> None:
    office = finance(app)
    answer = office.get(f"/admin/{page}?{code}=nobody")
    assert answer.status_code == 422
    assert f'id="{code}-error"' in answer.text
    assert said in answer.text
    assert office.get(f"/admin/{page}?{code}=nobody&export=csv").status_code == 422
    assert office.get(f"/admin/{page}").status_code == 200


def test_no_file_is_made_in_the_background_of_a_code_that_nobody_has(app: Flask) -> None:
    refused = finance(app).post("/admin/reports/sales/make", data={"leader": "nobody", "suffix": "csv"})
    assert refused.status_code == 422


def test_the_api_names_the_parameter(app: Flask) -> None:
    office = finance(app)
    for address in ("reports/sales?" + SPAN, "postings?since=2026-11&until=2026-11"):
        answer = office.get(f"/api/v1/{address}&leader=nobody")
        assert (answer.status_code, answer.json["error"]["param"]) == (422, "leader")


def test_a_code_by_which_a_report_cannot_be_narrowed_is_refused_everywhere(app: Flask) -> None:
    office = finance(app)
    path = "/admin/reports/purchases"
    for kind in ("", "csv", "xlsx"):
        answer = office.get(f"{path}?leader=L1&export={kind}")
        assert (answer.status_code, "不能按这种编码筛选" in answer.text) == (422, True), kind
    assert office.post(f"{path}/make", data={"leader": "L1", "suffix": "csv"}).status_code == 422
    refused = office.get(f"/api/v1/reports/purchases?{SPAN}&leader=L1")
    assert (refused.status_code, refused.json["error"]["code"]) == (422, "unused_code")


def test_the_command_line_says_so_too(cli_runner: Run) -> None:
    refused = cli_runner("ledger", "journal", "--leader", "nobody", check=False)
    assert refused.exit_code == 1
    assert "There is no leader with this code." in refused.stderr
