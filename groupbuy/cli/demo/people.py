"""The made-up people of the demonstration. Nobody here exists; the numbers are only well-formed."""

OPERATOR = ("13800000001", "张晓梅")
LEADERS = (
    ("L01", "王秀兰", "阳光花园（东区）", "3号楼1层 便民超市", "东线", "8"),
    ("L02", "李建国", "翠湖名苑", "南门 快递驿站", "东线", "8"),
    ("L03", "赵春梅", "金色家园", "12号楼 社区活动室", "东线", "8.5"),
    ("L04", "孙丽华", "滨江一品", "西门 水果店", "西线", "9"),
    ("L05", "周志强", "梧桐里", "5号楼 架空层", "西线", "8"),
    ("L06", "吴玉芬", "桂花新村", "26弄 居委会旁", "西线", "10"),
)
SURNAMES = "陈林黄何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
GIVEN = ("建华", "丽娟", "志明", "淑芬", "海燕", "文斌", "晓东", "秋菊", "国栋", "雅琴", "子涵", "雨桐")
RESIDENTS_EACH = 10
REMARKS = ("放门口就好", "下班后来取", "麻烦挑熟一点", "老人来拿", "")


def leader_phone(place: int) -> str:
    """Return the phone of the leader at a place of the list."""
    return f"138{place + 2:08d}"


def residents() -> list[tuple[str, str, str, str, str]]:
    """Return code, name, phone, leader code and room of every resident."""
    rows = []
    for number in range(RESIDENTS_EACH * len(LEADERS)):
        leader = LEADERS[number % len(LEADERS)][0]
        name = SURNAMES[number % len(SURNAMES)] + GIVEN[number * 5 % len(GIVEN)]
        room = f"{number % 9 + 1}-{number % 3 + 1}-{(number % 6 + 1) * 100 + number % 4 + 1}"
        rows.append((f"R{number + 1:03d}", name, f"139{number + 1:08d}", leader, room))
    return rows
