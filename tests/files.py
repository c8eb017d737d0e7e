"""Small import files, and a region made of them, for every test that needs something to sell."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from groupbuy.db.transaction import in_transaction
from groupbuy.documents.reading import read_table
from groupbuy.flows.importing import ImportResult, import_file

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)

SUPPLIERS = """\
code,name,contact,phone,email,min_order_yuan
S1,绿田农场,陈先生,13700000001,farm@example.com,100
S2,海鲜行,,,,
"""
PRODUCTS = """\
code,name,category,supplier_code,unit,case_size,cost_yuan,price_yuan
P1,苹果,水果,S1,斤,10,3.50,5.00
P2,鸡蛋,禽蛋,S1,盒,,10.00,12.50
P3,带鱼,水产,S2,条,6,18.00,25.80
"""
LEADERS = """\
code,name,phone,community,address,route,commission_percent
L1,王芳,13800000001,阳光小区,1号楼架空层,R1,8
L2,李军,13800000002,翠苑小区,南门,R2,
"""
RESIDENTS = """\
code,name,phone,leader_code,room
M1,赵敏,13900000001,L1,101
M2,钱多,13900000002,L1,102
M3,孙丽,13900000003,L2,201
"""
OFFERS = """\
campaign_code,campaign_name,opens_at,closes_at,pickup_date,product_code,price_yuan,limit_units,per_buyer_limit,min_units
C1,周日团,2026-11-22 08:00,2026-11-22 22:00,2026-11-23,P1,4.99,10,4,
C1,周日团,2026-11-22 08:00,2026-11-22 22:00,2026-11-23,P2,12,,,
"""
ORDER_COLUMNS = "order_ref,campaign_code,resident_code,placed_at,product_code,quantity"
REGION: Mapping[str, str] = {
    "suppliers": SUPPLIERS,
    "products": PRODUCTS,
    "leaders": LEADERS,
    "residents": RESIDENTS,
    "offers": OFFERS,
}


def csv_text(columns: str, rows: Iterable[Sequence[object]]) -> str:
    """Return a file of rows under comma-separated column names."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([columns.split(","), *rows])
    return text.getvalue()


def import_text(kind: str, text: str, *, now: datetime = NOW, dry_run: bool = False) -> ImportResult:
    """Import a CSV text in a transaction of its own; needs the application's context."""
    table = read_table(text.encode(), name="test.csv")
    return in_transaction(
        lambda: import_file(kind=kind, table=table, now=now, zone=ZONE, actor="test", dry_run=dry_run)
    )


def import_region(**instead: str) -> None:
    """Import suppliers, products, leaders, residents and a campaign C1 with offers of P1 and P2."""
    for kind, text in (dict(REGION) | instead).items():
        result = import_text(kind, text)
        assert not result.faults, result.faults


def faults_of(result: ImportResult) -> list[tuple[int, str, str]]:
    """Return row, column and code of each fault."""
    return [(fault.row, fault.column, fault.code) for fault in result.faults]
