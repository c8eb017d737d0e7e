"""Full-width letters and digits, as a Chinese keyboard types them."""

# The signs from ! to ~ have full-width forms in the same order; space and ¥ stand apart.
_HALF = {0xFF01 + place: 0x21 + place for place in range(94)} | {0x3000: 0x20, 0xFFE5: 0xA5}


def half_width(text: str) -> str:
    """Return the text with full-width signs as ASCII, trimmed.

    Nothing else is turned: with ² for 2, as Unicode's compatibility forms have it, 5² would be 52.
    """
    return text.translate(_HALF).strip()
