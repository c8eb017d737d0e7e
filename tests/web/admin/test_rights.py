"""Who may open the operators' pages."""

import re

import pytest
from flask import Flask

from groupbuy.accounts import queries
from tests.web.admin.people import Town, sign_in

WITH_ARGUMENTS = (
    "/admin/campaigns/C1",
    "/admin/campaigns/C1/preview",
    "/admin/rounds/C1",
    "/admin/products/P1",
    "/admin/leaders/L1",
    "/admin/suppliers/S1",
    "/admin/users/1",
)
MISSING = (
    "/admin/rounds/NONE",
    "/admin/campaigns/NONE",
    "/admin/orders/NONE",
    "/admin/products/NONE",
    "/admin/purchasing/NONE",
    "/admin/leaders/NONE",
    "/admin/residents/NONE",
    "/admin/suppliers/NONE",
    "/admin/users/999",
    "/admin/products/import/NONE/template.xlsx",
    "/admin/rounds/C1/papers/NONE.pdf",
)


# What Python writes where a page shows an object instead of words.
OBJECT = re.compile(rb" at 0x[0-9a-f]+&gt;")

# This one leads on to the first report.
LEADS_ON = "admin.reports"


def paths(app: Flask) -> list[str]:
    """Return the addresses of all pages that need no argument."""
    return [
        rule.rule
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("admin.") and not rule.arguments and "GET" in (rule.methods or ())
        if rule.endpoint != LEADS_ON
    ]


def test_an_operator_opens_every_page(town: Town) -> None:
    found = paths(town.app)
    assert len(found) > 20
    answers = {path: town.operator.get(path) for path in (*found, *WITH_ARGUMENTS)}
    assert {path: answer.status_code for path, answer in answers.items() if answer.status_code != 200} == {}
    # A template that names what its page did not pass may meet a function of the same name.
    assert [path for path, answer in answers.items() if OBJECT.search(answer.data)] == []


def test_a_leader_is_refused_everywhere(town: Town) -> None:
    leader = sign_in(town.app, queries.get_account(town.leader.account_id), "leader")
    answers = {path: leader.get(path).status_code for path in paths(town.app)}
    assert set(answers.values()) == {403}, answers


def test_a_stranger_is_sent_to_sign_in_and_back(town: Town) -> None:
    stranger = town.app.test_client()
    answers = {path: stranger.get(path) for path in paths(town.app)}
    assert {answer.status_code for answer in answers.values()} == {303}
    assert answers["/admin/orders"].location == "/sign-in?next=/admin/orders"


@pytest.mark.check(17)
def test_no_form_is_taken_without_its_token(town: Town) -> None:
    rules = [rule for rule in town.app.url_map.iter_rules() if rule.endpoint.startswith("admin.")]
    posts = [rule for rule in rules if "POST" in (rule.methods or ()) and not rule.arguments]
    answers = {rule.rule: town.operator.client.post(rule.rule).status_code for rule in posts}
    assert set(answers.values()) == {403}, answers


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_what_does_not_exist_is_not_found(town: Town, database_kind: str) -> None:
    answers = {path: town.operator.get(path).status_code for path in MISSING}
    assert set(answers.values()) == {404}, answers
