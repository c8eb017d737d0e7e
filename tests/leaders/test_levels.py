"""Levels of leaders: reached by a month's turnover, kept by hand, reviewed once a month by the scheduler."""

from datetime import UTC, datetime

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from groupbuy.audit.models import AuditEntry
from groupbuy.db import db
from groupbuy.db.transaction import in_transaction
from groupbuy.flows.levelling import last_month
from groupbuy.kernel.errors import GroupbuyError
from groupbuy.leaders import levels
from groupbuy.leaders.models import Leader, LeaderLevel
from groupbuy.leaders.rules import Rung, next_level
from groupbuy.scheduler.setup import handlers_of
from groupbuy.scheduler.tick import tick_until_idle
from tests import building
from tests.building import NOW, ZONE

DECEMBER = datetime(2026, 11, 30, 16, 0, tzinfo=UTC)
JANUARY = datetime(2026, 12, 31, 16, 0, tzinfo=UTC)
SILVER, GOLD = Rung(1, 10_000), Rung(2, 50_000)


@pytest.mark.parametrize(
    ("current", "sold", "expected"),
    [
        (None, 9_999, None),
        (None, 10_000, 1),
        (None, 80_000, 2),
        (1, 80_000, 2),
        (2, 20_000, 1),
        # From gold to nothing sold: one rung a month.
        (2, 0, 1),
        (1, 0, None),
    ],
)
def test_leaders_rise_to_what_they_reached_and_fall_by_one(
    current: int | None, sold: int, expected: int | None
) -> None:
    assert next_level([SILVER, GOLD], current, sold) == expected


@given(st.integers(0, 10**9), st.integers(0, 10**9), st.sampled_from([None, 1, 2]))
def test_who_sells_more_never_stands_lower(one: int, more: int, current: int | None) -> None:
    places = [None, 1, 2]
    low, high = (next_level([SILVER, GOLD], current, sold) for sold in sorted((one, more)))
    assert places.index(low) <= places.index(high)


def _save(name: str, fen: int | None, level_id: int | None = None) -> int:
    return in_transaction(
        lambda: (
            levels.save_level(
                level_id=level_id,
                name=name,
                min_month_fen=fen,
                last_month=last_month(NOW, ZONE),
                now=NOW,
                actor="test",
            ).id
        )
    )


def _tick(app: Flask, now: datetime) -> None:
    db.session.rollback()
    tick_until_idle(now=now, zone=ZONE, handlers=handlers_of(app), note=lambda _: None)


def _names() -> dict[str, str | None]:
    db.session.rollback()
    rows = select(Leader.code, LeaderLevel.name).outerjoin(LeaderLevel, LeaderLevel.id == Leader.level_id)
    return dict(tuple(row) for row in db.session.execute(rows))


def test_the_scheduler_reviews_each_month_once(app: Flask) -> None:
    """L1 sells ¥99.00 and L2 ¥9.90 in November; silver takes ¥50.00. Nobody sells in December."""
    first, second, third = (building.add_leader(code) for code in ("L1", "L2", "L3"))
    round_ = building.add_round([building.add_product(building.add_supplier())])
    _save("银牌", 5_000)
    by_hand = _save("合伙人", None)
    in_transaction(lambda: setattr(db.session.get_one(Leader, third.id), "level_id", by_hand))
    building.place(round_, building.add_resident(first), {"P1": 10})
    building.place(round_, building.add_resident(second, "李女士"), {"P1": 1})
    _tick(app, NOW)
    assert _names() == {"L1": None, "L2": None, "L3": "合伙人"}
    _tick(app, DECEMBER)
    _tick(app, DECEMBER)
    assert _names() == {"L1": "银牌", "L2": None, "L3": "合伙人"}
    moves = select(AuditEntry.after).where(AuditEntry.verb == "leader_level_changed")
    assert db.session.scalars(moves).all() == [{"level": "银牌"}]
    _tick(app, JANUARY)
    assert _names() == {"L1": None, "L2": None, "L3": "合伙人"}


def test_a_level_has_a_name_of_its_own_and_a_turnover_that_fits(app: Flask) -> None:
    silver = _save("银牌", 5_000)
    assert _save("银牌 ", 6_000, silver) == silver
    for name, fen in (("银牌", 1), ("", 1), ("金牌", -1), ("金牌", 10**18)):
        with pytest.raises(GroupbuyError):
            _save(name, fen)
    with pytest.raises(GroupbuyError):
        _save("铜牌", 1, silver + 99)
    assert [level.name for level in levels.levels()] == ["银牌"]
