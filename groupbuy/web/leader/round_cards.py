"""Rounds as a leader's pages show them: what the clock says, the leader's figures, texts for the group."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from groupbuy.analytics.leader_desk import HANDING_OUT, RoundFigures, figures_of_rounds
from groupbuy.campaigns import storefront
from groupbuy.campaigns.models import Round
from groupbuy.campaigns.rules import RoundState, effective_state
from groupbuy.campaigns.storefront import Goods
from groupbuy.leaders.models import Leader
from groupbuy.web.resident.sharing import roll_call, round_address


@dataclass(frozen=True, slots=True)
class RoundCard:
    """A round on a leader's page."""

    round: Round
    state: RoundState
    figures: RoundFigures
    address: str
    roll_call: str

    @property
    def is_open(self) -> bool:
        """Tell whether residents can order now."""
        return self.state is RoundState.OPEN

    @property
    def is_coming(self) -> bool:
        """Tell whether it opens later."""
        return self.state is RoundState.SCHEDULED

    @property
    def has_papers(self) -> bool:
        """Tell whether there are sheets to download."""
        closed = (*HANDING_OUT, RoundState.COMPLETED)
        return self.state in closed and self.figures.orders > 0


def cards_of(leader: Leader, rounds: Sequence[Round], now: datetime) -> list[RoundCard]:
    """Return the cards of rounds with the leader's figures."""
    figures = figures_of_rounds(leader_id=leader.id, round_ids=[one.id for one in rounds])
    states = {one.id: state_of(one, now) for one in rounds}
    goods = _goods_on_sale(leader, states)
    return [_card(leader, one, states[one.id], figures[one.id], goods.get(one.id)) for one in rounds]


def state_of(round_: Round, now: datetime) -> RoundState:
    """Return the state that the clock gives a round."""
    return effective_state(RoundState(round_.state), round_.opens_at, round_.closes_at, now)


def _goods_on_sale(leader: Leader, states: Mapping[int, RoundState]) -> Mapping[int, Sequence[Goods]]:
    wanted = [i for i, state in states.items() if state in (RoundState.OPEN, RoundState.SCHEDULED)]
    found: dict[int, list[Goods]] = {round_id: [] for round_id in wanted}
    if wanted:
        for one in storefront.goods_of_rounds(round_ids=wanted, leader_id=leader.id):
            if one.left is None or one.left >= one.smallest:
                found[one.round_id].append(one)
    return found


def _card(
    leader: Leader,
    round_: Round,
    state: RoundState,
    figures: RoundFigures,
    goods: Sequence[Goods] | None,
) -> RoundCard:
    if goods is None:
        return RoundCard(round_, state, figures, "", "")
    text = roll_call(round_, leader, goods)
    return RoundCard(round_, state, figures, round_address(round_, leader), text)
