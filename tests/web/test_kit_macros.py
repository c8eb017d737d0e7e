"""Forms, lists, menus and states as they come out of the templates."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from groupbuy.campaigns.rules import RoundState
from groupbuy.orders.rules import OrderState, Phase
from groupbuy.purchasing.rules import POState
from groupbuy.web.kit import navigation, paging, states
from tests.web.kit_pages import sample_app


@pytest.fixture
def sample() -> Flask:
    return sample_app()


@pytest.fixture
def visitor(sample: Flask) -> FlaskClient:
    return sample.test_client()


def send(visitor: FlaskClient, **typed: str) -> str:
    page = visitor.get("/form").text
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert token
    return visitor.post(
        "/form", data={"csrf_token": token[1], "kind": "fruit", "mode": "refund"} | typed
    ).text


def test_an_error_stands_beside_its_field_and_keeps_what_was_typed(visitor: FlaskClient) -> None:
    page = send(visitor, name="一二三四五六", agree="y")
    assert 'value="一二三四五六"' in page
    assert 'aria-describedby="name-hint name-error"' in page
    assert "最多 5 个字。" in page


def test_messages_of_forms_follow_the_language(visitor: FlaskClient) -> None:
    assert "请填写这一项。" in send(visitor, agree="y")
    visitor.get("/desk?lang=en")
    assert "This field is required." in send(visitor, agree="y")


def test_each_form_has_a_key_of_its_own(visitor: FlaskClient) -> None:
    keys = [
        re.findall(r'name="submission_key"[^>]*value="([^"]+)"', visitor.get("/form").text) for _ in range(2)
    ]
    assert len(keys[0][0]) > 20
    assert keys[0] != keys[1]


def test_every_field_has_a_label(visitor: FlaskClient) -> None:
    page = visitor.get("/form").text
    for identifier in re.findall(r'<(?:input|select|textarea)(?![^>]*type="hidden")[^>]* id="([^"]+)"', page):
        assert f'for="{identifier}"' in page


def test_pages_keep_the_filters(visitor: FlaskClient) -> None:
    page = visitor.get("/campaigns?q=果&state=open&page=3").text
    assert "page=4" in page
    assert page.count("q=%E6%9E%9C&amp;state=open") >= 4


def test_a_head_sorts_and_then_turns_round(visitor: FlaskClient) -> None:
    assert 'href="/campaigns?sort=name"' in visitor.get("/campaigns?page=2").text
    turned = visitor.get("/campaigns?sort=name").text
    assert 'aria-sort="ascending"' in turned
    assert 'href="/campaigns?sort=-name"' in turned


@pytest.mark.parametrize(
    "address", ["//evil.example/", "/desk?_scheme=x&_external=1&_anchor=a", "/%0d%0aX:1"]
)
@pytest.mark.check(49)
def test_the_address_of_a_page_stays_on_this_host(sample: Flask, address: str) -> None:
    with sample.test_request_context(address):
        assert re.match(r"/[^/\\]", paging.here(page=2))
        assert "\n" not in paging.here(page=2)


def test_a_menu_shows_what_exists_and_may_be_visited(sample: Flask) -> None:
    with sample.test_request_context("/admin/orders"):
        groups = navigation.shown(navigation.ADMIN, lambda endpoint: endpoint != "admin.leaders")
        assert [[entry.endpoint for entry in group.entries] for group in groups] == [
            ["admin.dashboard", "admin.orders"]
        ]
        assert [entry.current for entry in groups[0].entries] == [False, True]


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_the_group_of_this_page_is_unfolded_and_one_entry_marked(app: Flask, database_kind: str) -> None:
    """Many entries fold away; of those that a page could belong to, the closest is marked."""
    for path, endpoint in {
        "/admin/payments/refunds": "admin.payments",
        "/admin/refunds": "admin.refunds",
        "/admin/invoices": "admin.settlements",
        "/admin/levels": "admin.leaders",
    }.items():
        with app.test_request_context(path):
            groups = navigation.shown(navigation.ADMIN, lambda endpoint: not endpoint.startswith("supplier."))
            current = [entry.endpoint for group in groups for entry in group.entries if entry.current]
            assert current == [endpoint]
            assert [group.key for group in groups if group.unfolded] == [
                group.key for group in groups if any(entry.current for entry in group.entries)
            ]
    with app.test_request_context("/admin/ledger"):
        few = navigation.shown(navigation.ADMIN, lambda endpoint: endpoint in ("admin.ledger", "admin.cash"))
        assert [group.unfolded for group in few] == [True]


@pytest.mark.parametrize(
    ("kind", "values"),
    [("round", RoundState), ("order", OrderState), ("order", Phase), ("purchase_order", POState)],
)
def test_every_state_has_a_name_and_a_colour(sample: Flask, kind: str, values: type[RoundState]) -> None:
    with sample.test_request_context("/"):
        for state in values:
            assert states.look(kind, state).label


@pytest.mark.check(13)
def test_an_insecure_installation_says_so(visitor: FlaskClient) -> None:
    assert "insecure-strip" in visitor.get("/desk").text
