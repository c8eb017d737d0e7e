"""A workbook with the quirks of a real export: merged cells, formulas, phones as numbers, orders over rows.

Written by hand, because the spreadsheet libraries store no value with a formula.
"""

import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from groupbuy.orders.export_layout import (
    BUYER_COLUMNS,
    BUYERS,
    GOODS,
    GOODS_COLUMNS,
    NOTES,
    POINT_COLUMNS,
    POINTS,
    label_of,
)

TITLE = "大仓购水果\n已报备"
_NS = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"


@dataclass(frozen=True)
class Formula:
    """A formula and the value stored with it; None leaves the value out."""

    text: str
    value: str | int | None


Cell = str | int | float | Formula | None


@dataclass(frozen=True)
class Sheet:
    """Rows of a sheet, and areas such as ``K3:K4`` that are merged."""

    rows: Sequence[Sequence[Cell]]
    merged: Sequence[str] = ()


def write(sheets: Mapping[str, Sheet]) -> bytes:
    """Return the workbook."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("[Content_Types].xml", _types(len(sheets)))
        main = _relation(1, f"{_OFFICE}/officeDocument", "xl/workbook.xml")
        package.writestr("_rels/.rels", _relations(main))
        tabs = "".join(
            f'<sheet name="{name}" sheetId="{place}" r:id="rId{place}"/>'
            for place, name in enumerate(sheets, 1)
        )
        book = f'<workbook xmlns="{_NS}" xmlns:r="{_OFFICE}"><sheets>{tabs}</sheets></workbook>'
        package.writestr("xl/workbook.xml", book)
        links = "".join(
            _relation(place, f"{_OFFICE}/worksheet", f"worksheets/sheet{place}.xml")
            for place in range(1, len(sheets) + 1)
        )
        package.writestr("xl/_rels/workbook.xml.rels", _relations(links))
        for place, sheet in enumerate(sheets.values(), 1):
            package.writestr(f"xl/worksheets/sheet{place}.xml", _sheet(sheet))
    return out.getvalue()


def _types(count: int) -> str:
    main = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    parts = {"/xl/workbook.xml": f"{main}.sheet.main+xml"}
    parts |= {f"/xl/worksheets/sheet{n}.xml": f"{main}.worksheet+xml" for n in range(1, count + 1)}
    overrides = "".join(f'<Override PartName="{part}" ContentType="{kind}"/>' for part, kind in parts.items())
    rels = (
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    )
    return f'<Types xmlns="{_PACKAGE}/content-types">{rels}{overrides}</Types>'


def _relations(links: str) -> str:
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{links}</Relationships>'


def _relation(number: int, kind: str, target: str) -> str:
    return f'<Relationship Id="rId{number}" Type="{kind}" Target="{target}"/>'


def _sheet(sheet: Sheet) -> str:
    rows = "".join(
        f'<row r="{number}">{"".join(_cell(number, place, cell) for place, cell in enumerate(row))}</row>'
        for number, row in enumerate(sheet.rows, 1)
    )
    areas = "".join(f'<mergeCell ref="{area}"/>' for area in sheet.merged)
    merged = f'<mergeCells count="{len(sheet.merged)}">{areas}</mergeCells>' if areas else ""
    return f'<worksheet xmlns="{_NS}"><sheetData>{rows}</sheetData>{merged}</worksheet>'


def _cell(number: int, place: int, cell: Cell) -> str:
    at = f'r="{letters(place)}{number}"'
    if cell is None:
        return ""
    if isinstance(cell, Formula):
        kind = ' t="str"' if isinstance(cell.value, str) else ""
        value = "" if cell.value is None else f"<v>{escape(str(cell.value))}</v>"
        return f"<c {at}{kind}><f>{cell.text}</f>{value}</c>"
    if isinstance(cell, str):
        return f'<c {at} t="inlineStr"><is><t xml:space="preserve">{escape(cell)}</t></is></c>'
    return f"<c {at}><v>{cell}</v></c>"


def letters(place: int) -> str:
    """Return the letters of a column counted from 0."""
    upper, lower = divmod(place, 26)
    return (letters(upper - 1) if upper else "") + chr(ord("A") + lower)


PRODUCTS = {
    "红富士苹果(5斤装)": ("1175938274760", "红富士苹果", "5斤装", "29.90"),
    "纯牛奶(250ml×12)": ("1175938363485", "纯牛奶", "250ml×12", "39.90"),
    "黄桃罐头(4瓶)": ("1175938314912", "黄桃罐头", "4瓶", "25.00"),
}
APPLE, MILK, PEACH = PRODUCTS


def buyer_row(
    number: str, name: Cell, label: str, units: int = 1, *, amount: float | None = None, **cells: Cell
) -> list[Cell]:
    """Return a row of the first sheet; ``cells`` by header without brackets."""
    price = float(PRODUCTS[label][3])
    usual: dict[str, Cell] = {
        "下单人": name,
        "团员备注": "",
        "备注": "",
        "跟团号": number,
        "商品": label,
        "规格": PRODUCTS[label][2],
        "数量": units,
        "商品金额": round(price * units, 2) if amount is None else amount,
        "运费": 0,
        "优惠": 0,
        "订单金额": round(price * units, 2) if amount is None else amount,
        "退款金额": 0,
        "物流方式": "顾客自提",
        "服务小区": "嘉怡水岸·睿府",
        "收货人": name,
        "团长": "浮生若梦",
    }
    return [(usual | cells).get(column, "") for column in (_short(column) for column in BUYER_COLUMNS)]


def _short(column: str) -> str:
    return column.partition("（")[0]


def usual_rows() -> tuple[list[list[Cell]], list[str]]:
    """Return rows of four orders of three buyers, and their merged areas."""
    door = {"楼号": "56", "房号": "602", "弄号": "500"}
    rows = [
        buyer_row("1", "郭山彤 ", APPLE, 2, 联系电话=13812345678, 详细地址="紫龙路500弄56栋602", **door),
        buyer_row(
            "2",
            "梁敦厦",
            MILK,
            订单金额=69.8,
            联系电话=Formula("S2+1", 13812345679),
            楼号="58号",
            房号="902室",
        ),
        buyer_row(
            "2",
            Formula("A3", "梁敦厦"),
            APPLE,
            订单金额=None,
            联系电话=Formula("S3", 13812345679),
            团长="梦涵",
        ),
        buyer_row(
            "158",
            "傅利",
            PEACH,
            订单金额=64.9,
            团员备注="158:帮忙送到87-105",
            联系电话="138 1234 5710",
            详细地址="紫龙路500弄37-1002",
        ),
        buyer_row("3", Formula("A5", "傅利"), MILK, 订单金额=None, 联系电话=Formula("S5", "13812345710")),
    ]
    return rows, ["K3:K4", "T3:T4", "U3:U4", "K5:K6", "T5:T6"]


def export(
    rows: Sequence[Sequence[Cell]] | None = None,
    merged: Sequence[str] | None = None,
    *,
    goods: Mapping[str, tuple[int, float]] | None = None,
    orders: int = 4,
) -> bytes:
    """Return a workbook; ``goods`` are units and amounts of its summary by label, that of the usual rows."""
    usual, areas = usual_rows()
    told = goods or {APPLE: (3, 89.7), MILK: (2, 79.8), PEACH: (1, 25)}
    units, amount = sum(one for one, _ in told.values()), round(sum(one for _, one in told.values()), 2)
    summary = [_goods_row(label, *told[label]) for label in told]
    point: list[Cell] = [TITLE, "嘉怡水岸·睿府", "", "", "紫龙路500弄", "梦涵"]
    point += [orders, amount, 0, amount, 0, units, *(one for one, _ in told.values())]
    notes = [
        "说明",
        "顾客购买表：将下单人和收货信息相同的订单合并",
        "",
        "下单时间：2022-05-23 10:40:59至2022-05-24 20:57:56",
    ]
    return write(
        {
            BUYERS: Sheet(
                [BUYER_COLUMNS, *(usual if rows is None else rows)], areas if merged is None else merged
            ),
            GOODS: Sheet([GOODS_COLUMNS, *summary]),
            POINTS: Sheet([[*POINT_COLUMNS, *told], point]),
            NOTES: Sheet([[text] for text in notes]),
        }
    )


def _goods_row(label: str, units: int, amount: float) -> list[Cell]:
    code, name, spec, price = PRODUCTS[label]
    assert label == label_of(name, spec)
    return [TITLE, "梦涵", name, code, "", spec, "更多好货", "不限", "不限", units, price, amount, "-", "-"]
