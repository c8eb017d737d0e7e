"""Amounts in Chinese capitals (人民币大写), which cannot be altered by adding a stroke.

Rules of the People's Bank of China for filling in bills (正确填写票据和结算凭证的基本规定): zeros in
between are one 零, 整 closes an amount without fen, and a yuan of ten begins with 壹拾.
"""

_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_PLACES = ("", "拾", "佰", "仟")
_MYRIADS = ("", "万", "亿", "万亿", "亿亿")


def rmb_capitals(fen: int) -> str:
    """Write fen in capitals: ``壹仟贰佰叁拾肆元伍角整``; a negative amount begins with 负."""
    if fen < 0:
        return "负" + rmb_capitals(-fen)
    yuan, jiao, rest = fen // 100, fen // 10 % 10, fen % 10
    text = f"{_whole(yuan)}元" if yuan else ""
    if jiao:
        text += _DIGITS[jiao] + "角"
    elif yuan and rest:
        text += "零"
    if rest:
        return f"{text}{_DIGITS[rest]}分"
    return f"{text or '零元'}整"


def _whole(number: int) -> str:
    groups = []
    while number:
        groups.append(number % 10_000)
        number //= 10_000
    text = ""
    for place in range(len(groups) - 1, -1, -1):
        group = groups[place]
        # Zeros at the end of one group or at the beginning of the next are read as one 零.
        if text and group and (group < 1_000 or groups[place + 1] % 10 == 0):
            text += "零"
        if group:
            text += _thousands(group) + _MYRIADS[place]
    return text


def _thousands(group: int) -> str:
    text = ""
    for place in (3, 2, 1, 0):
        digit = group // 10**place % 10
        if digit:
            text += _DIGITS[digit] + _PLACES[place]
        elif text and not text.endswith("零"):
            text += "零"
    return text.rstrip("零")
