"""``groupbuy rest-days`` and ``groupbuy leader-terms``."""

from collections.abc import Iterator
from datetime import date

import pytest
import time_machine
from flask import Flask

from groupbuy.campaigns import service
from groupbuy.campaigns.recurrence import Kind, Recurrence
from groupbuy.campaigns.service import CampaignPlan, OfferPlan
from groupbuy.db.transaction import transaction
from groupbuy.flows import planning
from tests import building
from tests.building import NOW, ZONE
from tests.support.commands import Run


@pytest.fixture(autouse=True)
def daily(app: Flask) -> Iterator[None]:
    """Stand at the moment at which a daily campaign begins; leaders choose its second product."""
    supplier = building.add_supplier()
    products = [building.add_product(supplier, code) for code in ("P1", "P2")]
    building.add_leader("L1")
    plan = CampaignPlan(name="每日鲜", recurrence=Recurrence(Kind.DAILY, start=date(2026, 11, 22)))
    offers = [OfferPlan(products[0].id, 990), OfferPlan(products[1].id, 1990, leader_picks=True)]
    with transaction():
        campaign = service.create_campaign(code="DAILY", plan=plan, offers=offers, now=NOW, actor="test")
        planning.publish(campaign=campaign, now=NOW, zone=ZONE, actor="test")
    with time_machine.travel(NOW, tick=False):
        yield


def test_rest_days_are_previewed_added_listed_and_ended(cli_runner: Run) -> None:
    preview = cli_runner("rest-days", "add", "L1", "2026-11-24", "2026-11-25", "--dry-run", "--json")
    none = cli_runner("rest-days", "list", "L1")
    added = cli_runner("rest-days", "add", "L1", "2026-11-24", "2026-11-25", "--json")
    listed = cli_runner("rest-days", "list", "L1", "--json")
    ended = cli_runner("rest-days", "end", "L1", "2026-11-24", "--json")

    rounds = [{"round": "DAILY-20261123", "pickup_date": "2026-11-24", "stays": None}]
    assert added.json == preview.json
    assert added.json["rounds"][:1] == rounds
    assert none.stdout == "No rest days are planned.\n"
    assert listed.json == {"days": ["2026-11-24", "2026-11-25"]}
    assert ended.json == {"days": ["2026-11-25"], "back_in": ["DAILY-20261123"]}


def test_people_read_which_rounds_a_rest_touches(cli_runner: Run) -> None:
    told = cli_runner("rest-days", "add", "L1", "2026-11-24").stdout

    assert "DAILY-20261123  handed out 2026-11-24  left out" in told
    assert "L1 rests; 1 planned rounds are touched." in told


def test_a_rest_of_nobody_or_in_the_past_is_refused(cli_runner: Run) -> None:
    for leader, day in (("L9", "2026-11-24"), ("L1", "2026-11-01"), ("L1", "gestern")):
        result = cli_runner("rest-days", "add", leader, day, check=False)
        assert (result.exit_code > 0, result.stdout) == (True, "")
        assert result.stderr


def products(answer: dict) -> dict[str, tuple[int, bool]]:
    return {row["product_code"]: (row["price_fen"], row["offered"]) for row in answer["products"]}


def test_one_product_is_set_the_others_stay_and_a_leader_picks(cli_runner: Run) -> None:
    first = cli_runner("leader-terms", "set", "DAILY", "L1", "P2", "--price", "15", "--json").json
    second = cli_runner("leader-terms", "set", "DAILY", "L1", "P1", "--offered", "no", "--json").json
    picked = cli_runner("leader-terms", "pick", "DAILY", "L1", "P2", "--json").json
    back = cli_runner("leader-terms", "set", "DAILY", "L1", "P2", "--price", "campaign", "--json").json

    assert products(first) == {"P1": (990, True), "P2": (1500, False)}
    assert products(second) == {"P1": (990, False), "P2": (1500, False)}
    assert products(picked) == {"P1": (990, False), "P2": (1500, True)}
    assert "DAILY-20261123" in picked["rounds"]
    assert products(back) == {"P1": (990, False), "P2": (1990, True)}
    shown = cli_runner("leader-terms", "show", "DAILY", "L1").stdout
    assert "P2  商品P2  ¥19.90 (the campaign's price)  sold, leaders choose" in shown


def test_terms_that_cannot_be_are_refused_in_a_sentence(cli_runner: Run) -> None:
    for arguments in (
        ("set", "DAILY", "L1", "P9", "--price", "1"),
        ("set", "DAILY", "L1", "P1", "--price", "1.234"),
        ("set", "DAILY", "L1", "P1"),
        ("pick", "DAILY", "L1", "P1"),
        ("show", "NONE", "L1"),
    ):
        result = cli_runner("leader-terms", *arguments, check=False)
        assert (result.exit_code > 0, result.stdout) == (True, "")
        assert result.stderr
