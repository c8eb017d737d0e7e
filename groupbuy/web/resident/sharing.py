"""Sharing a round: a link with preview, a poster to post, and roll-call (接龙) text to copy."""

from collections.abc import Sequence

from flask import Response, current_app, render_template, request, url_for
from flask.typing import ResponseReturnValue

from groupbuy import paths
from groupbuy.campaigns import storefront
from groupbuy.campaigns.models import Round
from groupbuy.campaigns.storefront import Goods
from groupbuy.config import Settings
from groupbuy.documents.poster import Poster, PosterGoods, draw_poster
from groupbuy.kernel.errors import NotFound
from groupbuy.kernel.money import plain_yuan
from groupbuy.leaders.models import Leader
from groupbuy.web.kit.filters import day, moment
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.resident.blueprint import blueprint
from groupbuy.web.resident.buyer import the_buyer
from groupbuy.web.resident.rounds import leader_of, shown_round


def round_address(round_: Round, leader: Leader) -> str:
    """Return the full address of a round as a leader's residents see it."""
    settings: Settings = current_app.extensions["groupbuy_settings"]
    host = settings.base_url or request.host_url.rstrip("/")
    return host + url_for("resident.round_page", name=round_.name, l=leader.code)


def roll_call(round_: Round, leader: Leader, goods: Sequence[Goods]) -> str:
    """Return the text that people paste into a group chat and continue by hand.

    It is Chinese whoever copies it, and names days, not "tomorrow": a chat is read later.
    """
    place = leader.address or (leader.community.name if leader.community else leader.name)
    pickup = day(round_.pickup_date, language="zh")
    lines = [
        "#接龙",
        f"{round_.title} · {leader.name}团长",
        f"截单：{moment(round_.closes_at, language='zh')}  提货：{pickup} {leader.pickup_hours} {place}",
        *(
            f"{number}) {one.name} {one.spec or ''} {plain_yuan(one.price_fen)}元/{one.unit}".replace(
                "  ", " "
            )
            for number, one in enumerate(goods, 1)
        ),
        round_address(round_, leader),
        "例 3-2-501 李女士 苹果×2",
        "1. ",
    ]
    return "\n".join(lines)


def _shared(name: str) -> tuple[Round, Leader, Sequence[Goods]]:
    buyer, round_ = the_buyer(), shown_round(name)
    if buyer.leader is None:
        raise NotFound("unknown_round", f"There is no round {name}.")
    leader = leader_of(buyer, round_)
    goods = storefront.goods_of_rounds(round_ids=[round_.id], leader_id=leader.id)
    return round_, leader, [one for one in goods if one.left is None or one.left >= one.smallest]


@blueprint.get("/r/<name>/share")
def share(name: str) -> ResponseReturnValue:
    """Show the link, the poster and the text."""
    round_, leader, goods = _shared(name)
    return render_template(
        "resident/share.html",
        round=round_,
        leader=leader,
        address=round_address(round_, leader),
        text=roll_call(round_, leader, goods),
    )


@blueprint.get("/r/<name>/poster.png")
def poster(name: str) -> Response:
    """Return the poster of a round for the leader in ``l`` or the buyer's own."""
    round_, leader, goods = _shared(name)
    place = leader.address or leader.name
    picture = draw_poster(
        Poster(
            title=round_.title,
            lines=[
                f"{leader.name} · {leader.community.name}" if leader.community else leader.name,
                _("Order until %(moment)s", moment=moment(round_.closes_at)),
                place,
                f"{day(round_.pickup_date)} {leader.pickup_hours}",
            ],
            goods=[
                PosterGoods(
                    f"{one.name} {one.spec or ''}",
                    one.price_fen,
                    one.list_price_fen,
                    paths.static_dir() / one.picture if one.picture else None,
                )
                for one in goods
            ],
            address=round_address(round_, leader),
            call=_("Scan to order"),
        )
    )
    answer = Response(picture, mimetype="image/png")
    answer.headers["Content-Disposition"] = "inline; filename=groupbuy.png"
    return answer
