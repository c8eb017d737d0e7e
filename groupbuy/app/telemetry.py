"""Traces for OpenTelemetry: a span for each request, and one below it for each statement, without its values.

Loaded only where a collector is named, because its library is an extra.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask, Response, g, request
from opentelemetry import context, trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.propagate import extract
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span, SpanKind, StatusCode, Tracer
from sqlalchemy import Engine, event

from groupbuy.db import db
from groupbuy.db.driver import WATCH

SERVICE = "groupbuy"
TRACES = "/v1/traces"


def send_traces(app: Flask, collector: str) -> None:
    """Send spans to a collector (OTLP over HTTP) by a thread of their own; lost ones delay nobody."""
    observe(app, BatchSpanProcessor(OTLPSpanExporter(endpoint=collector + TRACES)))


def observe(app: Flask, processor: SpanProcessor) -> None:
    """Give every request and statement of an application a span, and the spans to a processor."""
    provider = TracerProvider(resource=Resource.create({"service.name": SERVICE}))
    provider.add_span_processor(processor)
    tracer = provider.get_tracer(SERVICE)
    app.before_request(lambda: _begin(tracer))
    app.after_request(_note_answer)
    app.teardown_request(_end)
    with app.app_context():
        _watch_statements(db.engine, tracer)


def _begin(tracer: Tracer) -> None:
    """Begin the request's span, below the caller's where it names one (``traceparent``)."""
    name = f"{request.method} {request.url_rule or 'unknown'}"
    span = tracer.start_span(name, context=extract(request.headers), kind=SpanKind.SERVER)
    span.set_attributes({"http.request.method": request.method, "http.route": str(request.url_rule or "")})
    g.span, g.span_token = span, context.attach(trace.set_span_in_context(span))


def _note_answer(response: Response) -> Response:
    # What is refused before the span has begun has none.
    if "span" in g:
        g.span.set_attribute("http.response.status_code", response.status_code)
        if response.status_code >= 500:
            g.span.set_status(StatusCode.ERROR)
    return response


def _end(_error: BaseException | None) -> None:
    if "span" in g:
        context.detach(g.pop("span_token"))
        g.pop("span").end()


def _watch_statements(engine: Engine, tracer: Tracer) -> None:
    system = engine.dialect.name

    def begin(statement: str) -> Span:
        words = statement.split(maxsplit=1)
        attributes = {"db.system.name": system, "db.query.text": statement}
        return tracer.start_span(words[0] if words else system, kind=SpanKind.CLIENT, attributes=attributes)

    def before(_connection: Any, _cursor: Any, statement: str, _values: Any, run: Any, _many: bool) -> None:
        run.groupbuy_span = begin(statement)

    def after(_connection: Any, _cursor: Any, _statement: str, _values: Any, run: Any, _many: bool) -> None:
        run.groupbuy_span.end()

    def failed(error: Any) -> None:
        span: Span | None = getattr(error.execution_context, "groupbuy_span", None)
        if span is not None:
            span.set_status(StatusCode.ERROR)
            span.end()

    @contextmanager
    def watch(statement: str) -> Iterator[None]:
        with trace.use_span(begin(statement), end_on_exit=True, record_exception=False):
            yield

    event.listen(engine, "before_cursor_execute", before)
    event.listen(engine, "after_cursor_execute", after)
    event.listen(engine, "handle_error", failed)
    # The driver's own statements pass none of these events.
    engine.update_execution_options(**{WATCH: watch})
