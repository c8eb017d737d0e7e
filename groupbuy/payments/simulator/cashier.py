"""The page at which somebody pays by hand, of either channel."""

from collections.abc import Mapping
from html import escape
from urllib.parse import urlsplit

from groupbuy.kernel.money import plain_yuan
from groupbuy.payments.simulator.book import Trade
from groupbuy.payments.simulator.serving import Answer, Channel

HEAD = '<!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
PAGE = (
    HEAD
    + """<title>模拟{channel}</title><h1>模拟{channel}</h1><p>{title}</p><p>¥{yuan}</p>
<form method="post" action="/payer"><input type="hidden" name="number" value="{number}">
<input type="hidden" name="back" value="{back}"><button>付款</button></form>"""
)


def page(trade: Trade, channel: str, back: str = "") -> str:
    """Return the page with its button; ``back`` is where the merchant wants its payers to come back to."""
    values = {"channel": channel, "title": trade.title, "yuan": plain_yuan(trade.amount_fen)}
    values |= {"number": trade.number, "back": back}
    return PAGE.format(**{name: escape(value) for name, value in values.items()})


def take(channel: Channel, form: Mapping[str, str]) -> Answer:
    """Let somebody who pressed the button pay, tell the merchant, and lead back; raise Refused."""
    channel.pay(form["number"])
    if channel.calls:
        channel.send(form["number"])
    back = form.get("back", "")
    if urlsplit(back).scheme not in ("http", "https"):
        return 200, f"{HEAD}<p>已付款</p>"
    return 200, f'{HEAD}<p>已付款</p><a href="{escape(back)}">返回商家</a>'
