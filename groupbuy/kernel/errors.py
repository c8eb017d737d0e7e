"""Failures that people can do something about."""


class GroupbuyError(Exception):
    """Base of every failure with a stable ``code`` and a sentence for people.

    ``param`` names the input at fault, such as ``lines[0].product_code``.
    """

    status = 400

    def __init__(self, code: str, message: str = "", *, param: str | None = None) -> None:
        super().__init__(message or code)
        self.code = code
        self.message = message or code
        self.param = param


class NotFound(GroupbuyError):
    """Say that the thing does not exist for whoever asked."""

    status = 404


class NotAllowed(GroupbuyError):
    """Say that the role does not cover the deed."""

    status = 403


class RuleBroken(GroupbuyError):
    """Say which rule of the trade forbids the deed now (``sold_out``, ``round_closed``)."""

    status = 409


class BadInput(GroupbuyError):
    """Say what is wrong with a value that came from outside."""

    status = 422


class TooMany(GroupbuyError):
    """Say that somebody tries too often, and after how many seconds to come again."""

    status = 429

    def __init__(self, code: str, message: str = "", *, retry_after: int) -> None:
        super().__init__(code, message)
        self.retry_after = retry_after


class Unavailable(GroupbuyError):
    """Say that the platform is too busy for this now, and after how many seconds to come again."""

    status = 503

    def __init__(self, code: str, message: str = "", *, retry_after: int) -> None:
        super().__init__(code, message)
        self.retry_after = retry_after


class RunAgain(Unavailable):
    """Say that a parallel transaction came first; run again, the work will see what that one did."""

    def __init__(self) -> None:
        super().__init__("busy", "That did not work. Please try again.", retry_after=1)
