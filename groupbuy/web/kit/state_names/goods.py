"""The states of goods on their way: bought, received, stored, moved, counted."""

LABELS = {
    "purchase_order": {
        "draft": ("Draft", "idle"),
        "approved": ("Approved", "new"),
        "sent": ("Sent", "info"),
        "confirmed": ("Confirmed by supplier", "ok"),
        "part_received": ("Partly received", "wait"),
        "received": ("Received", "ok"),
        "closed": ("Closed", "idle"),
        "cancelled": ("Cancelled", "bad"),
    },
    "purchase_hold": {
        "held": ("To decide", "bad"),
    },
    "stock_movement": {
        "receipt_surplus": ("Surplus of a delivery", "ok"),
        "allocated": ("Used for a round", "info"),
        "stock_take": ("Stock-take", "wait"),
        "write_off": ("Written off", "bad"),
        "supplier_return": ("Returned to the supplier", "idle"),
        "customer_return": ("Came back from a resident", "info"),
        "transfer": ("Moved to another warehouse", "info"),
        "transfer_difference": ("Difference on arrival", "bad"),
    },
    "stock_transfer": {
        "sent": ("On the way", "wait"),
        "arrived": ("Arrived", "ok"),
        "called_back": ("Called back", "idle"),
    },
    "warehouse": {"central": ("Central warehouse", "info"), "grid": ("Grid warehouse", "idle")},
    "takes_in": {"on": ("Takes goods in", "ok"), "off": ("Closed", "idle")},
    "licence": {
        "business": ("Business licence", "info"),
        "food": ("Food trade licence", "info"),
        "production": ("Food production licence", "info"),
        "other": ("Other licence", "idle"),
    },
    "temperature_zone": {
        "常温": ("Ambient", "idle"),
        "冷藏": ("Chilled", "info"),
        "冷冻": ("Frozen", "info"),
    },
    "batch": {
        "good": ("Good", "ok"),
        "soon": ("Expires soon", "wait"),
        "expired": ("Expired", "bad"),
    },
    "traced": {
        "certain": ("Certain", "ok"),
        "possible": ("Possible", "wait"),
    },
    "discrepancy": {
        "missing": ("Missing", "bad"),
        "damaged": ("Damaged", "bad"),
        "surplus": ("Too many", "wait"),
    },
    "discrepancy_decision": {
        "open": ("To decide", "wait"),
        "refund": ("Refunded", "idle"),
        "dismiss": ("Turned up", "ok"),
    },
    "payer": {
        "supplier": ("The supplier", "info"),
        "driver": ("The driver", "info"),
        "warehouse": ("Our warehouse", "info"),
    },
}
