"""The messages that a helper was left about a share, and what the helper wants to hear of."""

from typing import Any

from groupbuy.api.v1 import messages, notice_preferences
from groupbuy.api.v1.endpoint import endpoint
from groupbuy.api.v1.helper_payments import SHARES
from groupbuy.api.v1.messages import Messages, Seen, Unread
from groupbuy.api.v1.notice_preferences import OptOut, Preferences
from groupbuy.api.v1.shapes import Page
from groupbuy.http.identity import Identity
from groupbuy.notices.reach import recipient
from groupbuy.notices.rules import HELPER

PATH = f"{SHARES}/messages"
# A helper's token is good for shares and not for orders, to which the messages of the others belong.
SCOPE = "shares:write"


@endpoint("GET", PATH, scope=SCOPE, query=Page, answers={200: Messages})
def list_share_messages(identity: Identity, query: Page) -> tuple[int, Any]:
    """List what one was told as a helper, the latest first."""
    return 200, messages.listed(_box(identity), query)


@endpoint("POST", f"{PATH}/seen", scope=SCOPE, body=Seen, answers={200: Unread})
def mark_share_messages(identity: Identity, body: Seen) -> tuple[int, Any]:
    """Mark a helper's messages up to one as read; what was read stays read."""
    return 200, messages.marked(_box(identity), body)


@endpoint("GET", f"{PATH}/preferences", scope=SCOPE, answers={200: Preferences})
def show_share_preferences(identity: Identity) -> tuple[int, Any]:
    """Tell what one may hear of as a helper, and what one wants to."""
    return 200, notice_preferences.preferences_of(_box(identity))


@endpoint("PUT", f"{PATH}/preferences", scope=SCOPE, body=OptOut, answers={200: Preferences})
def set_share_preferences(identity: Identity, body: OptOut) -> tuple[int, Any]:
    """Say all that one does not want to hear of as a helper."""
    return 200, notice_preferences.prefer(_box(identity), body)


def _box(identity: Identity) -> str:
    return recipient(HELPER, identity.account_id)
