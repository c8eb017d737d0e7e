"""How the scheduler's threads tell what went wrong."""

import structlog

from groupbuy.db.failures import is_unavailable

log = structlog.get_logger()


def complain(event: str, error: Exception, **what: object) -> None:
    """Log a failure: one line while the database is away, the whole trace for a fault of ours."""
    if is_unavailable(error):
        reason = str(getattr(error, "orig", error)).strip().splitlines()[:1]
        log.warning("database_away", during=event, reason="".join(reason), **what)
    else:
        log.error(event, exc_info=error, **what)
