"""The catalogue: products on their way to the shelf, pictures, suppliers, many at once."""

import io
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import select

from groupbuy.catalog.models import Category, Product, Supplier
from groupbuy.db import db
from tests.web.admin.people import Town


def typed(town: Town, **changes: Any) -> dict[str, Any]:
    """Return a product's form as an operator fills it in."""
    trade = {
        "unit": "盒",
        "case_size": "12",
        "cost_fen": "15",
        "price_fen": "19.90",
        "temperature_zone": "常温",
    }
    place = {"category_id": "0", "brand_id": "0", "supplier_id": str(town.products[0].supplier_id)}
    return trade | place | {"version": "1", "code": "NEW1", "name": "崇明土鸡蛋"} | changes


def product(code: str = "NEW1") -> Product:
    """Return a product as it is stored."""
    db.session.rollback()
    db.session.expire_all()
    return db.session.scalars(select(Product).where(Product.code == code)).one()


def test_a_product_goes_from_draft_over_review_to_the_shelf_and_off_it(town: Town) -> None:
    assert town.operator.post("/admin/products/new", **typed(town)).status_code == 303
    assert (product().state, product().price_fen) == ("draft", 1990)
    town.operator.post("/admin/products/NEW1/state", state="on_shelf")
    assert product().state == "draft"
    for state in ("reviewed", "on_shelf", "off_shelf"):
        town.operator.post("/admin/products/NEW1/state", state=state)
        assert product().state == state


def test_a_second_product_of_the_same_code_is_refused_beside_the_field(town: Town) -> None:
    answer = town.operator.post("/admin/products/new", **typed(town, code="P1"))
    assert answer.status_code == 422
    assert "已存在" in answer.get_data(as_text=True)


def test_an_older_version_does_not_overwrite_a_newer_one(town: Town) -> None:
    assert town.operator.post("/admin/products/P1", **typed(town, name="甲")).status_code == 303
    assert town.operator.post("/admin/products/P1", **typed(town, name="乙")).status_code == 409
    assert product("P1").name == "甲"


def photo() -> bytes:
    """Return a photograph with a secret in its EXIF."""
    exif = Image.Exif()
    exif[0x010E] = "secret place"
    out = io.BytesIO()
    Image.new("RGB", (1600, 1200), "orange").save(out, "JPEG", exif=exif)
    return out.getvalue()


def upload(town: Town, content: bytes, name: str) -> Any:
    """Send a product's form with a file."""
    form = typed(town, version=str(product("P1").version))
    return town.operator.post("/admin/products/P1", **form, picture=(io.BytesIO(content), name))


@pytest.mark.check(42, 43, 44)
def test_a_picture_becomes_a_small_webp_of_our_own_without_its_secrets(town: Town) -> None:
    assert upload(town, photo(), "../../evil.php").status_code == 303
    path = product("P1").picture or ""
    with Image.open(Path(town.app.instance_path) / path) as picture:
        assert (picture.format, max(picture.size)) == ("WEBP", 750)
        assert not picture.getexif()
    with town.app.test_client().get(f"/{path}") as answer:
        assert answer.mimetype == "image/webp"
        assert b"secret place" not in answer.data


@pytest.mark.check(42, 43)
def test_what_is_no_picture_is_refused_and_nothing_typed_is_lost(town: Town) -> None:
    for content in (b"<svg onload=alert(1)>", b"MZ" * 100, photo()[:500]):
        answer = upload(town, content, "a.jpg")
        assert answer.status_code == 422
        assert "崇明土鸡蛋" in answer.get_data(as_text=True)
    assert product("P1").picture is None


def test_many_products_change_at_once(town: Town) -> None:
    ids = [str(one.id) for one in town.products]
    town.operator.post("/admin/products/categories/new", name="水果生鲜", sort="1")
    category = db.session.scalars(select(Category.id)).one()
    many = "/admin/products/many"
    assert town.operator.post(many, id=ids, change=f"category_id={category}").status_code == 303
    assert product("P1").category_id == product("P2").category_id == category
    town.operator.post(many, id=ids, change="state=off_shelf")
    assert product("P2").state == "off_shelf"
    assert town.operator.post(many, id=ids, change="cost_fen=1").status_code == 422


def test_a_supplier_is_made_and_changed(town: Town) -> None:
    form = {"code": "S9", "name": "海之味", "email": "a@example.com", "min_order_fen": "300", "active": "y"}
    form |= {"minimum_policy": "hold"}
    assert town.operator.post("/admin/suppliers/new", **form).status_code == 303
    assert town.operator.post("/admin/suppliers/S9", **form | {"email": "no mail"}).status_code == 422
    assert town.operator.post("/admin/suppliers/S9", **form | {"name": "海之味水产"}).status_code == 303
    supplier = db.session.scalars(select(Supplier).where(Supplier.code == "S9")).one()
    assert (supplier.name, supplier.min_order_fen) == ("海之味水产", 30_000)
