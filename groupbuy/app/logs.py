"""Logs: one line an event, for people on a terminal or as JSON for programs, always on standard error."""

import logging
import sys

import structlog
from structlog.typing import Processor

from groupbuy.config import Settings

# These tell at length what a line of ours tells already.
QUIET = {"apscheduler": logging.ERROR, "alembic": logging.WARNING, "werkzeug": logging.WARNING}


def set_up_logging(settings: Settings) -> None:
    """Send our own events and those of the libraries through one formatter."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=_render(settings.log_format))
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(settings.log_level.upper())
    for name, level in QUIET.items():
        logging.getLogger(name).setLevel(level)


def _render(log_format: str) -> list[Processor]:
    without_meta = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    if log_format == "json":
        as_json = structlog.processors.JSONRenderer(ensure_ascii=False)
        return [without_meta, structlog.processors.format_exc_info, as_json]
    plain = structlog.dev.ConsoleRenderer(
        colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
    )
    return [without_meta, plain]
