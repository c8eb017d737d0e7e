"""The messages that a leader or a helper was left, and what they want to hear of."""

from flask.typing import ResponseReturnValue

from groupbuy.http.guards import signed_in
from groupbuy.notices.reach import recipient
from groupbuy.notices.rules import HELPER
from groupbuy.web import messages as pages
from groupbuy.web.leader.blueprint import blueprint, for_leaders, for_sharers, the_leader


def box() -> str:
    """Return whose messages these are."""
    return f"leader:{the_leader().id}"


@blueprint.get("/messages")
@for_leaders
def messages() -> ResponseReturnValue:
    """List messages, the latest first, the unread ones marked."""
    return pages.messages_page(box(), template="leader/messages.html")


@blueprint.post("/messages")
@for_leaders
def messages_seen() -> ResponseReturnValue:
    """Mark everything on the page, and what is older, as read."""
    return pages.mark_seen(box())


@blueprint.route("/messages/preferences", methods=["GET", "POST"])
@for_leaders
def messages_preferences() -> ResponseReturnValue:
    """Show and change what the leader wants to hear of."""
    return pages.preferences_page(box(), template="leader/preferences.html")


def share_box() -> str:
    """Return whose messages about a share these are: one box, however many leaders somebody helps."""
    return recipient(HELPER, signed_in().account_id)


@blueprint.get("/shares/messages")
@for_sharers
def shares_messages() -> ResponseReturnValue:
    """List what a helper was told, the latest first, the unread ones marked."""
    return pages.messages_page(share_box(), template="leader/share_messages.html")


@blueprint.post("/shares/messages")
@for_sharers
def shares_messages_seen() -> ResponseReturnValue:
    """Mark everything on the page, and what is older, as read."""
    return pages.mark_seen(share_box())


@blueprint.route("/shares/messages/preferences", methods=["GET", "POST"])
@for_sharers
def shares_messages_preferences() -> ResponseReturnValue:
    """Show and change what a helper wants to hear of."""
    return pages.preferences_page(share_box(), template="leader/share_preferences.html")
