"""What is short of a round: the policies side by side, who would go without, and deciding it."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from groupbuy.campaigns.models import Round
from groupbuy.campaigns.queries import get_round
from groupbuy.db import db
from groupbuy.db.transaction import be_unhurried, in_transaction
from groupbuy.flows import allocating
from groupbuy.flows.allocating import Allocation, OfferShares, Share
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import RuleBroken
from groupbuy.kernel.money import format_yuan
from groupbuy.leaders.models import Leader
from groupbuy.orders.models import Order
from groupbuy.warehouse import supply
from groupbuy.warehouse.rules import Policy
from groupbuy.warehouse.supply import Supply
from groupbuy.web.admin.blueprint import actor, blueprint
from groupbuy.web.kit.forms import PageForm
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l
from groupbuy.web.kit.i18n import translate_sentence

POLICIES = {
    Policy.FIRST_COME: _l("First come, first served"),
    Policy.PRO_RATA: _l("Pro rata"),
    Policy.EQUAL_PER_LEADER: _l("Equal per leader"),
    Policy.FAIR_BY_MONEY: _l("Fair by money"),
}
MOST_ROWS = 200
# Above so many units all policies at once would keep the page waiting; then only the chosen one is reckoned.
MOST_TO_COMPARE = 200_000


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a policy would do: lines and residents that lose something, units, fen, lines left empty."""

    policy: Policy
    lines: int
    residents: int
    units: int
    amount_fen: int
    emptied: int


@dataclass(frozen=True, slots=True)
class LosingRow:
    """A line that would lose something, for people."""

    product: str
    order: str
    leader: str
    wanted: int
    got: int
    lost_fen: int


def _chosen() -> Policy:
    text = request.args.get("policy", "")
    return Policy(text) if text in {policy.value for policy in Policy} else Policy.FIRST_COME


@blueprint.get("/rounds/<name>/shortage")
def campaigns_shortage(name: str) -> ResponseReturnValue:
    """Show what is short, and who would go without by each policy."""
    round_, policy = get_round(name), _chosen()
    supplies = supply.supplies_of(round_.id)
    offers = [one for one in supplies if one.short]
    small = sum(one.wanted for one in offers) <= MOST_TO_COMPARE
    decided = {one: list(allocating.preview(round_, one, offers)) for one in (Policy if small else (policy,))}
    return render_template(
        "admin/shortage.html",
        round=round_,
        supplies=[one for one in supplies if one.short or one.lost],
        final=bool(offers) and all(one.final for one in offers),
        short=bool(offers),
        outcomes=[_outcome(one, shares) for one, shares in decided.items()],
        policies=POLICIES,
        chosen=policy,
        rows=_rows(decided[policy]),
        fingerprint=allocating.fingerprint(decided[policy]),
        most=MOST_ROWS,
    )


def _outcome(policy: Policy, decided: Sequence[OfferShares]) -> Outcome:
    losing = [share for one in decided for share in one.losing]
    return Outcome(
        policy,
        len(losing),
        len({share.claim.resident_id for share in losing}),
        sum(share.lost for share in losing),
        sum(share.lost_fen for share in losing),
        sum(not share.got for share in losing),
    )


def _rows(decided: Sequence[OfferShares]) -> list[LosingRow]:
    losing: list[tuple[Supply, Share]] = [(one.supply, share) for one in decided for share in one.losing]
    shown = losing[:MOST_ROWS]
    ids = [share.claim.order_id for _supply, share in shown]
    heads = select(Order.id, Order.number, Leader.name).join(Leader, Leader.id == Order.leader_id)
    named = {row[0]: row for row in db.session.execute(heads.where(Order.id.in_(ids)))}
    return [
        LosingRow(
            one.name,
            named[share.claim.order_id][1],
            named[share.claim.order_id][2],
            share.claim.units,
            share.got,
            share.lost_fen,
        )
        for one, share in shown
    ]


@blueprint.route("/rounds/<name>/shortage/apply", methods=["GET", "POST"])
def campaigns_shortage_apply(name: str) -> ResponseReturnValue:
    """Say what sharing out changes, and do it once."""
    round_, policy = get_round(name), _chosen()
    seen = request.args.get("seen", "")
    back = url_for("admin.campaigns_shortage", name=name, policy=policy.value)
    form = PageForm()
    if form.validate_on_submit():
        return _apply(name, policy, seen, back)
    outcome = _outcome(policy, list(allocating.preview(round_, policy, allocating.short_offers(round_))))
    return render_template(
        "confirm.html",
        layout="admin/base.html",
        question=_("Share out what is short of %(round)s?", round=round_.title),
        consequences=[
            _(
                "%(policy)s: %(lines)s order lines lose %(units)s units.",
                policy=POLICIES[policy],
                lines=outcome.lines,
                units=outcome.units,
            ),
            _(
                "%(residents)s residents pay %(amount)s less or get it back, and are told once.",
                residents=outcome.residents,
                amount=format_yuan(outcome.amount_fen),
            ),
            _("Sheets and commissions follow. This cannot be undone."),
        ],
        action=request.full_path,
        deed=_("Share out"),
        back=back,
        form=form,
        danger=True,
    )


def _apply(name: str, policy: Policy, seen: str, back: str) -> ResponseReturnValue:
    def work() -> Allocation | None:
        be_unhurried()
        round_: Round = get_round(name)
        return allocating.apply(round_=round_, policy=policy, now=utc_now(), actor=actor(), seen=seen or None)

    try:
        done = in_transaction(work)
    except RuleBroken as error:
        flash(translate_sentence(error.message), "bad")
        return redirect(back, 303)
    if done is None:
        flash(_("Nothing is short any more."), "wait")
    else:
        flash(
            _(
                "%(units)s units were shared out; %(orders)s orders have changed.",
                units=done.units,
                orders=done.orders,
            ),
            "ok",
        )
    return redirect(back, 303)
