"""The page of one round: figures, goods, leaders, purchase orders, documents, and what can be done."""

from typing import Any

from flask import render_template, url_for
from flask.typing import ResponseReturnValue

from groupbuy.analytics import round_page
from groupbuy.analytics.round_buying import Buying, buying
from groupbuy.analytics.round_figures import rounds_with_figures
from groupbuy.audit.queries import entries_of
from groupbuy.campaigns.agreed_sources import agreed_for
from groupbuy.campaigns.delays import delays_of
from groupbuy.campaigns.models import Round
from groupbuy.campaigns.rules import RoundState
from groupbuy.db import db
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import NotFound
from groupbuy.purchasing.rules import MinimumPolicy
from groupbuy.warehouse import planned
from groupbuy.web.admin import papers
from groupbuy.web.admin.blueprint import blueprint
from groupbuy.web.admin.listing import Column, Rows, file_of
from groupbuy.web.admin.round_columns import BUYING, LEADERS, OFFERS
from groupbuy.web.admin.words import names_of
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l

SELLING = (RoundState.SCHEDULED, RoundState.OPEN)
BEFORE_CLOSE = (RoundState.DRAFT, *SELLING, RoundState.CLOSING)
HISTORY = 12

# What the close would do with a purchase below its supplier's minimum.
BELOW_MINIMUM = {
    MinimumPolicy.HOLD: _l("the order would be held for your decision"),
    MinimumPolicy.CANCEL: _l("its goods would be cancelled and paid back"),
    MinimumPolicy.EXTEND: _l("the round would be extended where it may be, then the order is held"),
    MinimumPolicy.TOP_UP: _l("nothing that keeps can fill it up, so the order would be held"),
}
PURCHASE_COLUMNS = (
    Column(_l("Number"), lambda row: row.PurchaseOrder.number, "code", lambda row: order_page(row)),
    Column(_l("Supplier"), lambda row: row.name, "name"),
    Column(_l("State"), lambda row: row.PurchaseOrder.state, "state:purchase_order"),
    Column(_l("Units"), lambda row: row.PurchaseOrder.units, "number"),
    Column(_l("Cost"), lambda row: row.PurchaseOrder.cost_fen, "money"),
    Column(_l("Mail"), lambda row: row.mail, "state:message"),
)


def order_page(row: Any) -> str:
    """Return the address of a purchase order's page."""
    return url_for("admin.purchasing_order", number=row.PurchaseOrder.number)


@blueprint.get("/rounds/<name>")
def campaigns_round(name: str) -> ResponseReturnValue:
    """Show a round."""
    row = db.session.execute(rounds_with_figures().where(Round.name == name)).one_or_none()
    if row is None:
        raise NotFound("unknown_round", f"There is no round {name}.")
    round_id = row.Round.id
    goods = Rows(_("Goods"), OFFERS, round_page.offers_of(round_id))
    leaders = Rows(_("Leaders with orders"), LEADERS, round_page.leaders_of(round_id))
    orders = Rows(_("Purchase orders"), PURCHASE_COLUMNS, round_page.purchase_orders_of(round_id))
    preview = Buying() if row.Round.state not in BEFORE_CLOSE else buying(row.Round)
    bought = [Rows(_("What would be bought now"), BUYING, preview.lines)] if preview.lines else []
    return file_of(name, goods, leaders, orders, *bought) or render_template(
        "admin/round.html",
        row=row,
        offers=goods.items,
        leaders=leaders.items,
        purchase_orders=orders.items,
        purchase_columns=PURCHASE_COLUMNS,
        preview=preview,
        buying_columns=BUYING,
        below_minimum=BELOW_MINIMUM,
        papers=papers,
        weighed=any(offer.est_grams for offer in goods.items),
        **_facts_of(row.Round),
    )


def _facts_of(round_: Round) -> dict[str, Any]:
    """Return what the page says of a round beside its tables, and what may be done with it."""
    before_close = round_.state in BEFORE_CLOSE
    history = entries_of("round", round_.name, most=HISTORY)
    return {
        "round": round_,
        "campaign": round_.campaign,
        "further": {one.offer_id: one.sources for one in agreed_for(round_.id).values()},
        "tolerances": planned.outlook(round_),
        "history": history,
        "names": names_of(entry.actor for entry in history),
        "selling": round_.state in SELLING and round_.closes_at > utc_now(),
        "cancellable": before_close,
        "has_papers": not before_close and round_.state != RoundState.CANCELLED,
        "delays": delays_of(round_.id),
    }
