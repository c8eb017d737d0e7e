"""The commission of very many lines: looked up once per product and once per leader."""

from dataclasses import dataclass, field

from groupbuy.campaigns.selling import SellingOffer
from groupbuy.commissions.queries import Agreed, Plan
from groupbuy.members.bulk import Buyer


@dataclass(slots=True)
class Agreements:
    """What lines earn under a plan; equal to asking the plan for each line.

    A rule for a product or its category comes before those for leaders, so it does not matter whose
    line it is; without one it does not matter which product it is.
    """

    plan: Plan
    _products: dict[int, Agreed | None] = field(default_factory=dict)
    _leaders: dict[int, Agreed] = field(default_factory=dict)

    def agreed(self, offer: SellingOffer, buyer: Buyer) -> Agreed:
        """Return what a line of this offer and buyer earns."""
        if offer.product_id not in self._products:
            self._products[offer.product_id] = self._of_product(offer)
        found = self._products[offer.product_id]
        if found is None:
            found = self._leaders.get(buyer.leader_id)
        if found is None:
            found = self._leaders[buyer.leader_id] = self.plan.agreed(
                product_id=0, category_id=None, leader_id=buyer.leader_id, level_id=buyer.level_id
            )
        return found

    def _of_product(self, offer: SellingOffer) -> Agreed | None:
        default = self.plan.agreed(product_id=0, category_id=None, leader_id=0, level_id=None)
        own = self.plan.agreed(
            product_id=offer.product_id, category_id=offer.category_id, leader_id=0, level_id=None
        )
        return None if own == default else own
