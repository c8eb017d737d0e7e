"""Further suppliers of a product: on its page and over the API."""

from typing import Any

from sqlalchemy import select

from groupbuy.audit.models import AuditEntry
from groupbuy.catalog import service, sourcing
from groupbuy.catalog.sourcing import Further, Sourcing
from groupbuy.db import db
from tests import building
from tests.web.admin.people import Town

PAGE = "/admin/products/P1/sources"


def stored() -> Sourcing:
    """Return how P1 is sourced now."""
    db.session.rollback()
    return sourcing.sourcing_of(service.get_product("P1"))


def typed(version: int, **changes: str) -> dict[str, Any]:
    """Return the form with one further supplier."""
    row = {"supplier_code": "S8", "cost_fen": "4.50", "case_size": "12", "share_bp": "37.5"}
    first = {f"sources-0-{name}": text for name, text in row.items()}
    return {"version": str(version), "split_by": "share", "daily_limit": ""} | first | changes


def test_an_operator_names_and_unnames_a_further_supplier(town: Town) -> None:
    building.add_supplier("S8", name="<b>八号</b>")
    assert "S8 &lt;b&gt;八号&lt;/b&gt;" in town.operator.get(PAGE).get_data(as_text=True)
    assert town.operator.post(PAGE, **typed(1)).status_code == 303
    assert stored() == Sourcing("share", None, (Further("S8", 450, 12, 3_750),))
    assert "62.5%" in town.operator.get(PAGE).get_data(as_text=True)
    # Somebody who has seen the product as it was is told, and what cannot be is refused beside the form.
    assert town.operator.post(PAGE, **typed(1, split_by="price")).status_code == 422
    for wrong in (
        {"sources-0-cost_fen": ""},
        {"sources-0-case_size": "0"},
        {"sources-0-share_bp": "100.01"},
        {"sources-1-supplier_code": "S8", "sources-1-cost_fen": "1"},
        {"split_by": "luck"},
    ):
        assert town.operator.post(PAGE, **typed(2, **wrong)).status_code == 422
    assert town.operator.post(PAGE, version="2", split_by="share").status_code == 303
    assert stored() == Sourcing()
    logged = select(AuditEntry).where(AuditEntry.verb == "product_sources_set")
    assert len(db.session.scalars(logged).all()) == 2
