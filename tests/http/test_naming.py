"""Each request has an id, in its answer and in what is logged for it."""

import pytest
import structlog
from flask import Flask
from structlog.testing import capture_logs

LOG = structlog.get_logger()


@pytest.fixture
def extra_settings() -> dict[str, str]:
    """Stand behind one proxy."""
    return {"GROUPBUY_TRUSTED_PROXIES": "1"}


@pytest.mark.parametrize("given", ["7f3c9a1e5b", "short", "two\twords and more", None])
def test_a_proxys_id_is_kept_where_it_looks_like_one(app: Flask, given: str | None) -> None:
    logged: list[str] = []
    merge = structlog.contextvars.merge_contextvars

    def look() -> None:
        with capture_logs(processors=[merge]) as lines:
            LOG.warning("seen")
        logged.extend(line["request"] for line in lines)

    app.before_request(look)
    client = app.test_client()
    headers = {} if given is None else {"X-Request-Id": given}
    ids = [client.get("/healthz", headers=headers).headers["X-Request-Id"] for _ in range(2)]
    assert logged == ids
    if given == "7f3c9a1e5b":
        assert ids == [given] * 2
    else:
        assert all(len(one) == 16 for one in ids)
        assert len(set(ids)) == 2
