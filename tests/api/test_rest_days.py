"""Rest days over the API."""

from groupbuy.audit.models import AuditEntry
from groupbuy.db import db
from tests.api.conftest import Town


def test_a_leader_sets_and_removes_its_own_rest_days(town: Town) -> None:
    head = town.head
    assert (
        head.post("/leaders/L1/rest-days", {"first": "2026-12-01", "last": "2026-12-03"}).status_code == 200
    )
    gone = head.ask("DELETE", "/leaders/L1/rest-days/2026-12-02")
    assert gone.json == {"days": ["2026-12-01", "2026-12-03"]}
    assert head.get("/leaders/L1/rest-days").json == gone.json


def test_what_a_rest_touches_is_told_without_a_change(town: Town) -> None:
    answer = town.head.post("/leaders/L1/rest-days/check", {"first": "2026-11-23"})
    assert answer.json == {"rounds": [{"round": "C1", "pickup_date": "2026-11-23", "stays": "opened"}]}
    assert town.head.get("/leaders/L1/rest-days").json == {"days": []}


def test_the_same_request_again_rests_once(town: Town) -> None:
    operator = town.staff()
    for _ in range(2):
        operator.post("/leaders/L2/rest-days", {"first": "2026-12-01"}, key="a-key-of-my-own")
    logged = db.session.query(AuditEntry).filter_by(verb="leader_rests", subject="L2").count()
    assert logged == 1


def test_days_that_do_not_exist_are_named(town: Town) -> None:
    answer = town.head.post("/leaders/L1/rest-days", {"first": "2026-02-30"})
    assert (answer.status_code, answer.json["error"]["param"]) == (422, "first")
    answer = town.head.post("/leaders/L1/rest-days", {"first": "2026-12-02", "last": "2026-12-01"})
    assert (answer.status_code, answer.json["error"]["param"]) == (422, "last")
    assert town.head.ask("DELETE", "/leaders/L1/rest-days/x").status_code == 422
