"""The small words of roll-calls: digits of every width, Chinese numerals, units."""

import re
import unicodedata

UNITS = "公斤|千克|kg|份|斤|盒|箱|袋|瓶|个|件|包|提|桶|板|只|条|罐|组|套|串|把|颗|捆|枚|单"
CHINESE = "一二两俩三四五六七八九十"
_VALUE = {"一": 1, "二": 2, "两": 2, "俩": 2, "三": 3, "四": 4, "五": 5} | {
    "六": 6,
    "七": 7,
    "八": 8,
    "九": 9,
}
# The private area of plane 15 is what the shelf marks goods with.
_INVISIBLE = re.compile("[\u200b-\u200f\u2028-\u202e\u2060\ufe0e\ufe0f\ufeff\U000f0000-\U000ffffd]")
_CIRCLED = re.compile("[①-⑳]")
_DASHES = re.compile("[‐‑‒–—―−－~～]")


def plain(text: str) -> str:
    """Return a line in narrow digits, letters and punctuation; circled numbers become ``2号``."""
    text = _INVISIBLE.sub("", text).replace("\u20e3", ".")
    text = _CIRCLED.sub(lambda match: f"{ord(match[0]) - ord('①') + 1}号", text)
    text = unicodedata.normalize("NFKC", text).replace("、", ",").replace("。", ",")
    return _DASHES.sub("-", text)


def number_of(text: str) -> int:
    """Read ASCII digits or a Chinese numeral below a hundred: ``12``, ``两``, ``二十三``."""
    if text.isascii():
        return int(text)
    if "十" not in text:
        return _VALUE[text]
    tens, _, ones = text.partition("十")
    return 10 * (_VALUE[tens] if tens else 1) + (_VALUE[ones] if ones else 0)
