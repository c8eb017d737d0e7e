"""The purchase order as a supplier gets it (采购单): no resident's and no leader's data."""

from groupbuy.campaigns.heads import RoundHead
from groupbuy.documents.capitals import rmb_capitals
from groupbuy.documents.days import day_text
from groupbuy.documents.languages import said
from groupbuy.documents.sheet import Column, Kind, Row, Sheet, table
from groupbuy.kernel.money import format_yuan
from groupbuy.purchasing.models import PurchaseAmendment, PurchaseAmendmentLine, PurchaseOrder
from groupbuy.purchasing.printed import PrintedLine, PrintedOrder

# To be filled in by hand, as long as nobody has set it.
BLANK = "＿＿＿＿＿＿＿＿"

COLUMNS = (
    Column("序号", Kind.INTEGER, 5),
    Column("商品编码", Kind.CODE, 13),
    Column("品名", Kind.TEXT, 24),
    Column("规格", Kind.TEXT, 11),
    Column("单位", Kind.TEXT, 5, align="center"),
    Column("箱规", Kind.INTEGER, 6),
    Column("箱数", Kind.INTEGER, 7, total=True),
    Column("数量", Kind.QUANTITY, 8, total=True),
    Column("单价", Kind.MONEY, 10),
    Column("金额", Kind.MONEY, 14, total=True),
    Column("备注", Kind.TEXT, 9),
)


def purchase_order(round_: RoundHead, order: PrintedOrder) -> Sheet:
    """Return one supplier's purchase order in whole cases, its total also in Chinese capitals."""
    supplier = (order.supplier_code, order.supplier_name, order.contact, order.phone)
    return Sheet(
        "采购单",
        COLUMNS,
        table([_row(number, line) for number, line in enumerate(order.lines, 1)]),
        head=(
            ("单号", order.number),
            ("日期", round_.day),
            ("供应商", " ".join(text for text in supplier if text)),
            ("到货日期", day_text(order.due_date)),
            ("收货地点", order.deliver_to or BLANK),
            ("结算方式", order.terms or BLANK),
        ),
        closing=(("金额合计（大写）", rmb_capitals(order.cost_fen)),),
        notes=_notes(order),
        signatures=("制单", "审核", "供应商确认", "收货"),
        printed=round_.printed,
    )


AMENDMENT_COLUMNS = (
    Column("序号", Kind.INTEGER, 5),
    Column("商品编码", Kind.CODE, 13),
    Column("品名", Kind.TEXT, 24),
    Column("箱规", Kind.INTEGER, 6),
    Column("原数量", Kind.INTEGER, 8),
    Column("现数量", Kind.INTEGER, 8),
    Column("增加箱数", Kind.INTEGER, 8, total=True),
    Column("增加数量", Kind.QUANTITY, 8, total=True),
    Column("单价", Kind.MONEY, 10),
    Column("增加金额", Kind.MONEY, 14, total=True),
)


def amendment(order: PurchaseOrder, changed: PurchaseAmendment, printed: str) -> Sheet:
    """Return what an amendment changes on an order that has left; what is not named stays as it was."""
    return Sheet(
        "采购变更单",
        AMENDMENT_COLUMNS,
        table([_changed_row(number, line) for number, line in enumerate(changed.lines, 1)]),
        head=(
            ("变更单号", changed.number),
            ("采购单号", order.number),
            ("供应商", f"{order.supplier.code} {order.supplier.name}"),
            ("到货日期", day_text(order.promised_date or order.due_date)),
        ),
        notes=("其余商品数量不变。",),
        signatures=("制单", "供应商确认"),
        printed=printed,
    )


def _changed_row(number: int, changed: PurchaseAmendmentLine) -> Row:
    line, more = changed.line, changed.purchased - changed.former
    return (
        number,
        line.product.code,
        line.product.name,
        line.case_size,
        changed.former,
        changed.purchased,
        more // line.case_size,
        more,
        line.cost_fen,
        more * line.cost_fen,
    )


def _row(number: int, line: PrintedLine) -> Row:
    return (
        number,
        line.code,
        line.name,
        line.spec,
        line.unit,
        line.case_size,
        line.cases,
        line.units,
        line.cost_fen,
        line.amount_fen,
        "",
    )


def _notes(order: PrintedOrder) -> tuple[str, ...]:
    if not order.below_minimum:
        return ()
    return (said(f"本单低于起订金额 {format_yuan(order.min_order_fen)}，待双方确认后生效。"),)
