"""The messages that a resident was left: goods on the way, arrived, short, late, reminders, answers."""

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import HiddenField
from wtforms.validators import InputRequired

from groupbuy.db.transaction import in_transaction
from groupbuy.http.guards import signed_in
from groupbuy.messaging import notes
from groupbuy.web.kit.forms import PageForm
from groupbuy.web.resident.blueprint import blueprint, for_residents
from groupbuy.web.resident.buyer import own_resident

PAGE_SIZE = 30


class SeenForm(PageForm):
    """The latest message on the page."""

    until = HiddenField(validators=[InputRequired()])


def box() -> str:
    """Return whose messages these are."""
    return f"resident:{own_resident(signed_in()).id}"


@blueprint.get("/me/messages")
@for_residents
def me_messages() -> ResponseReturnValue:
    """List messages, the latest first, the unread ones marked."""
    text, mine = request.args.get("before", ""), box()
    before = int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
    found = notes.notes_to(mine, before=before, most=PAGE_SIZE + 1)
    shown = found[:PAGE_SIZE]
    return render_template(
        "resident/messages.html",
        messages=shown,
        older=shown[-1].id if len(found) > PAGE_SIZE else None,
        seen=notes.seen_until(mine),
        unread=notes.unseen(mine),
        form=SeenForm(data={"until": str(found[0].id) if found else "0"}),
    )


@blueprint.post("/me/messages")
@for_residents
def me_messages_seen() -> ResponseReturnValue:
    """Mark everything on the page, and what is older, as read."""
    form, mine = SeenForm(), box()
    if form.validate() and (form.until.data or "").isdigit():
        known = notes.notes_to(mine, most=1)
        until = min(int(form.until.data or 0), known[0].id if known else 0)
        in_transaction(lambda: notes.mark_seen(mine, until=until))
    return redirect(url_for("resident.me_messages"), 303)
