"""Failures carry what each edge needs to say."""

import pytest

from groupbuy.kernel import errors


@pytest.mark.parametrize(
    ("kind", "status"),
    [(errors.NotFound, 404), (errors.NotAllowed, 403), (errors.RuleBroken, 409), (errors.BadInput, 422)],
)
def test_each_failure_has_its_status(kind: type[errors.GroupbuyError], status: int) -> None:
    assert kind("some_code").status == status


def test_a_failure_names_its_code_sentence_and_input() -> None:
    error = errors.BadInput(
        "duplicate", "This product is already in the order.", param="lines[1].product_code"
    )
    assert (error.code, str(error), error.param) == ("duplicate", error.message, "lines[1].product_code")


def test_without_a_sentence_the_code_is_shown() -> None:
    assert str(errors.RuleBroken("sold_out")) == "sold_out"
