"""What a campaign may take for freight."""

import pytest

from groupbuy.campaigns.freight import check_freight
from groupbuy.kernel.errors import BadInput


@pytest.mark.parametrize(
    ("freight", "free_from", "shared", "payment", "fault"),
    [
        (None, None, False, "prepaid", ""),
        (500, 5000, False, "prepaid", ""),
        (500, None, True, "to_leader", ""),
        (0, None, False, "prepaid", "freight_fen"),
        (None, 5000, False, "prepaid", "freight_fen"),
        (None, None, True, "to_leader", "freight_fen"),
        (500, 0, False, "prepaid", "freight_free_from_fen"),
        (500, 5000, True, "to_leader", "freight_free_from_fen"),
        (500, None, True, "prepaid", "freight_shared"),
    ],
)
def test_freight_that_makes_no_sense_is_refused(
    freight: int | None, free_from: int | None, shared: bool, payment: str, fault: str
) -> None:
    found = ""
    try:
        check_freight(freight, free_from, shared=shared, payment=payment)
    except BadInput as error:
        found = error.param or ""
    assert found == fault
