"""The states of money: commissions, withdrawals, payments, settlements, invoices."""

LABELS = {
    "commission": {
        "pending": ("Pending", "wait"),
        "late": ("Late order", "wait"),
        "rerouted": ("Re-routed", "info"),
        "shortage": ("Shortage", "bad"),
        "refund": ("Refund", "bad"),
        "substitute": ("Substitute", "info"),
        "weight": ("Settled by weight", "info"),
        "frozen": ("Frozen", "info"),
        "settled": ("Settled", "ok"),
        "withdrawn": ("Withdrawn", "idle"),
        "reversed": ("Reversed", "bad"),
    },
    "commission_extra": {
        "referral": ("Referral reward", "info"),
        "referral_2": ("Referral reward, second level", "info"),
        "bonus": ("Bonus", "new"),
    },
    "withdrawal": {
        "asked": ("To review", "wait"),
        "checked": ("Waits for a second person", "wait"),
        "approved": ("Approved", "info"),
        "rejected": ("Rejected", "bad"),
        "paid": ("Paid out", "ok"),
    },
    "bank_line": {
        "open": ("Not matched yet", "wait"),
        "matched": ("Matched", "ok"),
        "set_aside": ("Set aside", "idle"),
    },
    "channel_payment": {
        "new": ("Not answered yet", "wait"),
        "waiting": ("Waiting for the channel", "wait"),
        "paid": ("Paid", "ok"),
        "held": ("Held: wrong amount", "bad"),
        "closed": ("Closed", "idle"),
    },
    "channel_refund": {
        "queued": ("Queued", "wait"),
        "processing": ("Under way", "wait"),
        "success": ("Paid back", "ok"),
        "abnormal": ("Stuck", "bad"),
        "closed": ("Closed by the channel", "bad"),
        "to_wallet": ("Paid to the wallet", "info"),
    },
    "refund_request": {
        "asked": ("Waits for a second person", "wait"),
        "done": ("Approved", "ok"),
        "rejected": ("Rejected", "bad"),
    },
    "handover": {
        "handed": ("To confirm", "wait"),
        "confirmed": ("Confirmed", "ok"),
        "rejected": ("Rejected", "bad"),
    },
    "helper_payment": {
        "noted": ("To confirm", "wait"),
        "confirmed": ("Confirmed", "ok"),
        "denied": ("Not received", "bad"),
    },
    "settlement": {
        "made": ("To approve", "wait"),
        "approved": ("Approved", "ok"),
        "cancelled": ("Taken back", "bad"),
    },
    "settlement_paid": {
        "unpaid": ("Unpaid", "wait"),
        "part": ("Partly paid", "info"),
        "paid": ("Paid", "ok"),
    },
    "settlement_answer": {
        "agreed": ("Agreed", "ok"),
        "objected": ("Objected", "bad"),
    },
    "invoice": {
        "entered": ("Entered", "ok"),
        "cancelled": ("Cancelled", "bad"),
    },
    "invoice_request": {
        "asked": ("Asked for", "wait"),
        "issued": ("Issued", "ok"),
        "correcting": ("To be taken back", "bad"),
        "reversed": ("Taken back", "idle"),
        "refused": ("Refused", "bad"),
    },
}
