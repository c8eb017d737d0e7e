"""What a campaign may take for freight (运费). Pure."""

from groupbuy.kernel.errors import BadInput


def check_freight(freight_fen: int | None, free_from_fen: int | None, *, shared: bool, payment: str) -> None:
    """Check that freight makes sense; raise BadInput that names the field at fault.

    What is shared over the orders is known when all of them are, too late for those that were paid ahead.
    """
    if freight_fen is None and (shared or free_from_fen is not None):
        raise BadInput("required", "Say how much the freight is.", param="freight_fen")
    if freight_fen is not None and freight_fen <= 0:
        raise BadInput("out_of_range", "Freight is above zero, or none.", param="freight_fen")
    if free_from_fen is not None and (shared or free_from_fen <= 0):
        raise BadInput(
            "out_of_range",
            "Only freight of single orders is free from an amount, which is above zero.",
            param="freight_free_from_fen",
        )
    if shared and payment == "prepaid":
        raise BadInput(
            "out_of_range",
            "Freight that is shared at the cut-off cannot be paid ahead.",
            param="freight_shared",
        )
