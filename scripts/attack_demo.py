"""Let wapiti and sqlmap loose on a demonstration made for it; the exit code is 1 when they find anything.

wapiti crawls and attacks as a guest and in each role; sqlmap tries every parameter of the addresses and
forms below. The tools live in an environment of their own, .attack-venv, pinned here.
"""

import argparse
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import quote, urlencode
from urllib.request import HTTPCookieProcessor, Request, build_opener, urlopen

ROOT = Path(__file__).resolve().parents[1]
TOOLS = ROOT / ".attack-venv"
PINNED = ("wapiti3==3.2.3", "sqlmap==1.10.10")
LOG = "server.log"
ROLES = ("guest", "resident", "leader", "operator")
START = {"guest": "/", "resident": "/", "leader": "/leader/", "operator": "/admin/"}
# These end the session, or the account that attacks.
LEFT_ALONE = ("/sign-out", "/me/leave", "/me/password", "/admin/users", "/role")
SHORT_MODULES = "xss,permanentxss,sql,exec,file,redirect,crlf,csrf,cookieflags,http_headers,csp,xxe,ssrf"
# Tokens and dates make addresses without end, so the crawl is bounded by folder.
QUICKLY = ("--max-scan-time", "60", "--max-attack-time", "20", "--depth", "3", "--max-files-per-dir", "8")
# Finding these in the demonstration means that it is served over plain http, as it says in its banner.
PLAIN_HTTP = ("Secure Flag cookie", "HTTP Strict Transport Security (HSTS)", "Unencrypted Channels")
SQL_TARGETS = (
    ("guest", "/?lat=30.2&lng=120.1", ""),
    ("guest", "/r/{round}?l=L01", ""),
    ("guest", "/sign-in?next=%2Fcart", ""),
    ("resident", "/orders?page=1", ""),
    ("leader", "/leader/orders?q=1&page=1", ""),
    ("leader", "/leader/pickup?q=1", ""),
    ("operator", "/admin/orders?q=1&state=confirmed&page=1&sort=number", ""),
    ("operator", "/admin/residents?q=1&page=1&sort=name", ""),
    ("operator", "/admin/audit?q=1&kind=order&verb=x&from=2026-01-01&until=2027-01-01", ""),
    ("operator", "/admin/stock?q=1&page=1", ""),
)
# A made-up cursor is refused before anything is looked up, and hides the other parameters.
UNASKED = ("cursor",)
# What the parameters of the API's lists are asked with first; those not named are asked with a word.
VALUES = {"integer": "1", "boolean": "true", "since": "2026-01-01", "until": "2027-01-01", "limit": "5"}


def main() -> int:
    """Attack and print what was found; return 1 for findings."""
    parser = argparse.ArgumentParser(prog="scripts/attack", description=__doc__.splitlines()[0])
    parser.add_argument("--full", action="store_true", help="every module, deeper, without a limit of time")
    parser.add_argument("--only", choices=("wapiti", "sqlmap"))
    parser.add_argument("--role", choices=ROLES, help="crawl as this role only")
    options = parser.parse_args()
    _install()
    findings: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        with _demonstration(Path(folder)) as (site, logins):
            cookies = {role: _sign_in(site, *logins[role]) if role in logins else "" for role in ROLES}
            if options.only != "sqlmap":
                crawled = {role: cookies[role] for role in ROLES if options.role in (None, role)}
                findings += _wapiti(site, crawled, Path(folder), full=options.full)
            if options.only != "wapiti":
                findings += _sqlmap(site, cookies, Path(folder), full=options.full)
        findings += _faults(Path(folder))
    print("\n".join(findings) if findings else "Nothing found.")
    return 1 if findings else 0


