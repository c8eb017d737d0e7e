"""Roll-calls as people write them."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from groupbuy.members.rollcall.people import Street, take_door
from groupbuy.members.rollcall.reading import read_roll_call
from groupbuy.members.rollcall.shelf import Shelf
from groupbuy.members.rollcall.values import Doubt, Entry, Person, Product

SHELF = Shelf(
    [
        Product("P1", "红富士苹果", "5斤装"),
        Product("P2", "纯牛奶", "250ml×12"),
        Product("P3", "土鸡蛋", "30枚"),
        Product("P4", "大米", "5kg"),
        Product("P5", "大米", "10kg"),
    ]
)
STREET = Street(
    [
        Person("R1", "张三", "3-201", "13800000001"),
        Person("R2", "李女士", "3-2-501", "13800000002"),
        Person("R3", "李女士", "5-302", "13800000003"),
        Person("R4", "王先生", "12-1-1102", "13800000004"),
    ]
)
APPLE_2_MILK_1 = (("P1", 2), ("P2", 1))


def read(line: str) -> Entry:
    (entry,) = read_roll_call(line, SHELF, STREET)
    return entry


@pytest.mark.parametrize(
    "line",
    [
        "1. 张三 3-201 苹果2 牛奶1",
        "1、张三 3-201 苹果×2 牛奶×1",
        "１．张三　３－２０１　苹果２　牛奶１",
        "1. 3-201张三苹果2牛奶1",
        "1. 张三 3栋201 苹果2份，牛奶1箱",
        "1. 张三3号楼201室 苹果x2、牛奶x1",
        "张三 3-201 苹果*2 牛奶*1",
        "1️⃣ 张三 3-201 红富士苹果 2箱 纯牛奶 1箱",
        "1 张三 3-201 2份苹果 1份牛奶",
        "1. 张三 三号楼201 苹果两份 牛奶一箱",
        "1. 张三 138 0000 0001 苹果2 牛奶",
        "1. 张三 3-201 ①2 ②1",
        "1. 张三 3-201 1号2份 2号1份",
        "1. 张三 红富士苹果（5斤装）×2；纯牛奶250ml×12 ×1",
        "1. 张三(3-201)苹果+2 牛奶+1",
        "1. 张三 3—201：苹果：2，牛奶：1",
        "1. 张三 3-201 苹果1 牛奶1 苹果1",
    ],
)
def test_one_wish_is_understood_however_it_is_written(line: str) -> None:
    entry = read(line)
    assert (entry.person, entry.items, entry.is_sound) == ("R1", APPLE_2_MILK_1, True)


@pytest.mark.parametrize(
    ("line", "remark"),
    [
        ("1. 张三 3-201 苹果2 牛奶1（放门口）", "放门口"),
        ("1. 张三 3-201 苹果2 牛奶1 备注：晚点来拿", "晚点来拿"),
        ("1. 张三 3-201 苹果2 牛奶1 要红的", "要红的"),
    ],
)
def test_what_else_is_written_becomes_the_remark(line: str, remark: str) -> None:
    entry = read(line)
    assert (entry.items, entry.remark) == (APPLE_2_MILK_1, remark)


@pytest.mark.parametrize(
    ("line", "doubt"),
    [
        ("1. 赵六 9-901 苹果2", Doubt.UNKNOWN_PERSON),
        ("1. 李女士 苹果2", Doubt.SEVERAL_PEOPLE),
        ("1. 张姐 3-201 苹果2", Doubt.NAME_DIFFERS),
        ("1. 张三 9-901 苹果2", Doubt.ROOM_DIFFERS),
        ("1. 张三 3-201", Doubt.NO_GOODS),
        ("1. 张三 3-201 香蕉2", Doubt.UNKNOWN_GOODS),
        ("1. 张三 3-201 大米1", Doubt.SEVERAL_GOODS),
        ("1. 张三 3-201 红福士平果2", Doubt.GUESSED_GOODS),
        ("1. 张三 3-201 苹果半份", Doubt.UNCLEAR_QUANTITY),
        ("1. 张三 3-201 苹果1.5斤", Doubt.UNCLEAR_QUANTITY),
        ("1. 张三 3-201 苹果2 取消", Doubt.CANCELLED),
        ("1. 张三 3-201 苹果2 不要了", Doubt.CANCELLED),
        ("1. 张三 3-201 苹果2 取消牛奶", Doubt.PARTLY_CANCELLED),
        ("1. 张三 3-201 苹果0", Doubt.UNCLEAR_QUANTITY),
    ],
)
def test_what_is_doubtful_is_said(line: str, doubt: Doubt) -> None:
    assert doubt in read(line).doubts


def test_neighbours_of_one_name_are_told_apart_by_their_doors() -> None:
    assert read("1. 李女士 3-2-501 苹果1").person == "R2"
    assert read("2. 李女士 5-302 苹果1").person == "R3"


def test_goods_of_one_name_are_told_apart_by_their_spec() -> None:
    assert read("1. 张三 大米5kg×2").items == (("P4", 2),)
    assert read("1. 张三 大米 10kg 2袋").items == (("P5", 2),)


def test_what_was_cancelled_out_of_a_line_is_not_ordered() -> None:
    assert read("1. 张三 3-201 苹果2 取消牛奶").items == (("P1", 2),)


CHAT = """#接龙
金秋水果生鲜团 · 王秀兰团长
截单：今晚 22:00  提货：11月23日 周一 16:00–20:00 3号楼一层快递柜旁
1) 红富士苹果 5斤装 29.90元/箱
2) 纯牛奶 250ml×12 39.90元/箱
3) 土鸡蛋 30枚 25.80元/盒
https://shop.example/r/C1?l=L1
例 3-2-501 李女士 苹果×2
1. 张三 3-201 苹果2

