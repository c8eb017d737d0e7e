"""The server: statements, redirects, forwarded headers, faults, sizes, and what the code never does."""

import ast
import logging
import re
from collections.abc import Iterator
from functools import cache
from itertools import product
from pathlib import Path

import pytest
from flask import Flask, request

from groupbuy import paths
from groupbuy.app.factory import create_app
from groupbuy.app.server import OPTIONS, READING_SECONDS
from groupbuy.config import load_settings
from groupbuy.http.setup import MAX_UPLOAD
from tests.security.town import Town
from tests.web.shopping import Visitor

SOURCE = Path(paths.__file__).parent
EVIL = ("//evil.example", "\\\\evil.example", "/%09/evil.example", "/\\evil.example", "https://evil.example")
FORWARDED = {
    "X-Forwarded-For": "203.0.113.9",
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Proto": "https",
    "Forwarded": "for=203.0.113.9;host=evil.example;proto=https",
}
# Our own constants only: names of tables and columns, never what a person has written.
WRITES_STATEMENTS = {"db/bulk.py", "app/readiness.py", "db/session.py", "db/transaction.py"}
# Views of our own tables, by the names that the models give them.
WRITES_STATEMENTS |= {"flows/archive/reading.py"}
LISTS = ("/admin/orders", "/admin/users", "/admin/products", "/admin/residents", "/admin/audit")
STATEMENTS = ("' OR '1'='1", "1; DROP TABLE account", "%", "\\", "';--", "1) UNION SELECT 1")
DANGEROUS = {"eval", "exec", "compile", "__import__"}
DANGEROUS_MODULES = {"pickle", "marshal", "shelve", "yaml", "dill", "xml.etree.ElementTree", "xml.sax"}


@cache
def trees() -> list[tuple[str, ast.AST]]:
    """Return each module of the platform, parsed; migrations are no part of what runs."""
    files = (path for path in SOURCE.rglob("*.py") if "versions" not in path.parts)
    return [(path.relative_to(SOURCE).as_posix(), ast.parse(path.read_text("utf-8"))) for path in files]


def calls(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    """Yield the calls of a module with the name of what is called."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            target = node.func
            yield target.attr if isinstance(target, ast.Attribute) else getattr(target, "id", ""), node


def imports_text(tree: ast.AST) -> bool:
    """Tell whether ``text`` is SQLAlchemy's in a module; posters have texts of another kind."""
    imports = (node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom))
    return any(node.module == "sqlalchemy" and any(n.name == "text" for n in node.names) for node in imports)


@pytest.mark.check(48)
def test_no_statement_is_put_together_from_texts() -> None:
    found = [
        f"{module}:{call.lineno}"
        for module, tree in trees()
        for name, call in calls(tree)
        if (name in ("exec_driver_sql", "executescript") or (name == "text" and imports_text(tree)))
        and call.args
        and not isinstance(call.args[0], ast.Constant | ast.Name | ast.Attribute | ast.IfExp)
        and module not in WRITES_STATEMENTS
    ]
    assert found == []


@pytest.mark.check(48)
@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_a_search_takes_statements_as_texts(town: Town, database_kind: str) -> None:
    for path, text in product(LISTS, STATEMENTS):
        asked = {"q": text, "sort": text, "page": text, "from": text}
        assert town.browser("operator").get(path, query_string=asked).status_code == 200, (path, text)


@pytest.mark.check(49)
@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_no_page_sends_people_to_another_site(town: Town, database_kind: str) -> None:
    pages = ("/sign-in", "/sign-up", "/role", "/become-leader", "/")
    for who, page, method, evil in product(("nobody", "resident", "operator"), pages, ("GET", "POST"), EVIL):
        sent = {"next": evil, "role": "resident"} if method == "POST" else None
        answer = town.browser(who).open(page, method=method, query_string={"next": evil}, data=sent)
        assert "evil" not in answer.headers.get("Location", ""), (who, page, method, evil)
        assert not re.search(r'(href|action)="[^"/]*[/\\%0-9]*evil\.example', answer.text)


