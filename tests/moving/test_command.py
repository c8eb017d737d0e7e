"""The operator takes a leader's workbook over from the command line."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import time_machine
from flask import Flask
from sqlalchemy import func, select

from groupbuy.catalog.models import Product
from groupbuy.db import db
from groupbuy.members.models import Resident
from groupbuy.orders.models import Order
from tests.building import NOW, add_leader, add_product, add_round, add_supplier
from tests.moving.workbook import APPLE, buyer_row, export
from tests.support.commands import Run


@pytest.fixture
def town(app: Flask) -> Iterator[None]:
    """Make a leader and an open round that sells two of the workbook's three products."""
    supplier = add_supplier()
    apple = add_product(supplier, "P1", name="红富士苹果", spec="5斤装", price_fen=2990)
    milk = add_product(supplier, "P2", name="纯牛奶", spec="250ml×12", price_fen=3990)
    add_leader("L1")
    add_round([apple, milk])
    db.session.rollback()
    with time_machine.travel(NOW, tick=True):
        yield


@pytest.fixture
def workbook(tmp_path: Path) -> Path:
    """Return the workbook of the usual rows."""
    path = tmp_path / "export.xlsx"
    path.write_bytes(export())
    return path


def counts() -> tuple[int, int, int]:
    """Return how many residents, orders and drafts are stored now."""
    drafts = select(func.count()).select_from(Product).where(Product.state == "draft")
    found = (
        db.session.scalar(select(func.count()).select_from(Resident)) or 0,
        db.session.scalar(select(func.count()).select_from(Order)) or 0,
        db.session.scalar(drafts) or 0,
    )
    db.session.rollback()
    return found


@pytest.mark.usefixtures("town")
def test_a_dry_run_shows_everything_and_takes_nothing_over(cli_runner: Run, workbook: Path) -> None:
    answer = cli_runner("move-in", workbook, "--leader", "L1", "--round", "C1", "--dry-run", "--json").json
    assert (answer["differences"], answer["moved"]["residents"], answer["moved"]["orders"]) == ([], 3, 3)
    assert answer["left_out"] == ["order 158: 黄桃罐头(4瓶) not in this round"]
    assert counts() == (0, 0, 0)


@pytest.mark.usefixtures("town")
def test_the_same_workbook_twice_changes_nothing_the_second_time(cli_runner: Run, workbook: Path) -> None:
    arguments = ("move-in", workbook, "--leader", "L1", "--round", "C1", "--paid", "--json")
    assert cli_runner(*arguments).json["moved"]["orders"] == 3
    again = cli_runner(*arguments).json["moved"]
    assert (again["residents"], again["orders"], again["known_orders"]) == (0, 0, 3)
    assert counts() == (3, 3, 0)


@pytest.mark.usefixtures("town")
def test_without_a_round_unknown_products_become_drafts(cli_runner: Run, workbook: Path) -> None:
    assert "3 residents, 1 products, 0 orders new" in cli_runner("move-in", workbook, "--leader", "L1").stdout
    assert counts() == (3, 0, 1)


@pytest.mark.usefixtures("town")
def test_what_is_left_out_is_named_and_a_wrong_file_refused(cli_runner: Run, tmp_path: Path) -> None:
    path = tmp_path / "big.xlsx"
    rows = [buyer_row("1", "甲", APPLE, 2_000_000, 联系电话=13812345678), buyer_row("2", "乙", APPLE)]
    path.write_bytes(export(rows, []))
    answer = cli_runner("move-in", path, "--leader", "L1", "--round", "C1").stdout
    assert "left out: 乙: no mobile number" in answer
    assert "unclear_quantity" in answer
    path.write_bytes(b"nothing")
    refused = cli_runner("move-in", path, "--leader", "L1", check=False)
    assert refused.exit_code == 1
    assert "big.xlsx" in refused.stderr