2. 李女士 3-2-501 牛奶1
再加鸡蛋2
王先生 12-1-1102 鸡蛋1
4. 张三 3-201 苹果2
5. 张三 3-201 牛奶1
6.
"""


def test_title_goods_address_and_example_are_no_entries() -> None:
    entries = read_roll_call(CHAT, SHELF, STREET)
    assert [entry.person for entry in entries] == ["R1", "R2", "R4", "R1", "R1"]


def test_a_line_without_number_and_person_goes_on_with_the_one_before() -> None:
    assert read_roll_call(CHAT, SHELF, STREET)[1].items == (("P2", 1), ("P3", 2))


def test_who_stands_there_twice_is_marked() -> None:
    entries = read_roll_call(CHAT, SHELF, STREET)
    assert Doubt.SAME_AGAIN in entries[3].doubts
    assert Doubt.REPEATED in entries[4].doubts


@pytest.mark.parametrize(
    ("text", "door"),
    [
        ("3号楼2单元501室", "3-2-501"),
        ("03栋0501", "3-501"),
        ("12-1-1102", "12-1-1102"),
        ("A座1203", "A-1203"),
        ("五号楼二单元301", "5-2-301"),
        ("周一 16:00-20:00", ""),
        ("2026-11-22", ""),
    ],
)
def test_doors_are_read_in_every_form(text: str, door: str) -> None:
    assert take_door(text)[0] == door


@given(st.text(max_size=200))
@example("\U000f0000")
@example("1. 张三 苹果\U000f00ff2")
def test_no_text_breaks_the_reader(text: str) -> None:
    for entry in read_roll_call(text, SHELF, STREET):
        assert all(1 <= quantity <= 9999 for _, quantity in entry.items)


PEOPLE = st.sampled_from(STREET.people)
ITEMS = st.dictionaries(st.sampled_from(sorted(SHELF.labels)), st.integers(1, 9999), min_size=1).map(
    lambda units: tuple(units.items())
)


def written(number: int, who: Person, items: tuple[tuple[str, int], ...], remark: str) -> str:
    """Return a line as the example in the text to copy has it: ``1. 3-2-501 李女士 苹果×2 (放门口)``."""
    line = " ".join(part for part in (f"{number}.", who.door, who.name, SHELF.write(items)) if part)
    return f"{line} ({remark})" if remark else line


@given(st.lists(st.tuples(PEOPLE, ITEMS, st.sampled_from(["", "放门口", "要红的"])), min_size=1, max_size=12))
def test_what_we_write_reads_back_the_same(
    wishes: list[tuple[Person, tuple[tuple[str, int], ...], str]],
) -> None:
    lines = [written(number, *wish) for number, wish in enumerate(wishes, 1)]
    entries = read_roll_call("\n".join(["#接龙", "周末团", *lines]), SHELF, STREET)
    assert [(e.number, e.person, e.items, e.remark) for e in entries] == [
        (number, who.code, items, remark) for number, (who, items, remark) in enumerate(wishes, 1)
    ]
