"""What a price becomes when many are changed at once."""

from groupbuy.kernel.errors import BadInput
from groupbuy.kernel.money import MAX_FEN, share_bp


def changed_price(price_fen: int, *, by_bp: int = 0, by_fen: int = 0) -> int:
    """Return a price raised by basis points of it and by fen, either may be negative.

    Raise BadInput ``amount`` when nothing would be left of it, or too much.
    """
    changed = price_fen + share_bp(price_fen, by_bp) + by_fen
    if not 0 < changed <= MAX_FEN:
        raise BadInput("amount", "A price must stay above zero.", param="amount")
    return changed