@pytest.mark.check(51)
@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_forwarded_headers_of_a_client_are_not_believed(app: Flask, database_kind: str) -> None:
    seen = spy(app)
    with app.test_client().get("/privacy", headers=FORWARDED) as answer:
        assert "Strict-Transport-Security" not in answer.headers
    assert seen == [("127.0.0.1", "localhost", False)]


@pytest.mark.check(51)
@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_behind_one_proxy_only_its_own_entry_counts(environment: dict[str, str], database_kind: str) -> None:
    app = create_app(load_settings(environment | {"GROUPBUY_TRUSTED_PROXIES": "1"}))
    seen = spy(app)
    headers = FORWARDED | {"X-Forwarded-For": "203.0.113.9, 198.51.100.7", "X-Forwarded-Host": "shop.example"}
    app.test_client().get("/privacy", headers=headers).close()
    assert seen == [("198.51.100.7", "shop.example", True)]


def spy(app: Flask) -> list[tuple[str | None, str, bool]]:
    """Return a list that gets the address, the host and the scheme of each request."""
    seen: list[tuple[str | None, str, bool]] = []

    @app.before_request
    def note() -> None:
        seen.append((request.remote_addr, request.host, request.is_secure))

    return seen


@pytest.mark.check(52)
@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_there_is_no_trace_and_no_debugger(app: Flask, database_kind: str) -> None:
    assert not app.debug
    browser = app.test_client()
    for path in ("/", "/sign-in", "/api/v1/rounds", "/static/css/kit.css"):
        assert browser.open(path, method="TRACE").status_code in (404, 405), path
    assert browser.get("/console").status_code == 404
    assert browser.get("/?__debugger__=yes&cmd=resource&f=debugger.js").mimetype == "text/html"


@pytest.mark.check(52)
@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_a_fault_of_ours_says_nothing_of_the_inside(
    app: Flask, caplog: pytest.LogCaptureFixture, database_kind: str
) -> None:
    app.testing, app.config["PROPAGATE_EXCEPTIONS"] = False, False

    @app.get("/test/broken")
    def broken() -> None:
        raise ValueError("secret inside")

    with caplog.at_level(logging.CRITICAL, logger="groupbuy"):
        answer = app.test_client().get("/test/broken")
    assert answer.status_code == 500
    assert not re.search(r"Traceback|secret inside|\.py|ValueError", answer.text)


@pytest.mark.check(53)
@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_what_is_sent_is_bounded_in_size_and_time(visitor: Visitor, database_kind: str) -> None:
    app = visitor.client.application
    assert app.config["MAX_CONTENT_LENGTH"] == MAX_UPLOAD <= 64 * 2**20
    length = {"CONTENT_LENGTH": str(MAX_UPLOAD + 1)}
    answer = app.test_client().post("/sign-in", environ_overrides=length)
    assert answer.status_code in (403, 413)
    assert READING_SECONDS <= 60
    assert all(OPTIONS[name] > 0 for name in ("timeout", "limit_request_line", "limit_request_fields"))
    assert OPTIONS["limit_request_field_size"] <= 16_384


@pytest.mark.check(54)
def test_nothing_from_outside_is_ever_run_or_unpickled() -> None:
    found = []
    for module, tree in trees():
        found += [
            f"{module}:{call.lineno} {name}"
            for name, call in calls(tree)
            if name in DANGEROUS and isinstance(call.func, ast.Name)
        ]
        found += [
            f"{module}:{node.lineno} {name}"
            for node in ast.walk(tree)
            if isinstance(node, ast.Import | ast.ImportFrom)
            for name in (
                [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]
            )
            if name in DANGEROUS_MODULES
        ]
    assert found == []


@pytest.mark.check(50)
def test_only_webhooks_and_the_gateways_of_the_settings_call_an_address() -> None:
    callers = {
        module
        for module, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        and re.match(
            r"(urllib\.request|http\.client|requests|httpx|aiohttp)",
            getattr(node, "module", None) or node.names[0].name,
        )
    }
    gateways = {"messaging/posting.py", "accounts/gateways.py", "notices/wechat.py"}
    assert callers <= gateways | {"payments/alipay_bill.py", "payments/simulator/serving.py"}
