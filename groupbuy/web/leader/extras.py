"""What a leader earns beside its own commission: rewards and bonuses, down to the lines."""

from math import ceil

from flask import render_template
from flask.typing import ResponseReturnValue

from groupbuy.analytics import extra_commission
from groupbuy.db import db
from groupbuy.leaders import referring
from groupbuy.web.admin.extras import terms_of
from groupbuy.web.kit.paging import Pages
from groupbuy.web.leader.blueprint import blueprint, for_leaders, the_leader
from groupbuy.web.leader.paging import page_number

MOST = 100
LINES_PER_PAGE = 50


@blueprint.get("/extras")
@for_leaders
def extras() -> ResponseReturnValue:
    """List rewards and bonuses, the latest first."""
    leader = the_leader()
    rows = db.session.execute(extra_commission.extras_of(leader.id).limit(MOST)).all()
    return render_template(
        "leader/extras.html", rows=rows, terms_of=terms_of, brought=referring.referred_by(leader.id)
    )


@blueprint.get("/extras/<int:extra_id>")
@for_leaders
def extras_show(extra_id: int) -> ResponseReturnValue:
    """Show the lines behind a reward or a bonus."""
    extra, page = extra_commission.get_extra(extra_id, leader_id=the_leader().id), page_number()
    lines, count = extra_commission.lines_of(extra, page=page, size=LINES_PER_PAGE)
    return render_template(
        "leader/extra.html",
        extra=extra,
        lines=lines,
        reached=extra_commission.worth_in_all(extra),
        terms=terms_of(extra),
        pages=Pages(page, ceil(count / LINES_PER_PAGE), count),
    )
