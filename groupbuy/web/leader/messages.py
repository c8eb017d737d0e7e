"""The messages that a leader was left, and what the leader wants to hear of."""

from flask.typing import ResponseReturnValue

from groupbuy.web import messages as pages
from groupbuy.web.leader.blueprint import blueprint, for_leaders, the_leader


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
