"""Who places and cancels orders without end has to wait, whichever way they are placed."""

from datetime import timedelta
from typing import Any

import pytest

from tests.api.conftest import Town
from tests.building import NOW


@pytest.fixture
def extra_settings() -> dict[str, str]:
    """Let a resident place three orders in an hour."""
    return {"GROUPBUY_RATE_LIMITS": "on", "GROUPBUY_ORDERS_PER_HOUR": "3"}


@pytest.mark.check(38)
def test_who_places_and_cancels_without_end_has_to_wait_an_hour(town: Town, clock: Any) -> None:
    buyer, head = town.buyer, town.head
    for number in range(3):
        clock.move_to(NOW + timedelta(minutes=10 * number))
        order = buyer.order({"P1": 1}, key=f"k{number}" if number else None).json
        assert buyer.post(f"/orders/{order['order_no']}/cancel", {"reason": "不要了"}).status_code == 200
    for key in (None, "k4", "k4"):
        refused = buyer.order({"P1": 1}, key=key)
        assert (refused.status_code, refused.json["error"]["code"]) == (429, "too_many_orders")
        assert 2395 <= int(refused.headers["Retry-After"]) <= 2401
    # Others are not bound by it, nor a leader who orders for the same resident; nor is what was answered.
    assert town.other_buyer.order({"P1": 1}).status_code == 201
    assert head.order({"P1": 1}, resident_code=town.resident.code).status_code == 201
    assert buyer.order({"P1": 1}, key="k2").headers["Idempotency-Replayed"] == "true"
    clock.move_to(NOW + timedelta(minutes=60, seconds=1))
    assert [buyer.order({"P1": 1}, key="k4").status_code for _ in range(2)] == [201, 201]
    assert buyer.order({"P1": 1}).status_code == 429
