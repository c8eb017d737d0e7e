"""Further suppliers of products from a file and from the command line."""

from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from groupbuy.audit.models import AuditEntry
from groupbuy.catalog import service, sourcing
from groupbuy.catalog.sourcing import Further, Sourcing
from groupbuy.db import db
from tests.files import PRODUCTS, SUPPLIERS, csv_text, faults_of, import_text
from tests.support.commands import Run

COLUMNS = "product_code,supplier_code,cost_yuan,case_size,share_percent,daily_limit"
WHOLE = f"{COLUMNS},split_by,own_limit"


@pytest.fixture
def catalogue(app: Flask) -> None:
    """P1 and P2 are of S1, P3 of S2; S3 to S8 deliver nothing yet."""
    others = "".join(f"S{number},{number}号,,,,\n" for number in range(3, 9))
    import_text("suppliers", SUPPLIERS + others)
    import_text("products", PRODUCTS)


def stored(code: str) -> Sourcing:
    db.session.rollback()
    return sourcing.sourcing_of(service.get_product(code))


def version(code: str) -> int:
    return service.get_product(code).version


@pytest.mark.usefixtures("catalogue")
def test_a_file_names_further_suppliers_and_leaves_those_it_does_not_name() -> None:
    first = [("P1", "S3", "3.40", 10, 40, "", "", ""), ("P2", "S3", "9", "", "", 30, "按价格", 50)]
    result = import_text("sources", csv_text(WHOLE, first))
    assert (result.created, result.updated, result.unchanged) == (2, 0, 0)
    assert stored("P1") == Sourcing("share", None, (Further("S3", 340, 10, 4_000),))
    assert stored("P2") == Sourcing("price", 50, (Further("S3", 900, 1, 0, 30),))
    entries = db.session.scalar(select(func.count(AuditEntry.id)))
    versions = version("P1"), version("P2")
    assert import_text("sources", csv_text(WHOLE, first)).unchanged == 2
    assert (versions, entries) == (
        (version("P1"), version("P2")),
        db.session.scalar(select(func.count(AuditEntry.id))),
    )
    # Without its own columns a product keeps how it is split; S3 keeps its terms with P1.
    second = [("P1", "S2", "3.60", 1, 60, ""), ("P2", "S3", "9.10", "", "", 20)]
    result = import_text("sources", csv_text(COLUMNS, second))
    assert (result.created, result.updated, result.unchanged) == (1, 1, 0)
    assert stored("P1").further == (Further("S2", 360, 1, 6_000), Further("S3", 340, 10, 4_000))
    assert stored("P2") == Sourcing("price", 50, (Further("S3", 910, 1, 0, 20),))
    assert (version("P1"), version("P2")) == (versions[0] + 1, versions[1] + 1)


@pytest.mark.usefixtures("catalogue")
def test_what_no_product_can_have_is_told_at_its_cell_and_nothing_is_stored() -> None:
    rows = [
        ("P1", "S1", "1", "", "", "", "", ""),
        ("P1", "S3", "1", "", "60", "", "share", ""),
        ("P1", "S4", "10000.01", "", "", "", "", ""),
        ("P1", "S5", "1", "0", "50", "", "price", ""),
        ("P9", "S3", "1", "", "", "", "", ""),
        ("P3", "S9", "1", "", "", "", "", ""),
        ("P2", "S3", "1", "", "60", "", "", "7"),
        ("P2", "S3", "1", "", "60", "1000001", "luck", "8"),
        ("P2", "S4", "1", "", "60", "", "", ""),
    ]
    result = import_text("sources", csv_text(WHOLE, rows))
    assert faults_of(result) == [
        (2, "supplier_code", "inconsistent"),
        (4, "cost_yuan", "out_of_range"),
        (5, "case_size", "out_of_range"),
        (5, "split_by", "inconsistent"),
        (6, "product_code", "unknown_reference"),
        (7, "supplier_code", "unknown_reference"),
        (9, "daily_limit", "out_of_range"),
        (9, "own_limit", "inconsistent"),
        (9, "split_by", "out_of_range"),
        (9, "supplier_code", "duplicate"),
        (10, "share_percent", "out_of_range"),
    ]
    assert stored("P1") == stored("P2") == Sourcing()
    most = [("P1", f"S{number}", "1", "", "", "") for number in range(2, 8)]
    assert faults_of(import_text("sources", csv_text(COLUMNS, most))) == [
        (7, "supplier_code", "out_of_range")
    ]


@pytest.mark.usefixtures("catalogue")
def test_a_further_supplier_is_named_and_unnamed_on_the_command_line(cli_runner: Run, tmp_path: Path) -> None:
    file = tmp_path / "sources.csv"
    file.write_text(csv_text(COLUMNS, [("P1", "S3", "3.40", 10, 40, "")]), encoding="utf-8")
    assert cli_runner("import", "sources", file, "--json").json["created"] == 1
    terms = ("--case", "6", "--share", "12.5", "--limit", "30", "--split", "price")
    answer = cli_runner("sources", "P1", "--name", "S4", "3.30", *terms, "--json").json
    assert answer["split_by"] == "price"
    assert [(one["supplier_code"], one["share_bp"]) for one in (answer["main"], *answer["sources"])] == [
        ("S1", 4_750),
        ("S3", 4_000),
        ("S4", 1_250),
    ]
    shown = cli_runner("sources", "P1", "--unname", "S3").stdout
    assert "S4  ¥3.30  case of 6  12.5 %  at most 30 a day" in shown
    assert "S3" not in shown
    for wrong in (("--unname", "S3"), ("--name", "S1", "1"), ("--name", "S5", "x"), ("--share", "1")):
        assert cli_runner("sources", "P1", *wrong, check=False).exit_code in (1, 2), wrong
    assert stored("P1") == Sourcing("price", None, (Further("S4", 330, 6, 1_250, 30),))
