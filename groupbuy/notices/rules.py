"""The events that people are told of, the channels, and what a text may hold."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from groupbuy.config import MOST_SIGNATURE
from groupbuy.kernel.errors import BadInput
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

MAX_SUBJECT = 100
MAX_BODY = 1000
# A text message of one part has 70 characters with 【signature】 in front, however long that one is.
MAX_SMS = 70 - 2 - MOST_SIGNATURE
# What fields of a WeChat subscribe message hold by their kind (参数值内容限制); others as much as ``thing``.
MAX_FIELD = 20
MAX_BY_KIND: Mapping[str, int] = {
    "character_string": 32,
    "number": 32,
    "letter": 32,
    "phone_number": 17,
    "name": 10,
    "car_number": 8,
    "phrase": 5,
    "symbol": 5,
}
MAX_FIELDS = 8

_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_FIELD = re.compile(r"([a-z_]+\d{1,2})=(.*)")


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


def placeholders(text: str) -> list[str]:
    """Return the names in braces, in order."""
    return _PLACEHOLDER.findall(text)


def fill(text: str, values: Mapping[str, str]) -> str:
    """Return a text with its placeholders replaced; a value is never read for placeholders itself."""
    return _PLACEHOLDER.sub(lambda found: values.get(found[1], ""), text)


def fitted(text: str, values: Mapping[str, str], most: int) -> str:
    """Fill a text so that it has at most so many characters: the longest values are cut short first."""
    used = {name: " ".join(values.get(name, "").split()) for name in placeholders(text)}
    whole = fill(text, used)
    while len(whole) > most:
        longest = max(used, key=lambda name: len(used[name]), default="")
        if len(used.get(longest, "")) < 2:
            return whole[: most - 1] + "…"
        over = len(whole) - most
        used[longest] = used[longest][: max(len(used[longest]) - over - 1, 0)] + "…"
        whole = fill(text, used)
    return whole


def most_in(field: str) -> int:
    """Return how many characters a WeChat field such as ``phrase2`` holds."""
    return MAX_BY_KIND.get(field.rstrip("0123456789"), MAX_FIELD)


def wechat_fields(body: str) -> list[tuple[str, str]]:
    """Return the fields of a WeChat text, one a line as ``thing1=…``; raise BadInput ``malformed_field``."""
    fields = []
    for line in filter(None, (line.strip() for line in body.splitlines())):
        match = _FIELD.fullmatch(line)
        if match is None:
            sentence = "Write each field of the WeChat template in a line of its own, such as thing1={round}."
            raise BadInput("malformed_field", sentence, param="body")
        fields.append((match[1], match[2].strip()))
    return fields


def shown(channel: str, text: tuple[str, str], values: Mapping[str, str]) -> tuple[str, str]:
    """Return subject and body as a channel carries them; of WeChat the subject is the template's id."""
    subject, body = text
    if channel == SMS:
        return "", fitted(body, values, MAX_SMS)
    if channel == WECHAT:
        lines = (f"{name}={_in_field(name, field, values)}" for name, field in wechat_fields(body))
        return subject, "\n".join(lines)
    return fitted(subject, values, MAX_SUBJECT), fill(body, values)


def _in_field(name: str, text: str, values: Mapping[str, str]) -> str:
    whole = fitted(text, values, most_in(name))
    # An amount is a sign of currency with digits; WeChat refuses the comma of ¥1,234.50.
    return whole.replace(",", "") if name.startswith("amount") else whole


def check_text(event: str, channel: str, subject: str, body: str) -> None:
    """Refuse a text that its channel could not carry.

    Raise BadInput ``unknown_placeholder``, ``required``, ``too_long`` when it does not fit with the
    samples, ``malformed_field``.
    """
    samples = EVENTS[event].samples
    for param, text in (("subject", subject), ("body", body)):
        _check_placeholders(text, samples, param)
    if not body.strip():
        raise BadInput("required", "Write a text.", param="body")
    if channel == WECHAT:
        _check_fields(body, samples)
    elif channel == SMS:
        _check_length(fill(body, samples), MAX_SMS, "body")
    else:
        _check_length(body, MAX_BODY, "body")
        if not subject.strip():
            raise BadInput("required", "Write a subject.", param="subject")
    _check_length(subject, MAX_SUBJECT, "subject")


def _check_placeholders(text: str, samples: Mapping[str, str], param: str) -> None:
    known = ", ".join(f"{{{name}}}" for name in samples)
    for name in placeholders(text):
        if name not in samples:
            raise BadInput(
                "unknown_placeholder", f"The placeholder {name} is not known here; use {known}.", param=param
            )
    if any(brace in _PLACEHOLDER.sub("", text) for brace in "{}"):
        raise BadInput("unknown_placeholder", f"A brace stands alone; use {known}.", param=param)


def _check_fields(body: str, samples: Mapping[str, str]) -> None:
    fields = wechat_fields(body)
    if len(fields) > MAX_FIELDS or len({name for name, _ in fields}) < len(fields):
        raise BadInput("malformed_field", f"At most {MAX_FIELDS} fields, each once.", param="body")
    for name, text in fields:
        _check_length(fill(text, samples), most_in(name), "body")


def _check_length(text: str, most: int, param: str) -> None:
    if len(text) > most:
        sentence = f"With sample values it has {len(text)} characters; {most} fit."
        raise BadInput("too_long", sentence, param=param)


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
