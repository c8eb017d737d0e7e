"""A database that is away is 503 with Retry-After, never 500."""

from pathlib import Path

from flask import Flask

from groupbuy.app.factory import create_app
from groupbuy.config import load_settings


def _without_database(tmp_path: Path) -> Flask:
    url = f"postgresql://nobody@/nothing?host={tmp_path}"
    return create_app(load_settings({"GROUPBUY_DATABASE_URL": url, "GROUPBUY_INSTANCE": str(tmp_path)}))


def test_a_database_that_is_away_is_503_with_retry_after(tmp_path: Path) -> None:
    client = _without_database(tmp_path).test_client()
    answer = client.get("/api/v1/rounds", headers={"Authorization": "Bearer x"})
    assert (answer.status_code, answer.json["error"]["type"]) == (503, "unavailable")
    assert int(answer.headers["Retry-After"]) > 0


def test_signing_in_without_a_database_is_503(tmp_path: Path) -> None:
    client = _without_database(tmp_path).test_client()
    body = {"phone": "13800000000", "password": "irgendwas"}
    assert client.post("/api/v1/tokens", json=body).status_code == 503
