"""What a price becomes when many are changed at once, and what names a place on a shelf."""

from groupbuy.kernel.errors import BadInput
from groupbuy.kernel.money import MAX_FEN, divide_half_up, share_bp

MAX_SHELF_PLACE = 16


def changed_price(price_fen: int, *, by_bp: int = 0, by_fen: int = 0) -> int:
    """Return a price raised by basis points of it and by fen, either may be negative.

    Raise BadInput ``amount`` when nothing would be left of it, or too much.
    """
    changed = price_fen + share_bp(price_fen, by_bp) + by_fen
    if not 0 < changed <= MAX_FEN:
        raise BadInput("amount", "A price must stay above zero.", param="amount")
    return changed


def offered_price(price_fen: int, price_basis_g: int | None, est_grams: int | None) -> dict[str, int]:
    """Return the columns of an offer's price: per sale unit, or the estimate for a piece that is weighed.

    A piece of about ``est_grams`` is estimated, rounded half up, from the price per ``price_basis_g``.
    """
    if price_basis_g is None or est_grams is None:
        return {"price_fen": price_fen}
    return {
        "price_fen": divide_half_up(price_fen * est_grams, price_basis_g),
        "basis_price_fen": price_fen,
        "price_basis_g": price_basis_g,
        "est_grams": est_grams,
    }


def check_shelf_place(text: str) -> None:
    """Refuse what is no place on a shelf (货位), which any short text is; raise BadInput ``out_of_range``."""
    if not 1 <= len(text) <= MAX_SHELF_PLACE or not text.isprintable():
        raise BadInput(
            "out_of_range",
            f"A shelf place has 1 to {MAX_SHELF_PLACE} printable characters.",
            param="shelf_place",
        )
