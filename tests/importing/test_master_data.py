"""Suppliers, products, leaders and residents."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from groupbuy.accounts.models import Account, AccountRole
from groupbuy.accounts.queries import roles_of
from groupbuy.audit.models import AuditEntry
from groupbuy.catalog.models import Category, Product, Supplier
from groupbuy.commissions.models import CommissionRule
from groupbuy.db import db
from groupbuy.leaders.models import Leader
from groupbuy.members.models import Resident
from tests.files import (
    LEADERS,
    NOW,
    PRODUCTS,
    REGION,
    RESIDENTS,
    SUPPLIERS,
    faults_of,
    import_region,
    import_text,
)


def one(model: type, code: str) -> object:
    return db.session.scalars(select(model).where(model.code == code)).one()


@pytest.mark.parametrize("kind", REGION)
def test_repeating_a_file_changes_nothing(app: Flask, kind: str) -> None:
    import_region()
    entries = db.session.scalar(select(func.count(AuditEntry.id)))

    again = import_text(kind, REGION[kind], now=NOW + timedelta(hours=1))

    assert (again.created, again.updated) == (0, 0)
    assert again.unchanged == again.imported == len(REGION[kind].splitlines()) - 1
    assert db.session.scalar(select(func.count(AuditEntry.id))) == entries


def test_a_changed_row_is_updated_and_a_new_one_created(app: Flask) -> None:
    import_region()

    result = import_text("suppliers", SUPPLIERS.replace("海鲜行", "远洋行") + "S3,菜场,,,,\n")

    assert (result.imported, result.created, result.updated, result.unchanged) == (3, 1, 1, 1)
    assert one(Supplier, "S2").name == "远洋行"


def test_a_dry_run_says_what_would_happen_and_stores_nothing(app: Flask) -> None:
    result = import_text("suppliers", SUPPLIERS, dry_run=True)

    assert result.created == 2
    assert db.session.scalar(select(func.count(Supplier.id))) == 0
    assert db.session.scalar(select(func.count(AuditEntry.id))) == 0


def test_one_faulty_row_keeps_all_rows_out(app: Flask) -> None:
    result = import_text("suppliers", SUPPLIERS + ",无编码,,,,\n")

    assert faults_of(result) == [(4, "code", "required")]
    assert (result.imported, db.session.scalar(select(func.count(Supplier.id)))) == (0, 0)


@pytest.mark.parametrize(
    "name",
    [
        "=cmd|' /C calc'!A0",
        "+1",
        "-1",
        "@SUM(A1)",
        "🍎苹果🍏",
        "\u202eתפוח\u200f",
        " 空格 ",
        "长" * 300,
        '"引号"',
    ],
)
def test_a_name_is_kept_exactly(app: Flask, name: str) -> None:
    quoted = name.replace('"', '""')

    import_text("suppliers", f'{SUPPLIERS}S3,"{quoted}",,,,\n')

    assert one(Supplier, "S3").name == name


def test_blank_cells_of_a_product_have_their_defaults(app: Flask) -> None:
    import_region(products=PRODUCTS + "P4,散装,,S1,,,1,2\n")

    product = one(Product, "P4")

    assert (product.unit, product.case_size, product.category_id) == ("份", 1, None)
    assert (product.temperature_zone, product.weighed, product.version) == ("常温", False, 1)


OPTIONAL = """\
code,name,category,supplier_code,unit,case_size,cost_yuan,price_yuan,spec,brand,barcode,temperature_zone,weighed,list_price_yuan
P1,苹果,水果,S1,斤,10,3.50,5.00,5斤装,红富士,690001,chilled,是,6.80
"""


def test_a_file_without_an_optional_column_leaves_what_is_stored(app: Flask) -> None:
    import_region(products=OPTIONAL + "P2,鸡蛋,,S1,,,1,2,,,,,,\nP3,带鱼,,S1,,,1,2,,,,,,\n")

    import_text("products", PRODUCTS)

    product = one(Product, "P1")
    assert (product.spec, product.barcode, product.weighed) == ("5斤装", "690001", True)
    assert (product.temperature_zone, product.list_price_fen) == ("冷藏", 680)


def test_a_blank_cell_of_an_optional_column_clears_what_is_stored(app: Flask) -> None:
    import_region(products=OPTIONAL + "P2,鸡蛋,,S1,,,1,2,,,,,,\nP3,带鱼,,S1,,,1,2,,,,,,\n")

    import_text("products", OPTIONAL.replace("5斤装,红富士,690001,chilled,是,6.80", ",,,,,"))

    product = one(Product, "P1")
    assert (product.spec, product.brand_id, product.list_price_fen) == (None, None, None)
    assert (product.weighed, product.temperature_zone, product.version) == (False, "常温", 2)


def test_a_file_says_where_products_stand_and_leaves_or_clears_it(app: Flask) -> None:
    placed = "code,name,category,supplier_code,unit,case_size,cost_yuan,price_yuan,shelf_place\n"
    import_region(products=placed + "P1,苹果,,S1,,,1,2, A-03-2 \nP2,鸡蛋,,S1,,,1,2,\nP3,带鱼,,S1,,,1,2,\n")
    assert (one(Product, "P1").shelf_place, one(Product, "P2").shelf_place) == ("A-03-2", None)

    import_text("products", PRODUCTS)
    assert one(Product, "P1").shelf_place == "A-03-2"
    import_text("products", placed + "P1,苹果,,S1,,,1,2,\n")
    assert one(Product, "P1").shelf_place is None
    too_long = import_text("products", placed + f"P1,苹果,,S1,,,1,2,{'A' * 17}\n")
    assert faults_of(too_long) == [(2, "shelf_place", "out_of_range")]


def test_a_category_is_made_once(app: Flask) -> None:
    import_region()

    names = db.session.scalars(select(Category.name)).all()

    assert sorted(names) == sorted(["水果", "禽蛋", "水产"])


def test_a_phone_has_one_account_with_several_roles_and_no_password(app: Flask) -> None:
    import_region(residents=RESIDENTS + "M4,王芳,138-0000-0001,L2,7\nM5,王家,+8613800000001,L2,8\n")

    account = db.session.scalars(select(Account).where(Account.phone == "13800000001")).one()

    assert roles_of(account.id) == {"leader", "resident"}
    assert account.password_hash is None
    assert {one(Resident, "M4").account_id, one(Resident, "M5").account_id} == {account.id}


def test_a_leader_with_another_phone_gets_the_account_of_that_phone(app: Flask) -> None:
    import_region()
    former = one(Leader, "L1").account_id

    result = import_text("leaders", LEADERS.replace("13800000001", "13900000001"))

    leader = one(Leader, "L1")
    assert result.updated == 1
    assert roles_of(leader.account_id) == {"leader", "resident"}
    assert db.session.scalars(select(AccountRole).where(AccountRole.account_id == former)).all() == []


def rates_in_force() -> dict[int, object]:
    rules = select(CommissionRule).where(CommissionRule.valid_to.is_(None))
    return {rule.target_id: rule.rate for rule in db.session.scalars(rules)}


def test_a_percentage_becomes_the_leaders_own_rate_and_a_blank_one_ends_it(app: Flask) -> None:
    import_region()
    leader = one(Leader, "L1").id
    assert rates_in_force() == {leader: {"rate_bp": 800}}

    result = import_text("leaders", LEADERS.replace("R1,8", "R1,9.5"))
    assert (result.updated, rates_in_force()) == (1, {leader: {"rate_bp": 950}})

    result = import_text("leaders", LEADERS.replace("R1,8", "R1,"))
    assert (result.updated, rates_in_force()) == (1, {})


def test_a_resident_moves_to_another_leader(app: Flask) -> None:
    import_region()

    import_text("residents", RESIDENTS.replace("L1,101", "L2,101"))

    assert one(Resident, "M1").leader_id == one(Leader, "L2").id


def test_every_fault_is_listed_in_one_go_also_several_of_one_row(app: Flask) -> None:
    import_region()
    bad = "P1,,水果,S9,斤,0,NaN,1e9\nP1,b,水果,S1,斤,1.5,3.555,-1\n"

    result = import_text("products", PRODUCTS + bad)

    assert faults_of(result) == [
        (5, "case_size", "out_of_range"),
        (5, "code", "duplicate"),
        (5, "cost_yuan", "not_a_number"),
        (5, "name", "required"),
        (5, "price_yuan", "not_a_number"),
        (5, "supplier_code", "unknown_reference"),
        (6, "case_size", "not_a_number"),
        (6, "code", "duplicate"),
        (6, "cost_yuan", "out_of_range"),
        (6, "price_yuan", "out_of_range"),
    ]
    assert all(fault.message.endswith(".") for fault in result.faults)


@pytest.mark.parametrize(
    ("phone", "code"),
    [
        ("1380000000", "out_of_range"),
        ("12800000001", "out_of_range"),
        ("abc", "not_a_number"),
        ("", "required"),
    ],
)
def test_what_is_no_mobile_number_is_refused(app: Flask, phone: str, code: str) -> None:
    result = import_text("leaders", LEADERS.replace("13800000001", phone))

    assert faults_of(result) == [(2, "phone", code)]


@pytest.mark.parametrize(
    "phone", ["１３８０００００００１", "+86 138 0000 0001", "13800000001.0", "138-0000-0001"]
)
def test_a_mobile_number_is_stored_as_eleven_digits(app: Flask, phone: str) -> None:
    import_text("leaders", LEADERS.replace("13800000001", phone))

    assert one(Leader, "L1").phone == "13800000001"


@pytest.mark.parametrize("code", ["a/b", "a\\b", "..", "x" * 65, "a\u0007b", "a:b"])
@pytest.mark.check(46)
def test_a_code_that_is_unsafe_in_a_file_name_is_refused(app: Flask, code: str) -> None:
    result = import_text("suppliers", f"{SUPPLIERS}{code},新,,,,\n")

    assert faults_of(result) == [(4, "code", "out_of_range")]


def test_missing_and_unknown_columns_are_named_and_the_cells_still_checked(app: Flask) -> None:
    result = import_text("suppliers", "code,name,contact,phone,email,colour\nS1,,,,,red\n")

    assert faults_of(result) == [
        (1, "colour", "unknown_column"),
        (1, "min_order_yuan", "missing_column"),
        (2, "name", "required"),
    ]


def test_columns_come_in_any_order(app: Flask) -> None:
    import_text("suppliers", "min_order_yuan,email,name,phone,contact,code\n5,,农场,,,S1\n")

    supplier = one(Supplier, "S1")
    assert (supplier.name, supplier.min_order_fen) == ("农场", 500)


def test_a_file_with_a_header_only_imports_nothing(app: Flask) -> None:
    result = import_text("suppliers", SUPPLIERS.splitlines()[0])

    assert (result.imported, result.faults) == (0, ())
