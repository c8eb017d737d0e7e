"""What is short of a round: the policies side by side, who would go without, and deciding it."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from groupbuy.analytics import round_page
from groupbuy.analytics.round_page import OfferRow
from groupbuy.campaigns.models import Round
from groupbuy.campaigns.queries import get_round
from groupbuy.db import db
from groupbuy.db.bulk import chunks
from groupbuy.db.transaction import in_transaction
from groupbuy.db.unhurried import be_unhurried
from groupbuy.flows import allocating, sharing_out, substituting
from groupbuy.flows.allocating import Allocation
from groupbuy.flows.sharing_out import Preview, Share
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import BadInput, RuleBroken
from groupbuy.kernel.money import format_yuan
from groupbuy.leaders.models import Leader
from groupbuy.orders.models import Order
from groupbuy.warehouse import supply
from groupbuy.warehouse.rules import Policy
from groupbuy.warehouse.shortage_reasons import reasons_of
from groupbuy.warehouse.supply import Supply
from groupbuy.web.admin.blueprint import actor, blueprint
from groupbuy.web.admin.listing import MAX_EXPORT, Rows, file_asked, file_of
from groupbuy.web.admin.shortage_columns import WITHOUT, in_words, short_columns
from groupbuy.web.kit.asking import ask_first
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
    """What a policy would do: lines and residents that lose something, units, fen, lines left empty.

    ``substituted`` units come instead; ``back_fen`` is what then is less to pay.
    """

    policy: Policy
    lines: int
    residents: int
    units: int
    amount_fen: int
    emptied: int
    substituted: int
    back_fen: int


@dataclass(frozen=True, slots=True)
class LosingRow:
    """A line that would lose something, for people."""

    product: str
    order: str
    leader: str
    wanted: int
    got: int
    lost_fen: int
    instead: str


def _chosen() -> Policy:
    text = request.args.get("policy", "")
    return Policy(text) if text in {policy.value for policy in Policy} else Policy.FIRST_COME


@blueprint.get("/rounds/<name>/shortage")
def campaigns_shortage(name: str) -> ResponseReturnValue:
    """Show what is short, and who would go without by each policy.

    As soon as nothing more comes of some goods it is about those; the others wait for their suppliers.
    """
    round_, policy = get_round(name), _chosen()
    supplies = supply.supplies_of(round_.id)
    short = [one for one in supplies if one.short]
    offers = sharing_out.only_short(supplies, None)
    small = sum(one.wanted for one in offers) <= MOST_TO_COMPARE
    chosen, wrong = _swaps(round_)
    decided = {
        one: sharing_out.preview(round_, one, offers, chosen) for one in (Policy if small else (policy,))
    }
    touched = [one for one in supplies if one.short or one.lost]
    rows = _rows(decided[policy], most=MAX_EXPORT if file_asked() else MOST_ROWS)
    found = reasons_of({one.offer_id for one in touched})
    said = {offer_id: in_words(reasons) for offer_id, reasons in found.items()}
    goods = Rows(_("Goods that are short"), short_columns(said), touched)
    without = Rows(_("Who would go without"), WITHOUT, rows)
    return file_of(f"shortage-{round_.name}", goods, without) or render_template(
        "admin/shortage.html",
        round=round_,
        supplies=touched,
        reasons=said,
        final=bool(sharing_out.settled(short)),
        coming=[one for one in short if not one.final],
        short=bool(short),
        outcomes=[_outcome(one, shares) for one, shares in decided.items()],
        swaps=chosen,
        swap_pairs=[f"{short}={other}" for short, other in chosen.items()],
        wrong=wrong,
        swappable=_swappable(round_, offers),
        policies=POLICIES,
        chosen=policy,
        rows=rows,
        fingerprint=sharing_out.fingerprint(decided[policy]),
        most=MOST_ROWS,
    )


def _swaps(round_: Round) -> tuple[dict[str, str], str]:
    """Return the operator's swaps from the address, or none and what is wrong with them."""
    try:
        found = substituting.swaps_from(pair for pair in request.args.getlist("swap") if pair)
        substituting.operator_swaps(round_, found)
    except (BadInput, RuleBroken) as error:
        return {}, translate_sentence(error.message)
    return found, ""


