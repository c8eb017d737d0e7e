"""The messages that a resident was left: goods on the way, arrived, short, late, reminders, answers."""

from flask.typing import ResponseReturnValue

from groupbuy.web import messages
from groupbuy.web.resident.blueprint import blueprint, for_residents
from groupbuy.web.resident.buyer import the_resident


def box() -> str:
    """Return whose messages these are."""
    return f"resident:{the_resident().id}"


@blueprint.get("/me/messages")
@for_residents
def me_messages() -> ResponseReturnValue:
    """List messages, the latest first, the unread ones marked."""
    return messages.messages_page(box(), template="resident/messages.html")


@blueprint.post("/me/messages")
@for_residents
def me_messages_seen() -> ResponseReturnValue:
    """Mark everything on the page, and what is older, as read."""
    return messages.mark_seen(box())


@blueprint.route("/me/messages/preferences", methods=["GET", "POST"])
@for_residents
def me_messages_preferences() -> ResponseReturnValue:
    """Show and change what one wants to hear of."""
    return messages.preferences_page(box(), template="resident/preferences.html")
