"""Another mobile number for an account, proved by a code that was sent to it: on pages and over the API."""

from flask import current_app, request

from groupbuy.accounts import codes, queries
from groupbuy.db.transaction import in_transaction, transaction
from groupbuy.flows import renumbering
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import Unavailable
from groupbuy.messaging.codes import CodeSender

CODE_SENDER = "groupbuy_code_sender"
RETRY_AFTER_S = 60


def code_sender() -> CodeSender:
    """Return what takes codes to phones."""
    sender: CodeSender = current_app.extensions[CODE_SENDER]
    return sender


def send_code(*, account_id: int, phone: str, visit: str) -> str:
    """Send a code to a number that an account is to get; return the number as eleven digits.

    Whether the number is in use makes no difference here. Raise BadInput, TooMany, and Unavailable
    ``code_not_sent`` when the gateway cannot be reached.
    """
    normal = codes.known_phone(phone)
    code = in_transaction(
        lambda: codes.make_code(
            phone=normal,
            purpose=_purpose(account_id),
            visit=visit,
            address=request.remote_addr or "",
            now=utc_now(),
        )
    )
    try:
        code_sender().send(normal, code)
    except OSError as error:
        sentence = "The code could not be sent just now. Please try again in a minute."
        raise Unavailable("code_not_sent", sentence, retry_after=RETRY_AFTER_S) from error
    return normal


def change(*, account_id: int, phone: str, code: str, visit: str, actor: str) -> None:
    """Set an account's number, which the code proves; a wrong try is counted whatever becomes of the request.

    Asked again when the account has the number already, as after an answer that was lost, it changes
    nothing: the code was used up by then. Raise BadInput, WrongCode, RuleBroken ``phone_taken``.
    """
    normal = codes.known_phone(phone)
    if queries.get_account(account_id).phone == normal:
        return
    codes.check_code(
        phone=normal,
        code=code,
        purpose=_purpose(account_id),
        visit=visit,
        now=utc_now(),
        transaction=transaction,
    )
    in_transaction(
        lambda: renumbering.change_phone(account_id=account_id, phone=normal, now=utc_now(), actor=actor)
    )


def _purpose(account_id: int) -> str:
    """Return for what a code is good: for this account alone."""
    return f"phone:{account_id}"
