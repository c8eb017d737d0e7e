"""Traces for OpenTelemetry: off by default; a span for each request and below it one for each statement."""

import pytest
from flask import Flask
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind

from groupbuy.app.telemetry import observe
from groupbuy.config import ConfigError, load_settings
from groupbuy.db import db
from tests.api.conftest import Town

CALLER = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@pytest.fixture
def spans(app: Flask) -> InMemorySpanExporter:
    """Keep the spans of the application in memory."""
    exporter = InMemorySpanExporter()
    observe(app, SimpleSpanProcessor(exporter))
    return exporter


def texts(spans: InMemorySpanExporter) -> list[str]:
    return [
        str((span.attributes or {})["db.query.text"])
        for span in spans.get_finished_spans()
        if span.kind is SpanKind.CLIENT
    ]


def served(spans: InMemorySpanExporter) -> ReadableSpan:
    (span,) = (span for span in spans.get_finished_spans() if span.kind is SpanKind.SERVER)
    return span


def test_an_order_is_a_span_with_its_statements_below_the_callers(
    spans: InMemorySpanExporter, town: Town
) -> None:
    buyer = town.buyer
    db.session.rollback()
    for number in range(2):
        spans.clear()
        body = {"round": "C1", "lines": [{"product_code": "P1", "quantity": 1}], "remark": "门铃坏了"}
        sent = {"traceparent": CALLER}
        assert buyer.ask("POST", "/orders", body, key=f"k{number}", **sent).status_code == 201
    root = served(spans)
    assert (root.name, dict(root.attributes or {})) == (
        "POST /api/v1/orders",
        {"http.request.method": "POST", "http.route": "/api/v1/orders", "http.response.status_code": 201},
    )
    assert root.parent is not None
    assert f"{root.parent.trace_id:032x}-{root.parent.span_id:016x}" in CALLER
    below = [span for span in spans.get_finished_spans() if span.kind is SpanKind.CLIENT]
    assert below
    assert all(span.parent is not None and span.parent.span_id == root.context.span_id for span in below)
    assert not any("门铃坏了" in text for text in texts(spans))


def test_what_is_not_there_and_what_fails_end_their_spans(
    app: Flask, spans: InMemorySpanExporter, database_kind: str
) -> None:
    client = app.test_client()
    assert client.get("/nowhere").status_code == 404
    assert served(spans).name == "GET unknown"
    spans.clear()
    with pytest.raises(Exception, match="no_such_table"):
        db.session.execute(db.text("SELECT * FROM no_such_table"))
    db.session.rollback()
    (failed,) = (span for span in spans.get_finished_spans() if "no_such_table" in str(span.attributes))
    assert not failed.status.is_ok


@pytest.mark.parametrize("address", ["collector:4318", "http://elsewhere:4318", "ftp://127.0.0.1"])
def test_spans_leave_the_machine_by_https_only(address: str) -> None:
    with pytest.raises(ConfigError, match="GROUPBUY_OTLP_URL"):
        load_settings({"GROUPBUY_OTLP_URL": address})
