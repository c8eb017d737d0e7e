"""Storing a file that was sent."""

from pathlib import Path

import structlog

from groupbuy.documents.files import write_whole
from groupbuy.kernel.errors import Unavailable

log = structlog.get_logger()

RETRY_AFTER_S = 60


def store(path: Path, content: bytes) -> None:
    """Store a file that was sent, whole or not at all; raise Unavailable where nothing can be written."""
    try:
        write_whole(path, content)
    except OSError as error:
        log.error("disk_refuses", path=str(path), reason=error.strerror)
        raise Unavailable(
            "disk_refuses",
            "No file can be stored at this moment; try again later.",
            retry_after=RETRY_AFTER_S,
        ) from error
