"""Sheets as the trade prints them, with the names people really type."""

from groupbuy.documents.sheet import Column, Group, Kind, Row, Sheet, table

DANGEROUS = (
    "=cmd|'/C calc'!A0",
    "+8613812345678",
    "-1+1",
    "@SUM(A1)",
    "\t=1+1",
    "\r=1+1",
    "＝1+1",
    "＋1",
    "－1",
    "＠x",
    " =1",
    "'=1",
)
LONG = "云南" + "高山生态种植红富士苹果礼盒装" * 21 + "终章"
ODD = (
    "家庭装👨‍👩‍👧‍👦🍎",
    "\u202eمرحبا\u202c王女士",
    "<b>粗体</b> & \"引号\" 'x'",
    "#set text(red) $x$ *bold* @ref",
    "_x0041_",
    "第一行\n第二行",
)

HEAD = (
    ("活动", "周日鲜果日 FRESH-20261122"),
    ("团长", "李团长 13812345678"),
    ("自提点", "翠湖花园东门便利店（翠湖路88号）"),
    ("自提时间", "11月23日 周一 16:00-20:00"),
    ("合计", "200单 600件 ¥12,345.00"),
)


def pickup_rows(count: int, *, start: int = 0) -> list[Row]:
    """Return the bags of ``count`` residents."""
    names = ("王女士", "欧阳先生", "李雷", "阿依古丽·买买提", "司马相如的邻居")
    goods = (("红富士苹果 5斤装", 2), ("云南香蕉 3斤", 1), ("散养土鸡蛋 30枚/板", 3))
    rows: list[Row] = []
    for number in range(start, start + count):
        chosen = goods[: number % 3 + 1]
        rows.append(
            (
                f"{number:08d}",
                f"{number:08d}",
                f"{number % 9 + 1}-2-{number % 30 + 1}01",
                names[number % 5],
                "138****6621",
                chosen,
                sum(units for _, units in chosen),
                1990 * (number % 3 + 1) + number,
                "放门口" if number % 4 == 0 else "",
                "□",
            )
        )
    return rows


PICKUP_COLUMNS = (
    Column("扫码", Kind.QR, 9),
    Column("提货码", Kind.CODE, 10),
    Column("楼栋/房号", Kind.TEXT, 10),
    Column("收货人", Kind.TEXT, 10),
    Column("手机", Kind.CODE, 13),
    Column("商品×数量", Kind.GOODS, 26),
    Column("件数", Kind.QUANTITY, 6, total=True),
    Column("金额", Kind.MONEY, 11, total=True),
    Column("备注", Kind.TEXT, 10),
    Column("已提/签收", Kind.TEXT, 9, align="center"),
)


def pickup_sheet(per_building: int = 30, buildings: int = 3, name: str = "") -> Sheet:
    """Return a pickup sheet with subtotals per building."""
    groups = [
        Group(pickup_rows(per_building, start=building * per_building), f"{building + 1}号楼", subtotal=True)
        for building in range(buildings)
    ]
    return Sheet(
        "提货单",
        PICKUP_COLUMNS,
        groups,
        name=name,
        head=HEAD,
        notes=("提货时请出示提货码或二维码；如有缺损请当场与团长确认。",),
        signatures=("团长签字", "日期"),
        printed="打印 2026-11-22 22:05 · 第1版",
    )


def purchase_order(lines: int = 40) -> Sheet:
    """Return a purchase order."""
    columns = (
        Column("序号", Kind.INTEGER, 5),
        Column("商品编码", Kind.CODE, 12),
        Column("品名", Kind.TEXT, 22),
        Column("规格", Kind.TEXT, 10),
        Column("单位", Kind.TEXT, 5, align="center"),
        Column("箱规", Kind.INTEGER, 6),
        Column("箱数", Kind.INTEGER, 6, total=True),
        Column("数量", Kind.QUANTITY, 7, total=True),
        Column("单价", Kind.MONEY, 10),
        Column("金额", Kind.MONEY, 13, total=True),
        Column("备注", Kind.TEXT, 10),
    )
    rows: list[Row] = [
        (n, f"P{n:06d}", "红富士苹果 一级果", "5斤装", "箱", 12, n, 12 * n, 1990, 1990 * 12 * n, "")
        for n in range(1, lines + 1)
    ]
    return Sheet(
        "采购单",
        columns,
        table(rows),
        head=(
            ("单号", "PO-20261122-S001"),
            ("日期", "2026-11-22"),
            ("供应商", "烟台栖霞果品合作社 赵经理 13900001111"),
            ("交货地点", "城东中心仓 城东路1号"),
            ("到货时间", "11月23日 06:00 前"),
            ("结算", "月结30天"),
        ),
        closing=(("金额合计（大写）", "壹佰玖拾伍万捌仟壹佰陆拾元整"),),
        signatures=("制单", "审核", "供应商确认", "收货"),
        printed="打印 2026-11-22 22:05",
    )


def matrix(leaders: int = 20, products: int = 60) -> Sheet:
    """Return one block of a matrix."""
    columns = (
        Column("商品编码", Kind.CODE, 10),
        Column("商品名称", Kind.TEXT, 20),
        *(Column(f"{n + 1:02d} 张{n}团长", Kind.INTEGER, 5, total=True) for n in range(leaders)),
        Column("合计", Kind.QUANTITY, 7, total=True),
    )
    rows: list[Row] = []
    for product in range(products):
        units = [(product * 7 + n * 3) % 11 or None for n in range(leaders)]
        rows.append(
            (f"P{product:06d}", f"商品{product} 红富士苹果 5斤", *units, sum(unit or 0 for unit in units))
        )
    return Sheet(
        "矩阵单 1/50",
        columns,
        table(rows),
        head=(("期次", "FRESH-20261122"), ("线路", "城东1线")),
        landscape=True,
        frozen_columns=2,
        printed="打印 2026-11-22 22:05",
    )


def awkward_sheet() -> Sheet:
    """Return a sheet full of names that break careless writers."""
    columns = (
        Column("编码", Kind.CODE),
        Column("名称", Kind.TEXT, 24),
        Column("金额", Kind.MONEY, 10, total=True),
    )
    names = (*DANGEROUS, *ODD, LONG)
    rows: list[Row] = [(f"{n:04d}", name, n) for n, name in enumerate(names)]
    return Sheet("=标题()", columns, table(rows), head=(("=label", "=value"),), notes=("@note",))
