"""Rounds by the clock, what is left of their offers, cursors and ETags."""

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from groupbuy.campaigns.models import Offer, OfferLeader
from groupbuy.db import db
from groupbuy.db.transaction import transaction
from tests import building
from tests.api.conftest import Town, close
from tests.building import CLOSES, OPENS


def names(answer: Any) -> list[str]:
    return [item["round"] for item in answer.json["items"]]


def test_a_round_is_shown_with_the_promised_fields(town: Town) -> None:
    answer = town.buyer.get("/rounds?state=open")
    assert answer.json["next_cursor"] is None
    shown = answer.json["items"][0]
    assert (shown["round"], shown["name"], shown["state"]) == ("C1", "周日鲜果日", "open")
    assert (shown["opens_at"], shown["closes_at"]) == ("2026-11-22T00:00:00Z", "2026-11-22T14:00:00Z")


def test_the_state_is_the_clocks_before_the_scheduler_has_run(town: Town, clock: Any) -> None:
    buyer = town.buyer
    clock.move_to(OPENS - timedelta(seconds=1))
    assert buyer.get("/rounds/C1").json["state"] == "scheduled"
    assert names(buyer.get("/rounds?state=scheduled")) == ["C1"]
    clock.move_to(CLOSES)
    assert buyer.get("/rounds/C1").json["state"] == "closing"
    assert names(buyer.get("/rounds?state=closing")) == ["C1"]
    assert names(buyer.get("/rounds?state=open")) == []


def test_a_closed_round_says_so(town: Town, clock: Any) -> None:
    town.buyer.order({"P1": 1})
    close(town, clock)
    assert town.buyer.get("/rounds/C1").json["state"] == "closed"


def test_an_unknown_state_or_parameter_is_named(town: Town) -> None:
    assert town.buyer.get("/rounds?state=half-open").json["error"]["param"] == "state"
    assert town.buyer.get("/rounds?colour=red").json["error"]["code"] == "unknown_field"
    assert town.buyer.get("/rounds?limit=1e3").json["error"]["param"] == "limit"


def test_the_cursor_goes_through_all_rounds_once(town: Town) -> None:
    products = [building.add_product(building.add_supplier("S9"), "P9")]
    for code in ("C2", "C3", "C4", "C5"):
        building.add_round(products, code)
    buyer, seen, path = town.buyer, [], "/rounds?limit=2"
    while path:
        answer = buyer.get(path)
        seen += names(answer)
        cursor = answer.json["next_cursor"]
        path = f"/rounds?limit=2&cursor={cursor}" if cursor else ""
    assert seen == ["C5", "C4", "C3", "C2", "C1"]


def test_a_cursor_that_we_did_not_make_is_refused(town: Town) -> None:
    for cursor in ("x", "W10", "WyJhIiwgMV0", "%ff", "WzEsIDJd"):
        answer = town.buyer.get(f"/rounds?cursor={cursor}")
        assert (answer.status_code, answer.json["error"]["param"]) == (422, "cursor")


def test_left_counts_down_and_null_is_no_limit(town: Town) -> None:
    town.buyer.order({"P1": 2, "P2": 1})
    first, second = town.buyer.get("/rounds/C1").json["offers"]
    assert (first["product_code"], first["left"], first["per_buyer_limit"]) == ("P1", 3, None)
    assert (second["product_code"], second["left"], second["per_buyer_limit"]) == ("P2", None, 3)


def test_residents_see_their_leaders_prices_and_choice(town: Town) -> None:
    offers = {offer["product_code"]: offer for offer in town.staff().get("/rounds/C1").json["offers"]}
    assert offers["P1"]["price_fen"] == 990
    with transaction():
        mine = {"leader_id": town.leader.id}
        offers = select(Offer.id).where(Offer.round_id == town.round.id).order_by(Offer.id)
        ids = db.session.scalars(offers).all()
        db.session.add(OfferLeader(offer_id=ids[0], price_fen=880, offered=True, **mine))
        db.session.add(OfferLeader(offer_id=ids[1], offered=False, **mine))
    mine_now = town.buyer.get("/rounds/C1").json["offers"]
    assert [(offer["product_code"], offer["price_fen"]) for offer in mine_now] == [("P1", 880)]
    assert len(town.other_buyer.get("/rounds/C1").json["offers"]) == 2


def test_a_round_without_my_leader_does_not_exist_for_me(town: Town) -> None:
    product = building.add_product(building.add_supplier("S9"), "P9")
    building.add_round([product], "C2", all_leaders=False)
    assert town.buyer.get("/rounds/C2").status_code == 404
    assert names(town.head.get("/rounds")) == ["C1"]
    assert names(town.staff().get("/rounds")) == ["C2", "C1"]


def test_an_unchanged_round_is_not_sent_again_and_a_sale_changes_it(town: Town) -> None:
    buyer = town.buyer
    etag = buyer.get("/rounds/C1").headers["ETag"]
    unchanged = buyer.get("/rounds/C1", **{"If-None-Match": etag})
    assert (unchanged.status_code, unchanged.data) == (304, b"")
    town.other_buyer.order({"P1": 1})
    assert buyer.get("/rounds/C1", **{"If-None-Match": etag}).json["offers"][0]["left"] == 4
