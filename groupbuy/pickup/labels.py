"""A label for each bag (分拣标签): door, name, running number, goods and the code to scan."""

from collections import Counter
from collections.abc import Sequence

from groupbuy.campaigns.heads import RoundHead
from groupbuy.documents.labels import MOST_LINES, Label
from groupbuy.leaders.heads import LeaderHead
from groupbuy.pickup.packing import PackedBag


def bag_labels(round_: RoundHead, leader: LeaderHead, bags: Sequence[PackedBag]) -> list[Label]:
    """Return the labels of a leader's bags in the order in which they are handed out."""
    of_building = Counter(bag.door.building for bag in bags)
    seen: Counter[str] = Counter()
    labels = []
    for number, bag in enumerate(bags, 1):
        building = bag.door.building
        seen[building] += 1
        labels.append(
            Label(
                door=str(bag.door),
                name=bag.name,
                place=f"总{number}/{len(bags)}（本楼{seen[building]}/{of_building[building]}）",
                goods=tuple((goods.label, units) for goods, units in bag.goods),
                more=f"…等{len(bag.goods) - MOST_LINES + 1}种，共{len(bag.goods)}种 {bag.units}件",
                foot=f"{leader.name} · {round_.title} · {round_.pickup_date}",
                code=bag.code,
            )
        )
    return labels
