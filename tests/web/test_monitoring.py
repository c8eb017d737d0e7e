"""What monitoring sees."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from groupbuy.analytics.health import health
from tests import building
from tests.building import CLOSES


@pytest.mark.usefixtures("app")
def test_a_living_and_ready_server_says_ok(client: FlaskClient) -> None:
    assert [client.get(path).status_code for path in ("/healthz", "/readyz")] == [200, 200]


def test_metrics_tell_orders_rounds_and_work_in_hand(app: Flask, client: FlaskClient) -> None:
    resident = building.add_resident(building.add_leader())
    round_ = building.add_round([building.add_product(building.add_supplier())])
    building.place(round_, resident, {"P1": 1})
    building.close(app, round_)
    text = client.get("/metrics").get_data(as_text=True)
    assert 'groupbuy_rounds{state="closed"} 1.0' in text
    assert "groupbuy_jobs_waiting 0.0" in text
    assert 'groupbuy_jobs{state="done"} 1.0' in text


@pytest.mark.usefixtures("app")
def test_metrics_tell_answers_by_class_and_the_connections_in_use(client: FlaskClient) -> None:
    before = figures(client)
    for path in ("/healthz", "/readyz", "/api/v1/nowhere", "/api/v1/rounds"):
        client.get(path)
    now = figures(client)
    grown = {name: now[name] - before[name] for name in now if name.startswith("groupbuy_answers")}
    # The figures of before are an answer themselves.
    assert grown['groupbuy_answers_total{status="2xx"}'] == 3
    assert grown['groupbuy_answers_total{status="4xx"}'] == 2
    assert grown['groupbuy_answers_total{status="5xx"}'] == 0
    # Whoever makes the figures asks the database itself.
    assert now["groupbuy_pool_in_use"] == now["groupbuy_pool_in_use_most"] == 1


def figures(client: FlaskClient) -> dict[str, float]:
    lines = client.get("/metrics").get_data(as_text=True).splitlines()
    pairs = (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    return {name: float(value) for name, value in pairs}


@pytest.mark.usefixtures("app")
def test_a_round_that_nobody_closes_is_overdue_after_a_minute() -> None:
    building.add_round([building.add_product(building.add_supplier())])
    moments = (CLOSES + timedelta(seconds=59), CLOSES + timedelta(seconds=61))
    assert [health(now=moment).rounds_overdue for moment in moments] == [0, 1]


def test_the_worst_lateness_of_the_last_hour_is_known(app: Flask) -> None:
    round_ = building.add_round([building.add_product(building.add_supplier())])
    late = CLOSES + timedelta(seconds=7)
    building.close(app, round_, now=late)
    assert health(now=late).worst_lateness["close"] == 7.0


@pytest.mark.usefixtures("app")
@pytest.mark.check(58)
def test_metrics_name_no_phone(client: FlaskClient) -> None:
    leader = building.add_leader()
    assert leader.phone not in client.get("/metrics").get_data(as_text=True)
