"""The after-sale cases of a leader's residents: what is open, and what each asks of the leader."""

from flask import render_template, request
from flask.typing import ResponseReturnValue

from groupbuy.aftersales import listing
from groupbuy.aftersales.listing import OPEN, Ask
from groupbuy.db import db
from groupbuy.http.guards import signed_in
from groupbuy.kernel.clock import utc_now
from groupbuy.orders.doors import door_of
from groupbuy.pickup.rules import door
from groupbuy.web.after_sales import KINDS, REASONS
from groupbuy.web.kit.i18n import lazy_gettext as _l
from groupbuy.web.leader.blueprint import blueprint, for_leaders
from groupbuy.web.leader.paging import page_number

PAGE_SIZE = 20
ASKS = {
    Ask.KEEP: _l("Keep the goods: nothing is handed out until this is decided."),
    Ask.TAKE_BACK: _l("Take the former goods back."),
    Ask.HAND_OUT: _l("Hand the promised goods out."),
    Ask.ELSEWHERE: _l("Nothing: another leader hands the promised goods out."),
    Ask.EXPECT: _l("Nothing yet: the promised goods come with a later round."),
    Ask.WAIT: _l("Nothing: the operator decides."),
}


@blueprint.get("/after-sales")
@for_leaders
def cases() -> ResponseReturnValue:
    """List the cases that are open, or with ``all`` every one, the latest first."""
    everything, mine = request.args.get("all") == "1", signed_in().leader_ids
    pages = db.paginate(
        listing.cases(leader_ids=mine, states=() if everything else OPEN),
        page=page_number(),
        per_page=PAGE_SIZE,
        error_out=False,
    )
    return render_template(
        "leader/cases.html",
        pages=pages,
        everything=everything,
        unanswered=listing.unanswered(mine, utc_now()),
        asks={case.id: [ASKS[one] for one in listing.asks_of(case)] for case in pages.items},
        doors={case.id: door(*door_of(case.order)) for case in pages.items},
        kinds=KINDS,
        reasons=REASONS,
    )
