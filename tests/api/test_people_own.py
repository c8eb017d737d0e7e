"""Ranking, targets, addresses and moving in over the API; a review asked for with a campaign."""

from datetime import timedelta

from groupbuy.campaigns.models import Round
from groupbuy.db import db
from groupbuy.leaders.models import LeaderTarget
from groupbuy.members.models import Resident
from groupbuy.orders.reviews import state_of
from tests import building
from tests.api.conftest import Person, Town
from tests.building import NOW
from tests.moving.workbook import export

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def test_a_leader_reads_its_place_and_sets_its_target(town: Town) -> None:
    building.place(town.round, town.resident, {"P1": 2})
    leader = town.person(town.leader.account_id, "leader")
    before = leader.get("/leaders/L1/ranking?days=30").json
    assert (before["rank"], before["target_fen"], before["first"][0]["mine"]) == (1, None, True)
    assert before["reached_fen"] == before["amount_fen"] == before["goods"][0]["amount_fen"] == 1980
    after = leader.ask("PUT", "/leaders/L1/target", {"amount_fen": 500_000})
    assert (after.status_code, after.json["target_fen"]) == (200, 500_000)
    assert leader.ask("PUT", "/leaders/L1/target", {"amount_fen": 0}).status_code == 422
    assert leader.get("/leaders/L1/ranking?days=8").status_code == 422
    assert db.session.query(LeaderTarget).one().month.day == 1


def test_a_resident_keeps_several_doors(town: Town) -> None:
    me = town.person(town.resident.account_id, "resident")
    other = town.person(town.other_resident.account_id, "resident")
    with_one = me.post("/addresses", {"room": "5-1-102"})
    assert with_one.status_code == 201
    kept = next(row["id"] for row in with_one.json["items"] if row["room"] == "5-1-102")
    assert me.ask("PUT", f"/addresses/{kept}", {"room": "5-1-103"}).status_code == 200
    assert other.ask("PUT", f"/addresses/{kept}", {"room": "x"}).status_code == 404
    assert other.ask("DELETE", f"/addresses/{kept}").status_code == 404
    chosen = me.post(f"/addresses/{kept}/choose").json
    assert (chosen["room"], chosen["items"][0]["is_default"]) == ("5-1-103", True)
    assert me.ask("DELETE", f"/addresses/{kept}").status_code == 409
    for row in chosen["items"][1:]:
        assert me.ask("DELETE", f"/addresses/{row['id']}").status_code == 200
    assert [row["id"] for row in me.get("/addresses").json["items"]] == [kept]


def move_in(person: Person, data: bytes, query: str = "") -> tuple[int, dict[str, object]]:
    headers = {"Authorization": f"Bearer {person.token}", "Content-Type": XLSX}
    answer = person.client.post(f"/api/v1/leaders/L1/move-in{query}", data=data, headers=headers)
    return answer.status_code, answer.json


def count() -> int:
    db.session.rollback()
    return db.session.query(Resident).count()


def test_a_leader_moves_in_over_the_api_first_on_trial(town: Town) -> None:
    leader, before = town.person(town.leader.account_id, "leader"), count()
    status, trial = move_in(leader, export(), "?dry_run=true")
    assert (status, trial["dry_run"], trial["differences"]) == (200, True, [])
    assert count() == before
    status, done = move_in(leader, export())
    assert (status, done["moved"]) == (200, trial["moved"])
    assert count() > before
    assert move_in(leader, export())[1]["moved"]["residents"] == 0  # type: ignore[index] # It is an object.
    status, odd = move_in(leader, b"no workbook")
    assert (status, odd["error"]["code"]) == (422, "no_export")  # type: ignore[index] # It is an object.


def test_a_campaign_asks_for_reviews(town: Town) -> None:
    operator, day = town.staff(), (NOW + timedelta(days=1)).date()
    wish = {
        "code": "CR",
        "name": "大单团",
        "recurrence": {"kind": "once", "start": day.isoformat()},
        "offers": [{"product_code": "P1", "price_fen": 990}],
        "review_above_fen": 1000,
        "unreviewed": "cancel",
    }
    made = operator.post("/campaigns", wish)
    assert (made.status_code, made.json["review_above_fen"], made.json["unreviewed"]) == (201, 1000, "cancel")
    (name,) = operator.post("/campaigns/CR/publish").json["rounds"]
    round_ = db.session.query(Round).filter_by(name=name).one()
    order = building.place(round_, town.resident, {"P1": 2}, now=round_.opens_at + timedelta(hours=1))
    assert state_of(order) == "waiting"
