"""What a leader counts: goods of one product together, whatever the rounds they were ordered in."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from groupbuy.delivery.brought import StopGoods
from groupbuy.flows.signing import Count
from groupbuy.kernel.sorting import natural_key


@dataclass(frozen=True, slots=True)
class Wares:
    """Goods of a stop that look the same to whoever counts them, those of the first round first."""

    goods: tuple[StopGoods, ...]

    @property
    def first(self) -> StopGoods:
        """Return what names them."""
        return self.goods[0]

    @property
    def key(self) -> str:
        """Return the name of their row in the form."""
        return "-".join(str(one.offer_id) for one in self.goods)

    @property
    def units(self) -> int:
        """Return how many were sent."""
        return sum(one.units for one in self.goods)

    @property
    def rounds(self) -> list[str]:
        """Return the titles of their rounds, each once."""
        return list(dict.fromkeys(one.round_title for one in self.goods))

    def counts(self, got: int, reason: str | None) -> dict[int, Count]:
        """Return what came of each offer: what is missing was of the last round, what is too much too."""
        lacking, found = self.units - got, {}
        for one in reversed(self.goods):
            less = min(lacking, one.units)
            found[one.offer_id] = Count(one.units - less, reason if less else None)
            lacking -= less
        return found


def wares_of(goods: Sequence[StopGoods]) -> list[Wares]:
    """Return goods with those of one product, name and specification together, by product code."""

    def looks(one: StopGoods) -> tuple[object, ...]:
        return (natural_key(one.code), one.name, one.spec, one.unit)

    ordered = sorted(goods, key=lambda one: (looks(one), one.offer_id))
    return [Wares(tuple(same)) for _looks, same in groupby(ordered, key=looks)]
