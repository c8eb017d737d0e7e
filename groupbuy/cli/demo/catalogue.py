"""What the demonstration sells: our own texts, pictures from the vendored set."""

from dataclasses import dataclass

# Where suppliers deliver to.
WAREHOUSE = "上海市浦东新区沪南路 2218 号 3 号库 冷库月台"
# Code, name, contact, phone, least worth of an order in yuan, and how it is paid.
SUPPLIERS = (
    ("S01", "绿野农场合作社", "陈国强", "021-55550101", 300, "月结30天"),
    ("S02", "江南鲜果批发行", "周敏", "021-55550102", 500, "货到付款"),
    ("S03", "海之味水产", "林海生", "021-55550103", 400, "货到 3 天付款"),
    ("S04", "晨光乳品", "吴晓燕", "021-55550104", 200, "周结"),
    ("S05", "丰年粮油", "郑大勇", "021-55550105", 600, "月结30天"),
)


@dataclass(frozen=True, slots=True)
class Item:
    """A product with its offer: prices in fen, quantities in sale units."""

    code: str
    name: str
    spec: str
    category: str
    supplier: str
    unit: str
    case_size: int
    cost_fen: int
    price_fen: int
    list_price_fen: int
    picture: str
    zone: str = "常温"
    limit: int | None = None
    per_buyer: int | None = None
    min_units: int | None = None


ITEMS = (
    Item(
        "A01",
        "阿克苏冰糖心苹果",
        "约2.5kg·单果75-85mm",
        "水果",
        "S02",
        "箱",
        6,
        2050,
        2990,
        4580,
        "apple",
        limit=120,
        per_buyer=10,
    ),
    Item(
        "A02",
        "蒙自甜橙",
        "2.5kg·现摘现发",
        "水果",
        "S02",
        "箱",
        6,
        1290,
        1980,
        2990,
        "orange",
        limit=150,
        per_buyer=5,
    ),
    Item(
        "A03",
        "丹东草莓",
        "500g·大果15-20g",
        "水果",
        "S02",
        "盒",
        8,
        1680,
        2580,
        3980,
        "strawberry",
        "冷藏",
        40,
        2,
    ),
    Item(
        "A04", "云南蓝莓", "125g×4盒", "水果", "S02", "组", 12, 1890, 2780, 3980, "blueberry", "冷藏", 80, 4
    ),
    Item("A05", "海南香蕉", "约1.5kg", "水果", "S02", "把", 10, 690, 1080, 1580, "banana"),
    Item("A06", "哈密瓜", "一个约2kg", "水果", "S02", "个", 5, 1380, 1990, 2880, "melon", min_units=6),
    Item("B01", "本地鸡毛菜", "500g·清晨采收", "蔬菜", "S01", "份", 20, 260, 450, 680, "greens", "冷藏"),
    Item("B02", "水果玉米", "4根装", "蔬菜", "S01", "袋", 10, 780, 1190, 1690, "corn"),
    Item("B03", "黄心土豆", "约2.5kg", "蔬菜", "S01", "袋", 8, 620, 980, 1380, "potato"),
    Item("B04", "沙窝萝卜", "约2kg", "蔬菜", "S01", "袋", 8, 700, 1080, 1580, "carrot"),
    Item("B05", "西兰花", "2颗约700g", "蔬菜", "S01", "份", 12, 520, 880, 1280, "broccoli", "冷藏"),
    Item("B06", "鲜香菇", "400g", "蔬菜", "S01", "盒", 15, 560, 890, 1290, "mushroom", "冷藏"),
    Item(
        "C01", "散养土鸡蛋", "30枚", "肉禽蛋", "S01", "盒", 6, 2350, 3280, 3980, "egg", limit=200, per_buyer=2
    ),
    Item("C02", "黑猪五花肉", "约500g", "肉禽蛋", "S01", "份", 10, 2180, 2980, 3680, "bacon", "冷藏"),
    Item("C03", "三黄鸡腿", "1kg", "肉禽蛋", "S01", "袋", 10, 1750, 2480, 3180, "chicken-leg", "冷冻"),
    Item(
        "D01", "活冻黑虎虾", "400g·约20只", "水产", "S03", "盒", 12, 3980, 5480, 6980, "shrimp", "冷冻", 60, 3
    ),
    Item("D02", "东海带鱼段", "1kg", "水产", "S03", "袋", 10, 2680, 3680, 4680, "fish", "冷冻"),
    Item(
        "D03",
        "阳澄湖大闸蟹",
        "公蟹4两×4只",
        "水产",
        "S03",
        "盒",
        4,
        9800,
        13800,
        16800,
        "crab",
        "冷藏",
        min_units=8,
    ),
    Item("E01", "鲜牛奶", "950ml×2瓶", "乳品烘焙", "S04", "组", 6, 2080, 2790, 3380, "milk", "冷藏", 150, 4),
    Item("E02", "老面馒头", "8个", "乳品烘焙", "S04", "袋", 15, 480, 790, 1090, "bread"),
    Item("E03", "海盐可颂", "4只", "乳品烘焙", "S04", "盒", 9, 1280, 1990, 2680, "croissant"),
    Item("F01", "五常稻花香米", "5kg", "粮油", "S05", "袋", 4, 4280, 5690, 6990, "rice"),
    Item("F02", "手工挂面", "1kg", "粮油", "S05", "袋", 12, 780, 1180, 1580, "noodles"),
    Item("F03", "土蜂蜜", "500g", "粮油", "S05", "瓶", 12, 2880, 3980, 5280, "honey"),
)
