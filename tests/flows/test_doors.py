"""Residents with several doors; orders keep the one they were placed with."""

import pytest
from flask import Flask
from sqlalchemy import func, select

from groupbuy.campaigns.models import Round
from groupbuy.db import db
from groupbuy.db.transaction import in_transaction, transaction
from groupbuy.flows import doors, leaving, ordering
from groupbuy.kernel.errors import BadInput, GroupbuyError, NotFound, RuleBroken
from groupbuy.members import addresses
from groupbuy.members.models import Resident, ResidentAddress
from groupbuy.orders.by_leader import live_orders
from groupbuy.orders.models import OrderDoor
from tests import building
from tests.building import NOW
from tests.files import RESIDENTS, import_region, import_text

WHO = {"now": NOW, "actor": "test"}


def add(resident: Resident, room: str) -> int:
    """Keep another door and return its id."""
    return in_transaction(lambda: addresses.add_address(resident=resident, room=room, **WHO)).id


def rooms(resident: Resident) -> list[tuple[str, bool]]:
    """Return the doors a resident keeps."""
    return [(row.room, row.is_default) for row in addresses.addresses_of(resident)]


def somebody() -> Resident:
    """Return a resident of L1 in 3-2-501."""
    return building.add_resident(building.add_leader(), room="3-2-501")


def test_the_present_door_is_the_default_of_the_first_list(app: Flask) -> None:
    resident = somebody()
    add(resident, "5-1-102")
    assert rooms(resident) == [("3-2-501", True), ("5-1-102", False)]
    assert resident.room == "3-2-501"


def test_another_default_counts_for_later_orders_only(app: Flask) -> None:
    resident = somebody()
    round_ = building.add_round([building.add_product(building.add_supplier(), code) for code in ("P1",)])
    first = building.place(round_, resident, {"P1": 1})
    other = add(resident, "5-1-102")
    in_transaction(lambda: doors.choose_address(resident=resident, address_id=other, **WHO))
    second = building.place(round_, resident, {"P1": 1})
    in_transaction(lambda: doors.edit_profile(resident=resident, name="王女士", room="9-9-901", **WHO))
    ((_, orders),) = live_orders(round_.id, [resident.leader_id])
    assert {order.number: order.room for order in orders} == {
        first.number: "3-2-501",
        second.number: "5-1-102",
    }
    assert rooms(resident) == [("9-9-901", True), ("3-2-501", False)]


def test_the_default_cannot_be_removed_another_can(app: Flask) -> None:
    resident = somebody()
    other = add(resident, "5-1-102")
    default = addresses.addresses_of(resident)[0].id
    with pytest.raises(RuleBroken):
        addresses.remove_address(resident=resident, address_id=default, **WHO)
    with transaction():
        addresses.remove_address(resident=resident, address_id=other, **WHO)
    assert rooms(resident) == [("3-2-501", True)]


def test_anothers_door_does_not_exist(app: Flask) -> None:
    mine = somebody()
    theirs = building.add_resident(building.add_leader("L2"), room="1-1-101")
    other = add(theirs, "1-1-102")
    for deed in (doors.choose_address, addresses.remove_address):
        with pytest.raises(NotFound):
            deed(resident=mine, address_id=other, **WHO)


@pytest.mark.parametrize("room", ["", "  ", "x" * 41, "3-2-501"])
def test_an_unsound_or_known_door_is_refused(app: Flask, room: str) -> None:
    resident = somebody()
    with pytest.raises(GroupbuyError) as caught, transaction():
        addresses.add_address(resident=resident, room=room, **WHO)
    assert isinstance(caught.value, BadInput | RuleBroken)


def test_no_more_than_ten_are_kept(app: Flask) -> None:
    resident = somebody()
    for number in range(9):
        add(resident, f"1-1-{number}")
    with pytest.raises(RuleBroken, match="At most 10"):
        add(resident, "2-2-2")


def test_who_leaves_leaves_no_door_behind(app: Flask) -> None:
    resident = somebody()
    round_ = building.add_round([building.add_product(building.add_supplier())])
    order = building.place(round_, resident, {"P1": 1})
    add(resident, "5-1-102")
    in_transaction(lambda: doors.edit_profile(resident=resident, name="王", room="9-9-901", **WHO))
    with transaction():
        ordering.cancel_order(order=order, reason="x", now=NOW, actor=building.ACTOR)
    with transaction():
        leaving.leave(account_id=resident.account_id, **WHO)
    for table in (ResidentAddress, OrderDoor):
        assert db.session.scalar(select(func.count()).select_from(table)) == 0


def test_an_import_that_moves_residents_leaves_placed_orders_their_doors(app: Flask) -> None:
    import_region()
    round_, moved, stays = (
        db.session.scalars(select(model).where(column == value)).one()
        for model, column, value in (
            (Round, Round.name, "C1"),
            (Resident, Resident.code, "M1"),
            (Resident, Resident.code, "M2"),
        )
    )
    orders = [building.place(round_, resident, {"P2": 1}) for resident in (moved, stays)]
    assert not import_text("residents", RESIDENTS.replace("L1,101", "L1,909")).faults
    later = building.place(round_, moved, {"P2": 1})
    ((_, live),) = live_orders(round_.id, [moved.leader_id])
    rooms = {order.number: order.room for order in live}
    assert [rooms[order.number] for order in (*orders, later)] == ["101", "102", "909"]
    db.session.rollback()
    assert db.session.scalar(select(func.count()).select_from(OrderDoor)) == 1
