"""What the text of a notice may hold, and how it is made to fit its channel. Pure."""

import re
from collections.abc import Mapping

from groupbuy.config import MOST_SIGNATURE
from groupbuy.kernel.errors import BadInput
from groupbuy.notices.rules import EVENTS, SMS, WECHAT

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
