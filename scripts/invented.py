"""Invent the people, places and firms of the real week, none of whom exists, the same each time.

The phone numbers begin with 154, a range of which no carrier has given out numbers.
"""

from baskets import draw

SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林郑谢罗梁宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈"
)
GIVEN = (
    "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂英华玉萍红鹏辉玲宁婷浩宇欣怡佳慧建国文博子轩雨桐思源晓梅志远"
)
PLACES = [
    "阳光",
    "翠湖",
    "锦绣",
    "幸福",
    "金桂",
    "紫荆",
    "望江",
    "听雨",
    "梧桐",
    "春晓",
    "云栖",
    "碧水",
    "丰泽",
    "和谐",
    "书香",
    "枫林",
    "龙泉",
    "星河",
    "海棠",
    "绿洲",
]
ESTATES = ["小区", "花园", "家园", "雅苑", "新村"]
FIRMS = [
    "华",
    "丰",
    "源",
    "盛",
    "隆",
    "佳",
    "禾",
    "鲜",
    "康",
    "味",
    "泰",
    "和",
    "兴",
    "达",
    "顺",
    "宝",
    "永",
    "嘉",
    "瑞",
    "鑫",
]
TRADES = ["食品", "农产品", "粮油", "乳业", "日用品", "饮品", "水产", "果蔬", "调味品", "商贸"]
PHONES = {"leader": 0, "resident": 1, "supplier": 2}


def person(role: str, number: int) -> str:
    """Return a name; several people may share one, as in life."""
    given = GIVEN[draw(f"{role} given", number, len(GIVEN))]
    if draw(f"{role} two", number, 3):
        given += GIVEN[draw(f"{role} second", number, len(GIVEN))]
    return SURNAMES[draw(f"{role} surname", number, len(SURNAMES))] + given


def phone(role: str, order: int) -> str:
    """Return the number of the person who is at this place in the list of the role; no two are the same."""
    return f"154{PHONES[role]}{order:07d}"


def community(order: int) -> str:
    """Return the name of a housing estate; the first hundred differ."""
    return PLACES[order % len(PLACES)] + ESTATES[order // len(PLACES) % len(ESTATES)]


def building(role: str, number: int) -> str:
    """Return a building of an estate."""
    return f"{draw(f'{role} building', number, 24) + 1}号楼"


def door(role: str, number: int) -> str:
    """Return entrance and room."""
    entrance = draw(f"{role} entrance", number, 4) + 1
    room = (draw(f"{role} floor", number, 18) + 1) * 100 + draw(f"{role} door", number, 4) + 1
    return f"{entrance}单元 {room}室"


def firm(number: int) -> str:
    """Return the name of a supplier, which ends in its number because there are thousands."""
    first, second = (FIRMS[draw(f"firm {part}", number, len(FIRMS))] for part in ("first", "second"))
    return f"{first}{second}{TRADES[draw('trade', number, len(TRADES))]}{number}号"
