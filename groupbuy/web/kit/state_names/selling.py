"""The states of what is sold and to whom: rounds, offers, orders, products and leaders."""

LABELS = {
    "round": {
        "draft": ("Draft", "idle"),
        "scheduled": ("Opens soon", "new"),
        "open": ("Open", "ok"),
        "closing": ("Closing", "wait"),
        "closed": ("Closed", "wait"),
        "ordered": ("Awaiting goods", "wait"),
        "received": ("To dispatch", "wait"),
        "dispatched": ("For pickup", "info"),
        "completed": ("Completed", "idle"),
        "cancelled": ("Cancelled", "bad"),
        "below_threshold": ("Not reached", "bad"),
    },
    "campaign": {
        "draft": ("Draft", "idle"),
        "published": ("Published", "ok"),
        "ended": ("Ended", "idle"),
    },
    "offer": {
        "active": ("On sale", "ok"),
        "below_threshold": ("Not reached", "bad"),
        "withdrawn": ("Withdrawn", "idle"),
    },
    "order": {
        "awaiting_payment": ("To pay", "wait"),
        "confirmed": ("Confirmed", "ok"),
        "part_picked_up": ("Partly picked up", "info"),
        "picked_up": ("Picked up", "idle"),
        "cancelled": ("Cancelled", "bad"),
        "ordered": ("Ordered", "ok"),
        "being_prepared": ("Being prepared", "wait"),
        "sent": ("On the way", "info"),
        "on_the_way": ("For pickup", "info"),
        "completed": ("Completed", "idle"),
    },
    "payment": {
        "unpaid": ("Unpaid", "wait"),
        "paid": ("Paid", "ok"),
        "refunded": ("Refunded", "idle"),
        "owed": ("To give back", "bad"),
    },
    "product": {
        "draft": ("Draft", "idle"),
        "reviewed": ("Reviewed", "new"),
        "on_shelf": ("On sale", "ok"),
        "off_shelf": ("Off sale", "idle"),
    },
    "leader": {
        "applied": ("To review", "wait"),
        "reviewed": ("To sign", "new"),
        "active": ("Active", "ok"),
        "suspended": ("Suspended", "bad"),
        "exited": ("Left", "idle"),
        "rejected": ("Rejected", "bad"),
    },
}
