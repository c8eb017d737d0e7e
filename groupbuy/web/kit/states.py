"""What a state is called and which colour it has, for every state of every domain.

The names are message ids in the context of their kind, because "Closed" is 已截单 for a round and
已关闭 for a purchase order. Tones are classes of ``groupbuy.css``: ok, wait, info, bad, idle, new.
"""

from dataclasses import dataclass

from flask import Flask

from groupbuy.web.kit.i18n import pgettext

LABELS: dict[str, dict[str, tuple[str, str]]] = {
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
    "message": {
        "queued": ("Queued", "wait"),
        "accepted": ("Accepted by the mail server", "ok"),
        "printed": ("Only printed, no mail server", "wait"),
        "failed": ("Failed", "bad"),
    },
    "delivery": {
        "queued": ("Not accepted yet", "wait"),
        "accepted": ("Accepted", "ok"),
        "given_up": ("Given up", "bad"),
    },
    "notice": {
        "queued": ("Queued", "wait"),
        "failed": ("Failed, tried again", "wait"),
        "accepted": ("Accepted", "ok"),
        "printed": ("Only on the console", "idle"),
        "given_up": ("Given up", "bad"),
    },
    "run": {
        "done": ("Done", "ok"),
        "failed": ("Failed", "bad"),
    },
    "order": {
        "awaiting_payment": ("To pay", "wait"),
        "confirmed": ("Confirmed", "ok"),
        "part_picked_up": ("Partly picked up", "info"),
        "picked_up": ("Picked up", "idle"),
        "cancelled": ("Cancelled", "bad"),
        "ordered": ("Ordered", "ok"),
        "being_prepared": ("Being prepared", "wait"),
        "on_the_way": ("For pickup", "info"),
        "completed": ("Completed", "idle"),
    },
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
    "promise": {
        "waiting": ("Waits for the next round", "wait"),
        "placed": ("Comes with a round", "info"),
        "handed_out": ("Handed out", "ok"),
        "refunded": ("Paid back instead", "idle"),
    },
    "payment": {
        "unpaid": ("Unpaid", "wait"),
        "paid": ("Paid", "ok"),
        "refunded": ("Refunded", "idle"),
        "owed": ("To give back", "bad"),
    },
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
    "purchase_hold": {
        "held": ("To decide", "bad"),
    },
    "leader": {
        "applied": ("To review", "wait"),
        "reviewed": ("To sign", "new"),
        "active": ("Active", "ok"),
        "suspended": ("Suspended", "bad"),
        "exited": ("Left", "idle"),
        "rejected": ("Rejected", "bad"),
    },
    "product": {
        "draft": ("Draft", "idle"),
        "reviewed": ("Reviewed", "new"),
        "on_shelf": ("On sale", "ok"),
        "off_shelf": ("Off sale", "idle"),
    },
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
    "bank_line": {
        "open": ("Not matched yet", "wait"),
        "matched": ("Matched", "ok"),
        "set_aside": ("Set aside", "idle"),
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
    "report_file": {
        "queued": ("Queued", "wait"),
        "making": ("Being made", "info"),
        "done": ("Ready", "ok"),
        "failed": ("Failed", "bad"),
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
    "job": {
        "queued": ("Queued", "wait"),
        "done": ("Done", "ok"),
        "failed": ("Failed", "bad"),
        "unknown": ("Unknown", "bad"),
    },
    "account": {
        "active": ("Active", "ok"),
        "disabled": ("Disabled", "bad"),
    },
    "shown": {
        "yes": ("Yes", "ok"),
        "no": ("No", "idle"),
    },
}


@dataclass(frozen=True, slots=True)
class Look:
    """What a badge shows."""

    label: str
    tone: str


def install(app: Flask) -> None:
    """Give templates ``look(kind, state)`` and ``state_choices(kind)``."""
    app.jinja_env.globals.update(look=look, state_choices=state_choices)


def look(kind: str, state: str) -> Look:
    """Return a state's name in the reader's language and its tone; raise KeyError for an unknown one."""
    label, tone = LABELS[kind][state]
    return Look(pgettext(kind, label), tone)


def state_choices(kind: str) -> list[tuple[str, str]]:
    """Return (state, name) pairs for a filter's select."""
    return [(state, look(kind, state).label) for state in LABELS[kind]]
