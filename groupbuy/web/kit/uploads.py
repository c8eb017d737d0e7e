"""Files that people send and look at before they confirm: kept for a day, for their own eyes."""

import secrets
from pathlib import Path

from flask import current_app

from groupbuy.http.guards import signed_in
from groupbuy.http.quotas import count_upload
from groupbuy.http.storing import store
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import NotFound

KEPT_SECONDS = 24 * 3600
FOLDER = "imports"


def keep(content: bytes, name: str) -> str:
    """Keep a file until it is confirmed, for a day at most, and return what it is known by.

    Raise TooMany when the account has sent its share of the day.
    """
    count_upload(signed_in(), len(content))
    folder = _folder()
    folder.mkdir(parents=True, exist_ok=True)
    oldest = utc_now().timestamp() - KEPT_SECONDS
    for former in folder.iterdir():
        if former.stat().st_mtime < oldest:
            former.unlink(missing_ok=True)
    suffix = ".xlsx" if content.startswith(b"PK\x03\x04") or name.lower().endswith(".xlsx") else ".csv"
    token = secrets.token_hex(16)
    store(folder / f"{signed_in().account_id}-{token}_{_safe(name)}{suffix}", content)
    return token


def kept(token: str) -> Path:
    """Return the file that this account has sent; raise NotFound."""
    if not (len(token) == 32 and token.isascii() and token.isalnum()):
        raise NotFound("unknown_file", "This file is not kept any more; send it again.")
    found = next(_folder().glob(f"{signed_in().account_id}-{token}_*"), None)
    if found is None:
        raise NotFound("unknown_file", "This file is not kept any more; send it again.")
    return found


def _safe(name: str) -> str:
    """Return a file's name without its suffix and without what leads elsewhere."""
    stem = Path(name.replace("\\", "/")).stem
    return "".join(char for char in stem if char.isalnum() or char in "-. ")[:40] or "file"


def _folder() -> Path:
    return Path(current_app.instance_path) / FOLDER
