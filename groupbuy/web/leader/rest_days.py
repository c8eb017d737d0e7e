"""A leader's own rest days."""

from flask.typing import ResponseReturnValue

from groupbuy.http.guards import signed_in
from groupbuy.web.leader.blueprint import blueprint, for_leaders, the_leader
from groupbuy.web.resting import rest_page


@blueprint.route("/rest-days", methods=["GET", "POST"])
@for_leaders
def rest_days() -> ResponseReturnValue:
    """Show and change the days on which the leader hands out nothing."""
    return rest_page(the_leader(), template="leader/rest_days.html", actor=signed_in().actor)
