"""Numbers that no column holds, and digits that are none, in addresses and forms: never a fault of ours."""

from tests.web.admin.people import Town

HUGE = "9" * 25
NO_NUMBERS = (HUGE, "²", "-1", "1e3")


def test_an_address_with_a_huge_number_is_no_page(town: Town) -> None:
    paths = (f"/admin/bank/{HUGE}", f"/admin/stock/batches/{HUGE}", f"/admin/delivery/routes/{HUGE}")
    assert [town.operator.get(path).status_code for path in paths] == [404, 404, 404]


def test_a_filter_with_no_number_filters_nothing(town: Town) -> None:
    for text in NO_NUMBERS:
        assert town.operator.get(f"/admin/products?category={text}&supplier={text}").status_code == 200


def test_a_form_with_no_number_is_refused(town: Town) -> None:
    for text in NO_NUMBERS:
        page = {"version": text, "code": "P1", "name": "阿克苏苹果"}
        answers = (
            town.operator.post("/admin/products/many", id=text, change="state=off_shelf"),
            town.operator.post("/admin/products/many", id="1", change=f"category_id={text}"),
            town.operator.post("/admin/products/P1", **page),
            town.operator.post("/admin/products/prices", id=text, do="save"),
        )
        assert [answer.status_code for answer in answers if answer.status_code >= 500] == [], text
