"""Labels for the bags of a leader: one for each, numbered, with a code that a scanner reads."""

import subprocess
from pathlib import Path

import pytest
from flask import Flask

from groupbuy.app.documents import render
from groupbuy.kernel.errors import NotFound, RuleBroken
from tests import building


@pytest.fixture
def round_name(app: Flask) -> str:
    """Close a round with ten residents in two buildings, one with nine goods; return its name."""
    leader = building.add_leader("L1", name="王秀兰")
    building.add_leader("L2")
    supplier = building.add_supplier()
    names = ["很长的商品名称" * 6, "=2+3 🍎", *(f"商品{number}" for number in range(3, 10))]
    goods = [building.add_product(supplier, f"P{n}", name=name) for n, name in enumerate(names, 1)]
    round_ = building.add_round(goods)
    for number in range(10):
        home = f"{number // 6 + 1}-1-{number}01"
        wants = {f"P{n}": n for n in range(1, 10)} if number == 0 else {"P2": 12}
        building.place(round_, building.add_resident(leader, f"居民{number}", room=home), wants)
    with pytest.raises(RuleBroken):
        render("bag_labels", round_.name, "L1", "pdf", building.NOW)
    building.close(app, round_)
    return round_.name


@pytest.mark.printed
def test_each_bag_has_a_numbered_label_whose_code_can_be_read(round_name: str, tmp_path: Path) -> None:
    file = render("bag_labels", round_name, "L1", "pdf", building.NOW)
    path = tmp_path / "labels.pdf"
    path.write_bytes(file.content)
    text = subprocess.run(
        ["pdftotext", "-layout", path, "-"], capture_output=True, text=True, check=True
    ).stdout
    assert text.count("\f") == 2
    assert all(f"总{number}/10" in text for number in range(1, 11))
    assert "总7/10（本楼1/4）" in text
    assert "…等4种，共9种 45件" in text
    assert "=2+3" in text
    subprocess.run(["pdftoppm", "-r", "150", "-png", path, tmp_path / "page"], check=True)
    pages = sorted(tmp_path.glob("page*.png"))
    read = subprocess.run(["zbarimg", "-q", "--raw", *pages], capture_output=True, text=True, check=True)
    assert len(set(read.stdout.split())) == 10


def test_labels_are_a_leaders_own_and_a_pdf(round_name: str) -> None:
    for code, suffix in (("L2", "pdf"), ("L1", "xlsx"), (None, "pdf")):
        with pytest.raises(NotFound):
            render("bag_labels", round_name, code, suffix, building.NOW)
