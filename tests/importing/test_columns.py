"""The columns that other programs and people rely on."""

import re

import pytest

from groupbuy.flows.importing import KINDS
from groupbuy.flows.importing.layout import Column
from groupbuy.kernel.errors import BadInput
from tests.files import ZONE
from tests.support.commands import ROOT

CONTRACT = {
    "suppliers": "code,name,contact,phone,email,min_order_yuan",
    "products": "code,name,category,supplier_code,unit,case_size,cost_yuan,price_yuan",
    "sources": "product_code,supplier_code,cost_yuan,case_size,share_percent,daily_limit",
    "leaders": "code,name,phone,community,address,route,commission_percent",
    "residents": "code,name,phone,leader_code,room",
    "offers": "campaign_code,campaign_name,opens_at,closes_at,pickup_date,product_code,price_yuan,limit_units"
    ",per_buyer_limit,min_units",
    "orders": "order_ref,campaign_code,resident_code,placed_at,product_code,quantity",
}
OPTIONAL = {
    "leaders": "email",
    "products": "spec,brand,barcode,temperature_zone,weighed,list_price_yuan,shelf_place",
    "residents": "building",
    "sources": "split_by,own_limit",
}


def names(text: str) -> set[str]:
    return set(text.split(",")) - {""}


@pytest.mark.parametrize("kind", CONTRACT)
def test_the_columns_are_those_agreed(kind: str) -> None:
    columns = KINDS[kind].columns

    assert {column.name for column in columns if not column.optional} == names(CONTRACT[kind])
    assert {column.name for column in columns if column.optional} == names(OPTIONAL.get(kind, ""))


@pytest.mark.parametrize("kind", CONTRACT)
def test_the_page_names_every_column_and_which_must_be_filled_in(kind: str) -> None:
    page = (ROOT / "docs" / "import-files.md").read_text(encoding="utf-8")
    row = re.search(rf"^\| `{kind}` \| (.*) \|$", page, re.MULTILINE)

    assert row is not None
    told = [re.sub(r" \(.*\)", "", part) for part in row[1].split(", ")]
    marks = {True: "**", False: ""}
    expected = [
        f"*{column.name}*"
        if column.optional
        else f"{marks[column.required]}{column.name}{marks[column.required]}"
        for column in KINDS[kind].columns
    ]
    assert sorted(told) == sorted(expected)


@pytest.mark.parametrize(
    "text", ["", " ", "0", "-1", "x", "１", "NaN", "1e400", "9" * 9999, "\x00", "=1", "🍎", "2026-99-99"]
)
def test_every_cell_is_a_value_or_a_fault_with_a_code_of_the_import(text: str) -> None:
    codes = {fault_code(column, text) for kind in KINDS.values() for column in kind.columns}

    assert codes <= {"", "required", "not_a_number", "out_of_range"}


def fault_code(column: Column, text: str) -> str:
    try:
        column.reader(ZONE)(text)
    except BadInput as error:
        return error.code
    return ""
