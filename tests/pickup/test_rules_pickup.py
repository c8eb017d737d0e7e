"""Where residents live, from what they typed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groupbuy.pickup.rules import door


@pytest.mark.parametrize(
    ("building", "room", "expected"),
    [
        (None, "3-201", ("3", "201")),
        (None, "3-2-501", ("3", "2-501")),
        (None, "３－２０１", ("3", "201")),
        (None, "03-201", ("3", "201")),
        (None, "3号楼2单元501", ("3", "2单元501")),
        (None, "12栋 1801室", ("12", "1801室")),
        (None, "B座1201", ("B", "1201")),
        (None, "a-1201", ("A", "1201")),
        (None, "A2-305", ("A2", "305")),
        (None, "5#302", ("5", "302")),
        (None, "3楼201", ("", "3楼201")),
        (None, "201", ("", "201")),
        (None, "1201-2", ("", "1201-2")),
        (None, "翠湖花园东门", ("", "翠湖花园东门")),
        (None, None, ("", "")),
        ("", " ", ("", "")),
        ("3", "201", ("3", "201")),
        ("3号楼", "3-201", ("3", "201")),
        ("3栋", "2-501", ("3", "2-501")),
        ("东区8栋", "8-101", ("东区8栋", "8-101")),
        ("0", "101", ("0", "101")),
    ],
)
def test_the_building_is_given_or_read_from_the_room(building, room, expected):
    found = door(building, room)
    assert (found.building, found.room) == expected


@pytest.mark.parametrize(
    ("building", "room", "shown", "heading"),
    [
        (None, "3-2-501", "3-2-501", "3号楼"),
        ("东区8栋", "101", "东区8栋 101", "东区8栋"),
        (None, "201", "201", "未填楼号"),
        ("3", None, "3", "3号楼"),
        (None, None, "", "未填楼号"),
    ],
)
def test_it_is_shown_as_people_write_it(building, room, shown, heading):
    found = door(building, room)
    assert (str(found), found.building_label) == (shown, heading)


def test_doors_sort_by_building_then_room_and_without_a_building_come_last():
    rooms = ["10-101", "201", "2-1101", "2-301", "A-1"]
    assert [
        str(one) for one in sorted((door(None, room) for room in rooms), key=lambda one: one.sort_key)
    ] == [
        "2-301",
        "2-1101",
        "10-101",
        "A-1",
        "201",
    ]


@given(st.none() | st.text(), st.none() | st.text())
def test_whatever_people_type_is_some_door(building, room):
    assert isinstance(str(door(building, room)), str)


@given(st.text("0123456789-栋号楼AB 室", max_size=12))
def test_no_digit_of_a_room_is_lost(room):
    found = door(None, room)
    shown = found.building + found.room
    digits = [char for char in room if char.isdigit()]
    kept = [char for char in shown if char.isdigit()]
    assert digits[len(digits) - len(kept) :] == kept
    assert set(digits[: len(digits) - len(kept)]) <= {"0"}
