"""How money, moments, phones and amounts look on a page."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from flask import Flask, current_app

from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.money import format_yuan, plain_yuan
from groupbuy.kernel.phones import mask_phone
from groupbuy.web.kit.i18n import current_language, translate_sentence
from groupbuy.web.kit.i18n import gettext as _

ZONE_KEY = "groupbuy_zone"
_WEEKDAYS_ZH = "一二三四五六日"
_WEEKDAYS_EN = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS_EN = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_EVENING = 18
MINUTE, HOUR = 60, 3600


def install(app: Flask, *, zone: ZoneInfo) -> None:
    """Register the filters; moments are shown in ``zone``."""
    app.extensions[ZONE_KEY] = zone
    app.jinja_env.filters.update(
        yuan=format_yuan,
        digits=digits,
        plain_yuan=plain_yuan,
        moment=moment,
        near=near,
        short_moment=short_moment,
        day=day,
        clock=clock,
        span=span,
        duration=duration,
        iso=iso_moment,
        field_moment=field_moment,
        phone=mask_phone,
        percent=percent,
        count=count,
        grams=grams,
        sentence=sentence,
    )
    app.jinja_env.globals.update(now=utc_now, today=today)


def sentence(stored: str | None) -> str:
    """Return a sentence of our own that was stored in English; what others have said stays as it is."""
    return translate_sentence(stored) if stored else ""


def zone() -> ZoneInfo:
    """Return the zone in which the operator reads and writes moments."""
    found: ZoneInfo = current_app.extensions[ZONE_KEY]
    return found


def _local(value: datetime) -> datetime:
    return value.astimezone(zone())


def today() -> date:
    """Return the operator's local day."""
    return _local(utc_now()).date()


def moment(value: datetime, *, language: str = "") -> str:
    """Write ``11月22日 周日 22:00``; another year is named. The language is the reader's by default."""
    local = _local(value)
    return f"{day(local.date(), language=language)} {local:%H:%M}"


def near(value: datetime) -> str:
    """Write ``今晚 22:00``, ``明天 12:00``, ``昨天 09:00``; further away as ``moment``."""
    local = _local(value)
    name = {
        0: _("Tonight") if local.hour >= _EVENING else _("Today"),
        1: _("Tomorrow"),
        -1: _("Yesterday"),
    }.get((local.date() - today()) // timedelta(days=1))
    return f"{name} {local:%H:%M}" if name else moment(value)


def duration(seconds: int) -> str:
    """Write ``51秒``, ``13分钟``, ``22小时``: as exactly as it matters."""
    if seconds < 2 * MINUTE:
        return _("%(count)s s", count=seconds)
    if seconds < 2 * HOUR:
        return _("%(count)s min", count=seconds // MINUTE)
    return _("%(count)s h", count=seconds // HOUR)


def short_moment(value: datetime) -> str:
    """Write ``11-22 22:00`` for tables; another year in full."""
    local = _local(value)
    return f"{local:%m-%d %H:%M}" if local.year == today().year else f"{local:%Y-%m-%d %H:%M}"


def day(value: date | datetime, *, language: str = "") -> str:
    """Write ``11月22日 周日``; another year is named. The language is the reader's by default."""
    if isinstance(value, datetime):
        value = _local(value).date()
    other_year = value.year != today().year
    if (language or current_language()) == "zh":
        year = f"{value.year}年" if other_year else ""
        return f"{year}{value.month}月{value.day}日 周{_WEEKDAYS_ZH[value.weekday()]}"
    year = f" {value.year}" if other_year else ""
    return f"{_WEEKDAYS_EN[value.weekday()]} {value.day} {_MONTHS_EN[value.month - 1]}{year}"


def clock(value: datetime) -> str:
    """Write ``22:00``."""
    return f"{_local(value):%H:%M}"


def span(start: datetime, end: datetime) -> str:
    """Write a window: ``11月23日 周一 16:00–20:00``, with both days where they differ."""
    same_day = _local(start).date() == _local(end).date()
    return f"{moment(start)}–{clock(end) if same_day else moment(end)}"


def iso_moment(value: datetime) -> str:
    """Write a moment for ``datetime`` attributes and scripts, with its offset."""
    return _local(value).isoformat(timespec="seconds")


def field_moment(value: datetime) -> str:
    """Write the value of an ``<input type="datetime-local">`` in the operator's zone."""
    return f"{_local(value):%Y-%m-%dT%H:%M}"


def digits(fen: int) -> str:
    """Write an amount without its sign of currency: ``1,234.50``, where ¥ stands beside it."""
    return format_yuan(fen).replace("¥", "")


def percent(rate_bp: int) -> str:
    """Write basis points as ``8.5%``."""
    whole, rest = divmod(abs(rate_bp), 100)
    decimals = f".{rest:02d}".rstrip("0") if rest else ""
    return f"{'-' if rate_bp < 0 else ''}{whole}{decimals}%"


def count(number: int, unit: str = "") -> str:
    """Write ``1,900`` or, with a unit, ``1,900 件``."""
    return f"{number:,} {unit}".rstrip()


def grams(weight: int) -> str:
    """Write a weight as ``500g`` or ``1.25kg``."""
    if abs(weight) < 1000:
        return f"{weight}g"
    sign, (whole, rest) = ("-" if weight < 0 else ""), divmod(abs(weight), 1000)
    decimals = f".{rest:03d}".rstrip("0") if rest else ""
    return f"{sign}{whole:,}{decimals}kg"
