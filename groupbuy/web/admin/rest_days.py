"""A leader's rest days, as operators set them."""

from flask.typing import ResponseReturnValue

from groupbuy.leaders.queries import get_leader
from groupbuy.web.admin.blueprint import actor, blueprint
from groupbuy.web.resting import rest_page


@blueprint.route("/leaders/<code>/rest-days", methods=["GET", "POST"])
def leaders_rest(code: str) -> ResponseReturnValue:
    """Show and change the days on which a leader hands out nothing."""
    return rest_page(get_leader(code), template="admin/rest_days.html", actor=actor())
