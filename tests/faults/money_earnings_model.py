"""T13: the model's half of earnings: commission, rewards of who brought the leader, bonus, helper."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from groupbuy.kernel.money import split
from tests.faults.money_rows import BONUS_FEN, BONUS_FROM_FEN, REFERRALS_BP, SHARE_BP, ModelOrder, ModelRound

Stage = Callable[[ModelOrder], bool]


class EarningsModel:
    """What is earned on the leader's orders, reckoned anew from them each time."""

    def __init__(self, leader: int, above: Sequence[int], helper: int) -> None:
        self.leader = f"leader:{leader}"
        # Who brought the leader, and who brought that one.
        self.above = [f"leader:{one}" for one in above]
        self.helper = f"commission:helper:{helper}:settled"
        self.rounds: dict[int, ModelRound] = {}
        self.orders: dict[int, ModelOrder] = {}

    def earnings(self) -> Iterator[tuple[str, str, int]]:
        """Yield from which account to which how many fen have gone by now."""
        usual: list[tuple[str, str, Callable[[Stage], int]]] = [
            (self.leader, "expense:commission", self._shares),
            (self.leader, "expense:bonus", self._bonuses),
        ]
        usual += [
            (one, "expense:referral", lambda stage, bp=bp: self._rewards(stage, bp))
            for one, bp in zip(self.above, REFERRALS_BP, strict=True)
        ]
        for who, expense, fen in usual:
            accounts = [expense, *(f"commission:{who}:{name}" for name in ("pending", "frozen", "settled"))]
            for debit, credit, stage in zip(accounts, accounts[1:], self._stages(), strict=False):
                yield debit, credit, fen(stage)
        yield f"commission:{self.leader}:settled", self.helper, self.helper_fen

    @property
    def settled_fen(self) -> int:
        """Return what the leader has earned for good, without what the helper gets of it."""
        settled = self._stages()[-1]
        return self._shares(settled) + self._bonuses(settled) - self.helper_fen

    @property
    def helper_fen(self) -> int:
        """Return what the helper gets of the leader's own settled commission, split round by round."""
        by_round: Counter[int] = Counter()
        for order in self.orders.values():
            by_round[order.round] += order.share_fen if order.settled else 0
        return sum(split(fen, [SHARE_BP, 10_000 - SHARE_BP])[0] for fen in by_round.values())

    def _stages(self) -> tuple[Stage, Stage, Stage]:
        return self._is_earned, lambda one: one.state == "picked_up", lambda one: one.settled

    def _is_earned(self, order: ModelOrder) -> bool:
        return self.rounds[order.round].closed and order.state in ("confirmed", "picked_up")

    def _shares(self, stage: Stage) -> int:
        return sum(order.share_fen for order in self.orders.values() if stage(order))

    def _rewards(self, stage: Stage, rate_bp: int) -> int:
        return sum(order.part_fen(rate_bp) for order in self.orders.values() if stage(order))

    def _bonuses(self, stage: Stage) -> int:
        sold: Counter[int] = Counter()
        for order in self.orders.values():
            sold[order.round] += order.amount_fen if stage(order) else 0
        return sum(BONUS_FEN for fen in sold.values() if fen >= BONUS_FROM_FEN)