def _install() -> None:
    """Make the tools' environment, unless it holds what is pinned."""
    stamp = TOOLS / "pinned"
    if stamp.exists() and stamp.read_text() == " ".join(PINNED):
        return
    print(f"Installing {', '.join(PINNED)} into {TOOLS.name} …", flush=True)
    venv.create(TOOLS, with_pip=True, clear=True)
    command = [TOOLS / "bin" / "pip", "install", "--quiet", "--disable-pip-version-check", *PINNED]
    if subprocess.run(command, check=False).returncode:
        sys.exit("The tools cannot be installed; the lines above say why. Is the network there?")
    stamp.write_text(" ".join(PINNED))


@contextmanager
def _demonstration(folder: Path) -> Iterator[tuple[str, Mapping[str, tuple[str, str]]]]:
    """Run the demonstration; yield its address and phone and password by role."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environ = {key: text for key, text in os.environ.items() if not key.startswith("GROUPBUY_")}
    environ |= {"GROUPBUY_INSTANCE": str(folder / "instance"), "GROUPBUY_INSECURE_HTTP": "1"}
    environ |= {"GROUPBUY_RATE_LIMITS": "off", "GROUPBUY_LOG_LEVEL": "warning", "COLUMNS": "200"}
    command = [sys.executable, "-m", "groupbuy", "demo", "--port", str(port)]
    log = folder / LOG
    with log.open("w") as output:
        server = subprocess.Popen(command, env=environ, cwd=ROOT, stdout=output, stderr=output)
    site = f"http://127.0.0.1:{port}"
    try:
        _wait(site, server, log)
        yield site, _logins(log.read_text())
    finally:
        server.terminate()
        server.wait()


def _faults(folder: Path) -> list[str]:
    """Return what the server met that it had not foreseen, each an answer 500."""
    lines = (folder / LOG).read_text().splitlines()
    return [f"server: {line.strip()[:300]}" for line in lines if "unexpected_error" in line]


def _wait(site: str, server: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(1200):
        if server.poll() is not None:
            sys.exit(f"The demonstration ended: {log.read_text()}")
        try:
            with urlopen(f"{site}/healthz", timeout=5):  # noqa: S310 - our own server
                return
        except URLError:
            time.sleep(0.25)
    sys.exit("The demonstration does not answer.")


def _logins(text: str) -> dict[str, tuple[str, str]]:
    rows = re.findall(r"│ (operator|leader|resident)\s*│[^│]*│ (1\d{10})\s*│ (\S+)\s*│", text)
    return {role: (phone, password) for role, phone, password in rows}


def _sign_in(site: str, phone: str, password: str) -> str:
    """Sign in as a browser does and return its cookie."""
    jar = CookieJar()
    browser = build_opener(HTTPCookieProcessor(jar))
    with browser.open(f"{site}/sign-in?by=password") as page:
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.read().decode())
    if token is None:
        sys.exit("The page to sign in has no token.")
    sent = urlencode({"csrf_token": token[1], "phone": phone, "password": password}).encode()
    browser.open(f"{site}/sign-in", sent).close()
    return "; ".join(f"{cookie.name}={cookie.value}" for cookie in jar)


def _wapiti(site: str, cookies: Mapping[str, str], folder: Path, *, full: bool) -> list[str]:
    findings = []
    for role, cookie in cookies.items():
        report = folder / f"wapiti-{role}.json"
        command = [TOOLS / "bin" / "wapiti", "-u", site + START[role], "--scope", "domain", "--flush-session"]
        command += ["-m", "all" if full else SHORT_MODULES, "-f", "json", "-o", report, "--no-bugreport"]
        # With two tasks wapiti may find its own record of the session locked, and ends.
        command += ["--store-session", folder / f"session-{role}", "--tasks", "1"]
        command += [] if full else [*QUICKLY]
        command += ["-H", f"Cookie: {cookie}"] if cookie else []
        for path in LEFT_ALONE:
            command += ["--exclude", f"{site}{path}*"]
        findings += _told(f"wapiti, {role}", _read_report(role, _run(command, "wapiti", role), report))
    return findings


def _told(where: str, findings: list[str]) -> list[str]:
    """Print the findings at once, because the whole takes long and may be stopped; return them."""
    print("\n".join(findings) if findings else f"{where}: nothing found", flush=True)
    return findings


def _read_report(role: str, output: str, report: Path) -> list[str]:
    if not report.exists():
        sys.exit(f"wapiti made no report:\n{output[-3000:]}")
    told = json.loads(report.read_text())
    crawled = told["infos"].get("crawled_pages_nbr", 0)
    print(f"wapiti as {role}: {crawled} pages crawled", flush=True)
    return [
        f"wapiti, {role}: {kind}: {one['method']} {one['path']} {one['info']}"
        for group in ("vulnerabilities", "anomalies")
        for kind, found in told[group].items()
        for one in found
        if kind not in PLAIN_HTTP
    ]


def _sqlmap(site: str, cookies: Mapping[str, str], folder: Path, *, full: bool) -> list[str]:
    name = _open_round(site, cookies["operator"])
    findings: list[str] = []
    for role, path, data in (*SQL_TARGETS, *_api_lists(site)):
        url = site + path.format(round=name)
        command = [TOOLS / "bin" / "sqlmap", "-u", url, "--batch", "--disable-coloring", "--flush-session"]
        command += ["--output-dir", folder / "sqlmap", "--level", "5" if full else "1"]
        command += ["--risk", "3" if full else "1", "--threads", "2", "--ignore-code", "401,404"]
        command += ["--technique", "BEUSTQ" if full else "BEUS"]
        command += ["--data", data] if data else []
        command += ["--cookie", cookies[role]] if cookies[role] else []
        where = f"sqlmap, {role} {path}"
        findings += _told(where, _read_sqlmap(where, _run(command, "sqlmap", path)))
    return findings


def _api_lists(site: str) -> Iterator[tuple[str, str, str]]:
    """Yield a target for every list of the API that takes more than the place to go on from."""
    with urlopen(f"{site}/api/v1/openapi.json") as answer:  # noqa: S310 - our own server
        paths = json.load(answer)["paths"]
    for path, operations in paths.items():
        asked = operations.get("get", {}).get("parameters", [])
        query = {
            one["name"]: _value(one) for one in asked if one["in"] == "query" and one["name"] not in UNASKED
        }
        if query.keys() - {"limit"} and "{" not in path:
            yield "operator", f"{path}?{urlencode(query)}", ""


def _value(parameter: Mapping[str, Any]) -> str:
    """Return something that the list takes: the first of the words it knows, if it knows some."""
    kinds = [parameter["schema"], *parameter["schema"].get("anyOf", [])]
    words = [word for kind in kinds for word in kind.get("enum", [])]
    return VALUES.get(parameter["name"]) or next(iter(words), VALUES.get(kinds[0].get("type"), "1"))


def _read_sqlmap(where: str, output: str) -> list[str]:
    found = re.findall(r"Parameter: .*|.* is vulnerable.*|.*appears to be .* injectable.*", output)
    if not found and "all tested parameters do not appear to be injectable" not in output:
        return [f"{where}: it did not get through: {output.strip()[-300:]}"]
    return [f"{where}: {line.strip()}" for line in found]


def _open_round(site: str, cookie: str) -> str:
    """Return the name of a round that sells, as it stands in addresses."""
    asked = Request(f"{site}/api/v1/rounds?state=open", headers={"Cookie": cookie})  # noqa: S310 - our own server
    with urlopen(asked) as answer:  # noqa: S310 - our own server
        rounds = json.load(answer)["items"]
    if not rounds:
        sys.exit("The demonstration has no open round to attack.")
    return quote(rounds[0]["round"])


def _run(command: Sequence[str | Path], tool: str, what: str) -> str:
    print(f"{tool}: {what} …", flush=True)
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


if __name__ == "__main__":
    sys.exit(main())
