"""The states of what went wrong: cases, disposals, offline conflicts, claims on a batch, promised goods."""

LABELS = {
    "after_sale": {
        "asked": ("To decide", "wait"),
        "approved": ("Approved", "ok"),
        "rejected": ("Rejected", "bad"),
        "withdrawn": ("Withdrawn", "idle"),
        "closed": ("Settled", "idle"),
    },
    "disposal": {
        "warned": ("Residents warned", "new"),
        "due": ("To decide", "wait"),
        "disposed": ("Disposed of", "bad"),
        "left": ("Left to be fetched", "info"),
        "gone": ("Fetched or paid back", "idle"),
    },
    "lot_claim": {
        "asking": ("Buyers are asked", "wait"),
        "with_supplier": ("Waits for the supplier", "info"),
        "accepted": ("Accepted by the supplier", "ok"),
        "part_accepted": ("Accepted in part by the supplier", "ok"),
        "refused": ("Refused by the supplier", "bad"),
        "unfounded": ("Nothing was bad", "idle"),
    },
    "pickup_conflict": {
        "open": ("To decide", "wait"),
        "booked": ("Booked after all", "ok"),
        "gone": ("The goods were gone", "info"),
        "here": ("The goods were here", "info"),
    },
    "promise": {
        "waiting": ("Waits for the next round", "wait"),
        "placed": ("Comes with a round", "info"),
        "handed_out": ("Handed out", "ok"),
        "refunded": ("Paid back instead", "idle"),
    },
}
