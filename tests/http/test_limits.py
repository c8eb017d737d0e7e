"""Rate limits say how long to wait; forwarded addresses count only behind a trusted proxy."""

import pytest
from flask import Flask

from groupbuy.http import limits


@pytest.fixture
def extra_settings() -> dict[str, str]:
    """Count requests, behind one proxy."""
    return {"GROUPBUY_RATE_LIMITS": "on", "GROUPBUY_TRUSTED_PROXIES": "1"}


@pytest.mark.check(3)
def test_too_many_sign_ins_are_refused_with_the_standard_headers(app: Flask) -> None:
    client = app.test_client()
    most = int(limits.SIGN_IN.split()[0])
    for _ in range(most):
        answer = client.post("/api/v1/tokens", json={})
        assert (answer.status_code, "Retry-After" in answer.headers) == (422, False)
        assert int(answer.headers["X-RateLimit-Limit"]) == most
    refused = client.post("/api/v1/tokens", json={})
    assert (refused.status_code, refused.json["error"]["type"]) == (429, "too_many")
    assert 0 < int(refused.headers["Retry-After"]) <= 60
    assert refused.headers["X-RateLimit-Remaining"] == "0"
    elsewhere = {"X-Forwarded-For": "203.0.113.9"}
    assert client.post("/api/v1/tokens", json={}, headers=elsewhere).status_code == 422
