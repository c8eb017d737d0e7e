"""Ready texts that a leader pastes into the group chat. They are Chinese: that is what groups write."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from groupbuy.leaders.models import Leader
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.leader.round_cards import RoundCard

WEEKDAYS = "一二三四五六日"


@dataclass(frozen=True, slots=True)
class Announcement:
    """A text with what it is for."""

    label: str
    text: str


def announcements(card: RoundCard, leader: Leader, *, zone: ZoneInfo) -> list[Announcement]:
    """Return the texts that fit the state of a round."""
    if card.is_open or card.is_coming:
        return [
            Announcement(_("Opening"), _opening(card, zone)),
            Announcement(_("Reminder before the cut-off"), _reminder(card, zone)),
        ]
    if card.has_papers:
        return [Announcement(_("The goods are here"), _arrival(card, leader))]
    return []


def _opening(card: RoundCard, zone: ZoneInfo) -> str:
    closes = card.round.closes_at.astimezone(zone)
    return "\n".join(
        (
            f"📣 开团啦：{card.round.title}",
            f"⏰ 截单：{closes.month}月{closes.day}日 {closes:%H:%M}",
            f"🛍 提货：{_pickup_day(card)}",
            f"👉 点链接下单：{card.address}",
        )
    )


def _reminder(card: RoundCard, zone: ZoneInfo) -> str:
    closes = card.round.closes_at.astimezone(zone)
    return (
        f"⏰ 提醒：{card.round.title} {closes:%H:%M} 截单，"
        f"已有 {card.figures.orders} 单。还没下单的邻居抓紧：{card.address}"
    )


def _arrival(card: RoundCard, leader: Leader) -> str:
    place = leader.address or (leader.community.name if leader.community else leader.name)
    return "\n".join(
        (
            f"📦 到货啦：{card.round.title}",
            f"🕓 提货：{_pickup_day(card)} {leader.pickup_hours}",
            f"📍 地点：{place}",
            "请打开订单里的提货码，当面点清；来不了的请提前告诉我。",
        )
    )


def _pickup_day(card: RoundCard) -> str:
    day = card.round.pickup_date
    return f"{day.month}月{day.day}日 周{WEEKDAYS[day.weekday()]}"
