"""Headers, caching, compression and error pages of every answer."""

import gzip
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from groupbuy.http.storing import store
from groupbuy.kernel.errors import Unavailable
from groupbuy.web.kit import headers
from tests.web.kit_pages import sample_app


@pytest.fixture
def visitor() -> FlaskClient:
    return sample_app().test_client()


@pytest.mark.check(19, 20)
def test_every_answer_has_the_security_headers(visitor: FlaskClient) -> None:
    for address in ("/desk", "/nowhere", "/broken", "/static/js/kit.js"):
        with visitor.get(address) as answer:
            assert headers.FIXED.items() <= dict(answer.headers).items(), address


@pytest.mark.check(19)
def test_the_policy_allows_nothing_inline() -> None:
    assert "unsafe" not in headers.POLICY


@pytest.mark.check(20)
def test_only_https_promises_https(visitor: FlaskClient) -> None:
    assert "Strict-Transport-Security" not in visitor.get("/desk").headers
    assert "Strict-Transport-Security" in visitor.get("/desk", base_url="https://shop.example").headers


@pytest.mark.check(21)
def test_a_page_made_for_one_person_is_not_stored(visitor: FlaskClient) -> None:
    assert visitor.get("/form").headers["Cache-Control"] == "no-store"


def test_a_page_for_everybody_is_asked_for_again(visitor: FlaskClient) -> None:
    assert visitor.get("/nowhere").headers["Cache-Control"] == "no-cache"


def test_a_versioned_file_is_kept_for_a_year(visitor: FlaskClient) -> None:
    with visitor.get("/static/js/kit.js?v=1") as answer:
        assert "immutable" in answer.headers["Cache-Control"]


@pytest.mark.parametrize("address", ["/desk", "/static/css/groupbuy.css"])
def test_pages_and_files_are_compressed_for_those_who_can(visitor: FlaskClient, address: str) -> None:
    with (
        visitor.get(address, headers={"Accept-Encoding": "identity"}) as plain,
        visitor.get(address, headers={"Accept-Encoding": "gzip"}) as packed,
    ):
        assert "Content-Encoding" not in plain.headers
        assert len(packed.data) < len(plain.data) * 0.7
        assert gzip.decompress(packed.data)[:20] == plain.data[:20]
        assert "Accept-Encoding" in packed.headers["Vary"]


def test_a_known_file_is_not_sent_again(visitor: FlaskClient) -> None:
    asked = {"Accept-Encoding": "gzip"}
    with visitor.get("/static/js/kit.js", headers=asked) as first:
        known = asked | {"If-None-Match": first.headers["ETag"]}
    with visitor.get("/static/js/kit.js", headers=known) as again:
        assert (again.status_code, again.data) == (304, b"")


def test_the_worker_may_answer_for_the_whole_site(visitor: FlaskClient) -> None:
    with visitor.get("/static/js/worker.js") as answer:
        assert answer.headers["Service-Worker-Allowed"] == "/"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 409, 413, 418, 429, 500, 503])
def test_a_failure_is_a_page_that_says_what_to_do(visitor: FlaskClient, status: int) -> None:
    answer = visitor.get(f"/status/{status}")
    assert answer.status_code == status
    assert "<h1>" in answer.text
    assert str(status) in answer.text


def test_a_broken_rule_is_told_in_the_readers_language(visitor: FlaskClient) -> None:
    assert "本期已截单。" in visitor.get("/closed").text
    assert "This round has closed." in visitor.get("/closed?lang=en").text


@pytest.mark.check(26)
def test_anothers_number_is_not_found(visitor: FlaskClient) -> None:
    assert visitor.get("/hidden").status_code == 404


def test_a_lost_database_asks_to_try_again(visitor: FlaskClient) -> None:
    answer = visitor.get("/away")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"


@pytest.mark.check(52)
def test_our_own_fault_shows_no_trace(visitor: FlaskClient) -> None:
    answer = visitor.get("/broken")
    assert answer.status_code == 500
    assert "ZeroDivisionError" not in answer.text


def test_a_part_of_a_page_gets_one_sentence(visitor: FlaskClient) -> None:
    answer = visitor.get("/closed", headers={"HX-Request": "true"})
    assert answer.text == "本期已截单。"
    assert answer.mimetype == "text/plain"


@pytest.mark.check(17)
def test_a_form_without_a_token_is_refused(visitor: FlaskClient) -> None:
    assert visitor.post("/form", data={"name": "王芳"}).status_code == 403


def test_an_expired_form_of_our_own_may_be_sent_again(visitor: FlaskClient) -> None:
    typed = {"name": '王"><b>芳', "csrf_token": "old"}
    page = visitor.post("/form", data=typed, headers={"Origin": "http://localhost"}).text
    assert 'value="王&#34;&gt;&lt;b&gt;芳"' in page
    assert 'value="old"' not in page


@pytest.mark.check(17)
def test_a_forged_form_gets_no_second_chance(visitor: FlaskClient) -> None:
    for origin in ({}, {"Origin": "http://evil.example"}):
        assert "王芳" not in visitor.post("/form", data={"name": "王芳"}, headers=origin).text


def test_an_unknown_address_of_the_api_answers_in_json(visitor: FlaskClient) -> None:
    error = visitor.get("/api/v1/nowhere").get_json()["error"]
    assert (error["type"], error["code"]) == ("not_found", "not_found")


def test_a_disk_that_takes_no_file_is_told_as_such() -> None:
    with pytest.raises(Unavailable) as refused:
        store(Path("/dev/null/picture.webp"), b"a picture")
    assert refused.value.code == "disk_refuses"
