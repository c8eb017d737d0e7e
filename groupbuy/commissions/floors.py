"""A price is not below the commission per unit that holds for the product: held where a price is set."""

from collections.abc import Mapping

from sqlalchemy import or_, select

from groupbuy.catalog.models import Product
from groupbuy.commissions.models import CommissionRule
from groupbuy.commissions.rules import Rate, Scope
from groupbuy.db import db
from groupbuy.db.bulk import select_in, table_of
from groupbuy.finance import dials
from groupbuy.kernel.errors import BadInput
from groupbuy.kernel.money import format_yuan
from groupbuy.leaders.models import Leader

# What holds for goods of any kind, the most particular first.
_OF_LEADERS = (Scope.LEADER, Scope.LEVEL, Scope.DEFAULT)
Amounts = Mapping[tuple[str, int], int]


def hold_rates(*, shared: bool = False) -> None:
    """Let whoever sets a rate, and, ``shared``, those who set prices, wait for each other.

    The rate is checked against prices and the price against rates: at the same instant neither would see
    what the other has not committed.
    """
    # Rates have no row in common, and of what is not there yet none can be locked: a figure of the plan
    # stands for it.
    dials.hold("referral_bp", shared=shared)


def check_prices(prices: Mapping[int, int], *, leader: Leader | None = None) -> None:
    """Refuse prices, in fen by product id, that are below the commission per unit.

    Without a ``leader`` the highest that any leader gets counts. Raise BadInput ``below_commission`` that
    names the first product.
    """
    above = above_price(prices, leader=leader)
    if not above:
        return
    first = min(above)
    code = db.session.scalars(select(Product.code).where(Product.id == first)).one()
    raise BadInput("below_commission", sentence(code, above[first]), param="price_fen")


def sentence(code: str, fixed_fen: int) -> str:
    """Say why a price is refused."""
    each = format_yuan(fixed_fen)
    message = f"Of {code} leaders get {each} per unit: the price is not below that."
    return message


def above_price(prices: Mapping[int, int], *, leader: Leader | None = None) -> dict[int, int]:
    """Return by product the commission per unit where it is above the price.

    No rate changes until the transaction ends.
    """
    hold_rates(shared=True)
    amounts = _amounts(leader)
    if not any(amounts.values()):
        return {}
    kinds = select_in(select(Product.id, Product.category_id), table_of(Product).c.id, prices)
    usual = _usual(amounts, leader)
    found = {}
    for product_id, category_id in kinds:
        of_category = amounts.get((Scope.CATEGORY, category_id or 0), usual)
        found[product_id] = amounts.get((Scope.PRODUCT, product_id), of_category)
    return {product: fixed for product, fixed in found.items() if fixed > prices[product]}


def _amounts(leader: Leader | None) -> Amounts:
    """Return what the rates in force give per unit, by scope and target; 0 for one that is no amount.

    Of other leaders only those with an amount are read: there may be many rates of theirs.
    """
    amount = CommissionRule.rate["fixed_fen"].as_integer()
    mine = CommissionRule.target_id == (leader.id if leader else 0)
    wanted = or_(CommissionRule.scope != Scope.LEADER, mine, amount > 0)
    rows = db.session.execute(
        select(CommissionRule.scope, CommissionRule.target_id, CommissionRule.rate).where(
            CommissionRule.valid_to.is_(None), wanted
        )
    )
    return {(scope, target): Rate.from_json(rate).fixed_fen or 0 for scope, target, rate in rows}


def _usual(amounts: Amounts, leader: Leader | None) -> int:
    """Return what goods without a rate of their own or their category's give at most."""
    if leader is None:
        return max((fen for (scope, _), fen in amounts.items() if scope in _OF_LEADERS), default=0)
    targets = zip(_OF_LEADERS, (leader.id, leader.level_id or 0, 0), strict=True)
    return next((amounts[one] for one in targets if one in amounts), 0)
