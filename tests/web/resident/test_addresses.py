"""A resident's doors through the pages."""

import re

from groupbuy.db import db
from groupbuy.members.models import Resident, ResidentAddress
from tests.web.shopping import Visitor, open_shop


def test_a_door_is_added_chosen_edited_and_removed(visitor: Visitor) -> None:
    visitor.sign_up("13812345678", open_shop(1).leader)
    assert "3-2-501" in visitor.get("/me/addresses")
    visitor.send("/me/addresses", {"room": "5-1-102"})
    first, second = (row.id for row in db.session.query(ResidentAddress).order_by(ResidentAddress.id.desc()))
    visitor.send("/me/addresses", {}, to=f"/me/addresses/{first}/choose")
    db.session.rollback()
    assert db.session.query(Resident.room).scalar() == "5-1-102"
    visitor.send(f"/me/addresses/{first}", {"room": "5-1-103"})
    visitor.send("/me/addresses", {}, to=f"/me/addresses/{second}/remove")
    page = visitor.get("/me/addresses")
    assert "5-1-103" in page
    assert "3-2-501" not in re.sub(r"例如[^<]*|如 3-2-501[^<]*", "", page)


def test_an_empty_or_known_door_stands_beside_its_field(visitor: Visitor) -> None:
    visitor.sign_up("13812345678", open_shop(1).leader)
    assert visitor.send("/me/addresses", {"room": ""}).status_code == 422
    answer = visitor.send("/me/addresses", {"room": "3-2-501"})
    assert answer.status_code == 422
    assert "已经" in answer.text


def test_a_door_of_nobody_is_not_found(visitor: Visitor) -> None:
    visitor.sign_up("13812345678", open_shop(1).leader)
    assert visitor.client.get("/me/addresses/99").status_code == 404
