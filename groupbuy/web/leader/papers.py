"""A leader's sheets as files, in two taps.

On Android WeChat hands a download over to the phone's browser, which has no session there. So the page
answers with a redirect to a signed link that lives for a few minutes and opens this one file only.
"""

from collections.abc import Callable
from datetime import datetime
from io import BytesIO

from flask import Response, current_app, redirect, send_file, url_for
from flask.typing import ResponseReturnValue
from itsdangerous import BadSignature, URLSafeTimedSerializer

from groupbuy.audit import service as audit
from groupbuy.db.transaction import in_transaction
from groupbuy.http.guards import signed_in
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import NotFound
from groupbuy.messaging.senders import File
from groupbuy.messaging.service import Attachment
from groupbuy.web.leader.blueprint import blueprint, for_leaders, round_of, the_leader

# The application puts its renderer there, so that the edges need not know how documents are made.
RENDER = "groupbuy_render"
Render = Callable[[Attachment, datetime], File]
# Kinds of documents that are of a day and not of a round.
DAY = "day_"
LINK_LIVES_S = 300


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt="leader paper")


@blueprint.get(
    "/rounds/<name>/<any(pickup_sheet, sorting_list, commission_statement, order_export, bag_labels):kind>"
    ".<any(xlsx, pdf):suffix>"
)
@for_leaders
def paper(name: str, kind: str, suffix: str) -> ResponseReturnValue:
    """Lead to the file by a link that works without a session for a few minutes."""
    leader = the_leader()
    round_ = round_of(leader, name)
    token = _signer().dumps([round_.name, kind, leader.code, suffix, signed_in().actor.name])
    return redirect(url_for("leader.file", token=token), 303)


@blueprint.get("/days/<day>/<any(pickup_sheet, sorting_list, bag_labels):kind>.<any(xlsx, pdf):suffix>")
@for_leaders
def day_paper(day: str, kind: str, suffix: str) -> ResponseReturnValue:
    """Lead to a sheet of a pickup day, with the orders of all its rounds, by such a link."""
    token = _signer().dumps([day, f"{DAY}{kind}", the_leader().code, suffix, signed_in().actor.name])
    return redirect(url_for("leader.file", token=token), 303)


@blueprint.get("/file/<token>")
def file(token: str) -> Response:
    """Return the file that a fresh link names; who took it is logged."""
    try:
        name, kind, code, suffix, actor = _signer().loads(token, max_age=LINK_LIVES_S)
    except BadSignature as error:
        raise NotFound(
            "link_expired", "This link has run out; tap the sheet on the page of the round once more."
        ) from error
    render: Render = current_app.extensions[RENDER]
    made = render(Attachment(kind, name, code, suffix), utc_now())
    in_transaction(
        lambda: audit.record(
            at=utc_now(),
            actor=actor,
            verb="document_taken",
            subject_kind="delivery_day" if kind.startswith(DAY) else "round",
            subject=name,
            after={"kind": kind, "code": code},
        )
    )
    # Headers are Latin-1; send_file writes a name beyond it as RFC 6266 has it.
    answer = send_file(
        BytesIO(made.content), mimetype=made.mime_type, as_attachment=True, download_name=made.name
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer
