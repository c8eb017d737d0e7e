"""The events that people are told of, the channels, and when nobody is told."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from groupbuy.kernel.times import local_moment

PAGE, MAIL, SMS, WECHAT = "page", "mail", "sms", "wechat"
# A helper is named by the account, as one may help several leaders.
RESIDENT, LEADER, HELPER = "resident", "leader", "helper"
LANGUAGES = ("zh", "en")
# Residents sign in by phone or WeChat; only of leaders a mail address is kept.
CHANNELS: Mapping[str, tuple[str, ...]] = {
    RESIDENT: (PAGE, SMS, WECHAT),
    LEADER: (PAGE, MAIL, SMS, WECHAT),
    HELPER: (PAGE, SMS, WECHAT),
}
ALL_CHANNELS = (PAGE, MAIL, SMS, WECHAT)


@dataclass(frozen=True, slots=True)
class Event:
    """Something that people are told of.

    ``roles`` names the channels that are on by role unless an operator says otherwise. ``samples`` are the
    placeholders with a sample of each. What ``must`` be told is always left on the page.
    """

    roles: Mapping[str, tuple[str, ...]]
    samples: Mapping[str, str]
    must: bool = False


_ROUND = {"round": "周日鲜果日"}
_TELL = {RESIDENT: (PAGE,)}
_TELL_BOTH = {RESIDENT: (PAGE,), LEADER: (PAGE,)}
EVENTS: Mapping[str, Event] = {
    "opened": Event(
        {RESIDENT: (), LEADER: (PAGE,)}, {**_ROUND, "closes": "11-22 22:00", "pickup": "2026-11-23"}
    ),
    "closing_soon": Event(_TELL_BOTH, {**_ROUND, "closes": "11-22 22:00", "pickup": "2026-11-23"}),
    "price_changed": Event(
        _TELL_BOTH, {**_ROUND, "goods": "红富士苹果 5斤", "former": "¥29.90", "price": "¥26.90"}
    ),
    "below_threshold": Event(_TELL_BOTH, {**_ROUND, "goods": "红富士苹果 5斤"}, must=True),
    "shipped": Event(_TELL_BOTH, {"place": "阳光花园 3号楼1层"}),
    "arrived": Event(_TELL, {"place": "阳光花园 3号楼1层", "hours": "16:00–20:00"}),
    "not_picked_up": Event(_TELL, {**_ROUND, "place": "阳光花园 3号楼1层", "hours": "16:00–20:00"}),
    "perishable": Event(
        _TELL,
        {
            "order": "7K3M9Q2W",
            "goods": "草莓 500g ×2（按约定不退款）",
            "place": "阳光花园 3号楼1层",
            "until": "11-24 20:00",
        },
        must=True,
    ),
    "disposed": Event(
        _TELL, {"order": "7K3M9Q2W", "goods": "草莓 500g ×2", "money": "按约定不退款"}, must=True
    ),
    "set_aside": Event(_TELL, {"order": "7K3M9Q2W", "place": "阳光花园 3号楼1层", "day": "2026-11-25"}),
    "to_dispose": Event({LEADER: (PAGE,)}, {"count": "3"}),
    "short": Event(_TELL, {**_ROUND, "goods": "红富士苹果 5斤 缺 1 件", "amount": "¥29.90"}, must=True),
    "substituted": Event(
        _TELL, {**_ROUND, "goods": "苹果 缺 1 件，换为 香梨 1 件", "amount": "¥2.90"}, must=True
    ),
    "residents_short": Event(
        {LEADER: (PAGE,)},
        {
            **_ROUND,
            "pickup": "2026-11-23",
            "goods": "苹果 缺 3 件，换为 香梨 2 件",
            "residents": "2",
        },
    ),
    "case_filled": Event(_TELL, {**_ROUND, "goods": "红富士苹果 5斤 多 2 件", "amount": "¥59.80"}, must=True),
    "freight_shared": Event(
        _TELL, {**_ROUND, "freight": "¥3.20", "amount": "¥33.10", "due": "¥33.10"}, must=True
    ),
    "weighed": Event(
        _TELL, {**_ROUND, "goods": "鲈鱼 实重 1350g", "difference": "比预估少 ¥3.98，已付的将退还"}, must=True
    ),
    "refunded": Event(_TELL, {"order": "7K3M9Q2W", "amount": "¥29.90", "reason": "缺货"}, must=True),
    "delayed": Event(
        _TELL_BOTH,
        {**_ROUND, "former": "2026-11-23", "pickup": "2026-11-24", "reason": "大雪封路"},
        must=True,
    ),
    "split": Event(
        _TELL,
        {
            "order": "7K3M9Q2W",
            "goods": "红富士苹果 5斤",
            "former": "2026-11-23",
            "pickup": "2026-11-24",
            "code": "12345678",
        },
        must=True,
    ),
    "rerouted": Event(
        _TELL_BOTH,
        {
            "pickup": "2026-11-23",
            "place": "阳光花园 3号楼1层",
            "leader": "王秀兰 13812345678",
            "hours": "16:00–20:00",
            "reason": "团长生病",
            "code": "12345678",
        },
        must=True,
    ),
    "rerouted_away": Event(
        {LEADER: (PAGE,)},
        {
            "pickup": "2026-11-23",
            "orders": "12",
            "bags": "9",
            "leader": "王秀兰 13812345678",
            "place": "阳光花园 3号楼1层",
            "reason": "团长生病",
        },
        must=True,
    ),
    "called_off": Event(_TELL_BOTH, {**_ROUND, "reason": "供应商无法交货"}, must=True),
    "after_sale": Event(_TELL, {"case": "7K3M9Q2W", "state": "已同意", "answer": "同意退款"}, must=True),
    "parcel": Event(_TELL, {"order": "7K3M9Q2W", "carrier": "顺丰", "tracking": "SF1234567890"}),
    "invoice_issued": Event(_TELL, {"order": "7K3M9Q2W", "amount": "¥29.90", "number": "26442000000001"}),
    "invoice_refused": Event(_TELL, {"order": "7K3M9Q2W", "reason": "税号有误"}, must=True),
    "invoice_correcting": Event(
        _TELL, {"order": "7K3M9Q2W", "number": "26442000000001", "kept": "¥19.90"}, must=True
    ),
    "invoice_reversed": Event(
        _TELL, {"order": "7K3M9Q2W", "number": "26442000000001", "red": "26442000000002"}, must=True
    ),
    "share_paid": Event(
        {HELPER: (PAGE,)}, {"leader": "王秀兰", "amount": "¥29.90", "proof": "微信 1000001"}, must=True
    ),
    "debt_repaid": Event(
        {LEADER: (PAGE,)}, {"amount": "¥7.92", "left": "¥0.00", "words": "流水 8801"}, must=True
    ),
    "debt_written_off": Event({LEADER: (PAGE,)}, {"amount": "¥7.92", "left": "¥0.00"}, must=True),
    "transfer_waits": Event({LEADER: (PAGE,)}, {"withdrawal": "7K3M9Q2W", "amount": "¥1,980.00"}, must=True),
    "lot_claim": Event(
        _TELL, {"goods": "红富士苹果 5斤", "until": "11-24 20:00", "claim": "7K3M9Q2W"}, must=True
    ),
}


def channels_of(event: str, role: str) -> tuple[str, ...]:
    """Return the channels that may tell a role of an event; none where it is not told at all."""
    return CHANNELS[role] if role in EVENTS[event].roles else ()


def is_usual(event: str, role: str, channel: str) -> bool:
    """Tell whether a channel is on while nobody has chosen."""
    return channel in EVENTS[event].roles.get(role, ())


def is_bound(event: str, channel: str) -> bool:
    """Tell whether a channel of an event can be switched off by nobody."""
    return channel == PAGE and EVENTS[event].must


def quiet_until(now: datetime, zone: ZoneInfo, first_hour: int, last_hour: int) -> datetime | None:
    """Return when the quiet hours ``[first, last)`` of the local day end, None outside of them.

    They may go over midnight; equal hours mean that there are none.
    """
    local = now.astimezone(zone)
    over_midnight = last_hour < first_hour
    if over_midnight:
        quiet = local.hour >= first_hour or local.hour < last_hour
    else:
        quiet = first_hour <= local.hour < last_hour
    if not quiet:
        return None
    tomorrow = over_midnight and local.hour >= first_hour
    return local_moment(local.date() + timedelta(days=tomorrow), f"{last_hour:02}:00", zone)
