"""Days in words, as documents and pages write them."""

from datetime import date

from groupbuy.documents.languages import CHINESE, readers_language

WEEKDAYS = "一二三四五六日"


def day_text(day: date) -> str:
    """Return a day as its reader writes it: ``11月22日 周日``, in English ``Sun 22 Nov 2026``."""
    if readers_language() != CHINESE:
        return f"{day:%a} {day.day} {day:%b %Y}"
    return f"{day.month}月{day.day}日 周{WEEKDAYS[day.weekday()]}"
