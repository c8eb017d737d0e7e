"""What is stored that an order file speaks of: rounds, buyers and offers, by their numbers in the file."""

from dataclasses import dataclass, field

from groupbuy.campaigns import selling
from groupbuy.campaigns.selling import SellingOffer, SellingRound
from groupbuy.flows.importing.order_file import OrderFile, key_of
from groupbuy.members.bulk import Buyer, buyers

Own = dict[tuple[int, int], tuple[bool, int | None]]


@dataclass(slots=True)
class Market:
    """The rounds, buyers and offers of a file; what is not stored is not there."""

    rounds: dict[int, SellingRound]
    buyers: dict[int, Buyer]
    offers: dict[int, SellingOffer]
    own: Own = field(default_factory=dict)

    def round_of(self, campaign: int) -> SellingRound | None:
        """Return the round of a campaign of the file."""
        return self.rounds.get(campaign)

    def buyer(self, resident: int) -> Buyer | None:
        """Return a resident of the file."""
        return self.buyers.get(resident)

    def offer(self, campaign: int, product: int, buyer: Buyer) -> tuple[SellingOffer, int] | None:
        """Return the offer that a buyer's leader has of a product, and its price there in fen."""
        offer = self.offers.get(key_of(campaign, product))
        if offer is None:
            return None
        offered, price = self.own.get((offer.id, buyer.leader_id)) or (not offer.leader_picks, None)
        return (offer, offer.price_fen if price is None else price) if offered else None


def look_up(file: OrderFile) -> Market:
    """Find what a file speaks of; refuse the lines that speak of what is not stored."""
    rounds, residents = selling.rounds_by_name(file.campaigns), buyers(file.residents)
    file.refuse_unknown("campaign_code", file.campaign, file.campaigns, rounds)
    file.refuse_unknown("resident_code", file.resident, file.residents, residents)
    round_ids = {round_.id: file.campaigns[name] for name, round_ in rounds.items()}
    offers = {
        key_of(round_ids[round_id], file.products[code]): offer
        for (round_id, code), offer in selling.offers_of(round_ids).items()
        if code in file.products
    }
    return Market(
        {file.campaigns[name]: round_ for name, round_ in rounds.items()},
        {file.residents[code]: buyer for code, buyer in residents.items()},
        offers,
        selling.leaders_own(round_ids),
    )