def _swappable(round_: Round, offers: Sequence[Supply]) -> list[tuple[Supply, list[OfferRow]]]:
    """Return for each offer that is short those that are at most as dear."""
    rows = {row.id: row for row in round_page.offers_of(round_.id) if row.state == "active"}
    found = []
    for one in offers:
        price = rows[one.offer_id].price_fen if one.offer_id in rows else 0
        others = [row for row in rows.values() if row.id != one.offer_id and row.price_fen <= price]
        found.append((one, others))
    return found


def _outcome(policy: Policy, decided: Preview) -> Outcome:
    losing = decided.losing
    return Outcome(
        policy,
        len(losing),
        len({share.claim.resident_id for share in losing}),
        decided.units,
        decided.amount_fen,
        sum(not share.got for share in losing),
        decided.substituted,
        decided.amount_fen - decided.substituted_fen,
    )


def _rows(decided: Preview, *, most: int) -> list[LosingRow]:
    losing: list[tuple[Supply, Share]] = [
        (one.supply, share) for one in decided.offers for share in one.losing
    ]
    shown = losing[:most]
    ids = [share.claim.order_id for _supply, share in shown]
    heads = select(Order.id, Order.number, Leader.name).join(Leader, Leader.id == Order.leader_id)
    named = {
        row[0]: row
        for some in chunks(ids, MOST_ROWS)
        for row in db.session.execute(heads.where(Order.id.in_(some)))
    }
    names = substituting.names_of({swap.offer_id for swap in decided.swaps})
    instead: dict[int, list[str]] = {}
    for swap in decided.swaps:
        instead.setdefault(swap.line_id, []).append(f"{names[swap.offer_id]}×{swap.units}")
    return [
        LosingRow(
            one.name,
            named[share.claim.order_id][1],
            named[share.claim.order_id][2],
            share.claim.units,
            share.got,
            share.lost_fen,
            " ".join(instead.get(share.claim.line_id, [])),
        )
        for one, share in shown
    ]


@blueprint.route("/rounds/<name>/shortage/apply", methods=["GET", "POST"])
def campaigns_shortage_apply(name: str) -> ResponseReturnValue:
    """Say what sharing out changes, and do it once."""
    round_, policy = get_round(name), _chosen()
    seen, pairs = request.args.get("seen", ""), request.args.getlist("swap")
    back = url_for("admin.campaigns_shortage", name=name, policy=policy.value, swap=pairs)
    form = PageForm()
    if form.validate_on_submit():
        return _apply(name, policy, seen, back)
    offers = sharing_out.short_offers(round_)
    outcome = _outcome(policy, sharing_out.preview(round_, policy, offers, _swaps(round_)[0]))
    return ask_first(
        "admin",
        _("Share out what is short of %(round)s?", round=round_.title),
        _consequences(policy, outcome),
        deed=_("Share out"),
        back=back,
        form=form,
        action=request.full_path,
        danger=True,
    )


def _consequences(policy: Policy, outcome: Outcome) -> list[str]:
    return [
        _(
            "%(policy)s: %(lines)s order lines lose %(units)s units.",
            policy=POLICIES[policy],
            lines=outcome.lines,
            units=outcome.units,
        ),
        _("%(units)s units of substitutes come instead, from stock.", units=outcome.substituted),
        _(
            "%(residents)s residents pay %(amount)s less or get it back, and are told once.",
            residents=outcome.residents,
            amount=format_yuan(outcome.back_fen),
        ),
        _("Sheets and commissions follow. This cannot be undone."),
    ]


def _apply(name: str, policy: Policy, seen: str, back: str) -> ResponseReturnValue:
    def work() -> Allocation | None:
        be_unhurried()
        round_: Round = get_round(name)
        return allocating.apply(
            round_=round_,
            policy=policy,
            now=utc_now(),
            actor=actor(),
            swaps=_swaps(round_)[0],
            seen=seen or None,
        )

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
