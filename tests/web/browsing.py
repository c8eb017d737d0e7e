"""People at a real Chromium in front of the application of the test's own process."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, Page
from werkzeug.serving import make_server

from groupbuy.accounts import queries, service, tokens
from groupbuy.db.transaction import transaction
from groupbuy.kernel.clock import utc_now
from tests.support.browsers import CHINA, PATIENCE


@contextmanager
def served(app: Flask, *, port: int = 0) -> Iterator[str]:
    """Serve the application on the loopback and yield its address."""
    server = make_server("127.0.0.1", port, app, threaded=True)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def sit_down(browser: Browser, app: Flask, site: str, account_id: int, role: str, **device: Any) -> Page:
    """Return a page of somebody who has signed in with a role; it is granted where it lacks."""
    with transaction():
        account = queries.get_account(account_id)
        service.grant_role(account=account, role=role, now=utc_now(), actor="test")
        secret = tokens.start_session(account=account, role=role, device="test", now=utc_now())
    context = browser.new_context(**CHINA, **device, base_url=site)
    context.set_default_timeout(PATIENCE)
    signer: Any = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined] # Flask's own.
    value = str(signer.dumps({"_user_id": secret, "_fresh": True, "_permanent": True}))
    context.add_cookies([{"name": app.config["SESSION_COOKIE_NAME"], "value": value, "url": site}])
    return context.new_page()


def look_at(page: Page) -> None:
    """Look whether the page fits its screen and serves every reader, once it has arrived."""
    page.wait_for_load_state("networkidle")
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, page.url
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    serious = [
        (v["id"], v["nodes"][0]["html"][:200]) for v in found if v["impact"] in ("serious", "critical")
    ]
    assert not serious, page.url
