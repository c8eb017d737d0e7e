"""For whom an invoice may be, proved without a database."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groupbuy.invoicing import rules
from groupbuy.kernel.errors import BadInput
from tests.invoicing.office import OFD, PDF, XML

SIGNS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
BODIES = st.text(SIGNS, min_size=17, max_size=17)


# Published numbers of well-known companies and the example of the standard.
@pytest.mark.parametrize("number", ["91350100M000100Y43", "91440300708461136T", "914403001922038216"])
def test_tax_numbers_in_use_are_good(number: str) -> None:
    assert rules.is_tax_number(number)


@given(BODIES, st.integers(0, 17), st.sampled_from(SIGNS))
def test_one_wrong_sign_is_always_found(body: str, place: int, sign: str) -> None:
    number = body + rules.check_sign(body)
    changed = number[:place] + sign + number[place + 1 :]
    assert rules.is_tax_number(changed) == (changed == number)


@given(st.text(max_size=20))
def test_any_other_text_is_answered_without_a_fault(text: str) -> None:
    assert not (rules.is_tax_number(text) and len(text) != 18)


@pytest.mark.parametrize(
    ("wrong", "param"),
    [
        ({"kind": "firm"}, "kind"),
        ({"title": " "}, "title"),
        ({"title": "x" * 101}, "title"),
        ({"kind": "company", "tax_number": "91350100M000100Y44"}, "tax_number"),
        ({"kind": "company", "tax_number": ""}, "tax_number"),
        ({"email": "nobody"}, "email"),
        ({"email": "a@b.c\nBcc: d@e.f"}, "email"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(wrong: dict[str, str], param: str) -> None:
    fields = {"kind": "person", "title": "王芳", "tax_number": "", "email": "a@example.com"}
    with pytest.raises(BadInput) as caught:
        rules.buyer(**fields | wrong)
    assert caught.value.param == param


def test_a_company_is_tidied_up_and_a_person_has_no_tax_number() -> None:
    fields = {"title": " 绿田有限公司 ", "tax_number": "9135 0100 m000100y43", "email": " a@example.com "}
    assert rules.buyer(kind="company", **fields).tax_number == "91350100M000100Y43"
    assert rules.buyer(kind="person", **fields) == rules.Buyer(
        "person", "绿田有限公司", None, "a@example.com"
    )


@pytest.mark.parametrize("number", ["1" * 8, "1" * 10 + " " + "2" * 8, "2644 2000 0000 0000 0001"])
def test_invoices_have_numbers_of_twenty_digits_or_older_ones(number: str) -> None:
    assert rules.check_number(number) == number.replace(" ", "")


@pytest.mark.parametrize("number", ["", "1", "12a", "1" * 9, "1" * 21, "１" * 20])
def test_numbers_of_invoices_are_digits(number: str) -> None:
    with pytest.raises(BadInput):
        rules.check_number(number)


BOMB = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><x>&b;</x>'


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"<html>", PDF[:-7], b"x" + PDF, PDF + b"x" * 5 * 1024 * 1024),
        *(OFD[:-9], b"PK\x03\x04", XML[:-3], BOMB, BOMB.decode().encode("utf-16"), b"MZ exe"),
    ],
)
def test_what_is_no_whole_invoice_is_refused(content: bytes) -> None:
    with pytest.raises(BadInput):
        rules.check_file(content)


def test_an_invoice_is_known_by_what_it_holds() -> None:
    assert [rules.check_file(one) for one in (PDF, OFD, XML)] == list(rules.TYPES)
