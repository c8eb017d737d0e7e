"""Whatever goes wrong becomes one plain value, which each edge shows in its own way."""

from dataclasses import dataclass

import structlog
from werkzeug.exceptions import HTTPException

from groupbuy.db.failures import is_unavailable
from groupbuy.http.sentences import for_program
from groupbuy.kernel.errors import GroupbuyError

log = structlog.get_logger()

RETRY_AFTER_S = 2
TYPES = {
    400: "bad_request",
    401: "not_signed_in",
    403: "not_allowed",
    404: "not_found",
    405: "method_not_allowed",
    409: "rule_broken",
    413: "too_large",
    415: "unsupported_media_type",
    422: "bad_input",
    429: "too_many",
    500: "internal",
    503: "unavailable",
}


class Malformed(GroupbuyError):
    """Say that the request cannot be read at all."""

    status = 400


@dataclass(frozen=True, slots=True)
class Problem:
    """What to tell whoever asked: an HTTP status, a stable code, a sentence, the input at fault."""

    status: int
    code: str
    message: str
    param: str | None = None
    retry_after: int | None = None

    @property
    def type(self) -> str:
        """Return the kind of problem, which follows from the status."""
        return TYPES.get(self.status, "bad_request" if self.status < 500 else "internal")

    def as_json(self) -> dict[str, dict[str, str | None]]:
        """Return the shape that the API answers with, in the language that the request asks for."""
        message = for_program(self.message)
        return {"error": {"type": self.type, "code": self.code, "message": message, "param": self.param}}


def problem_of(error: Exception) -> Problem:
    """Turn any exception into a problem; what nobody expected is logged and shown without detail."""
    if isinstance(error, GroupbuyError):
        wait = getattr(error, "retry_after", None)
        return Problem(error.status, error.code, error.message, error.param, wait)
    if isinstance(error, HTTPException):
        return _of_http(error)
    if is_unavailable(error):
        log.warning("database_away", error=type(error).__name__, reason=str(getattr(error, "orig", error)))
        sentence = "The database cannot be reached at this moment; try again."
        return Problem(503, "database_away", sentence, retry_after=RETRY_AFTER_S)
    log.error("unexpected_error", exc_info=error)
    return Problem(500, "internal", "Something went wrong on our side; it has been noted.")


def _of_http(error: HTTPException) -> Problem:
    status = error.code or 500
    code = TYPES.get(status, "bad_request" if status < 500 else "internal")
    wait = getattr(error, "retry_after", None)
    return Problem(
        status, code, str(error.description or error.name), None, wait if isinstance(wait, int) else None
    )
