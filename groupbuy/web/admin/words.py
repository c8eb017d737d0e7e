"""Words for what the logs hold: names of accounts, of deeds and of things."""

from collections.abc import Iterable, Mapping

from sqlalchemy import select

from groupbuy.accounts.models import Account
from groupbuy.audit.models import AuditEntry
from groupbuy.audit.service import SCHEDULER
from groupbuy.db import db
from groupbuy.web.kit.i18n import lazy_gettext as _l

PREFIX = "account:"

VERBS: Mapping[str, object] = {
    "bill_fetched": _l("Bill of a channel fetched"),
    "invoice_asked": _l("Invoice asked for"),
    "invoice_issued": _l("Invoice issued"),
    "invoice_refused": _l("Invoice refused"),
    "invoice_correction_asked": _l("Correction of an invoice asked for"),
    "invoice_reversed": _l("Invoice taken back"),
    "red_invoice_stored": _l("Red-letter invoice stored"),
    "invoice_difference_decided": _l("Difference of an invoice decided"),
    "report_asked": _l("Report asked for"),
    "supplier_terms_set": _l("Terms of a supplier set"),
    "campaign_created": _l("Campaign planned"),
    "campaign_edited": _l("Campaign changed"),
    "campaign_published": _l("Campaign published"),
    "campaign_ended": _l("Campaign ended"),
    "leader_terms_set": _l("Leader's own products and prices set"),
    "leader_picked": _l("Leader chose products"),
    "level_saved": _l("Level of leaders saved"),
    "leader_level_changed": _l("Leader's level changed"),
    "routes_planned": _l("Routes planned"),
    "route_added": _l("Route added"),
    "route_changed": _l("Route changed"),
    "stop_moved": _l("Stop moved"),
    "tours_proposed": _l("Tours asked for"),
    "tours_taken_over": _l("Proposed tours taken over"),
    "tours_thrown_away": _l("Proposed tours thrown away"),
    "route_left": _l("Route left"),
    "route_called_back": _l("Route called back"),
    "goods_not_arrived": _l("Arrival at the leader's taken back"),
    "goods_arrived": _l("Goods arrived at the leader's"),
    "goods_missed_later": _l("Missing or damaged goods reported after signing"),
    "goods_signed": _l("Goods signed for"),
    "discrepancy_decided": _l("Missing goods decided"),
    "discrepancy_never_came": _l("Charge for missing goods given back"),
    "period_closed": _l("Month of the books closed"),
    "finance_set": _l("Figures of money changed"),
    "withdrawal_asked": _l("Withdrawal asked for"),
    "withdrawal_approved": _l("Withdrawal approved"),
    "withdrawal_rejected": _l("Withdrawal rejected"),
    "withdrawal_paid": _l("Withdrawal paid out"),
    "withdrawal_sent": _l("Withdrawal sent through WeChat"),
    "withdrawal_not_sent": _l("Withdrawal not paid by WeChat"),
    "transfer_begun": _l("Transfer begun"),
    "transfer_succeeded": _l("Transfer paid"),
    "transfer_failed": _l("Transfer not paid"),
    "transfer_stuck": _l("Transfer stuck"),
    "transfer_called_back": _l("Transfer called back"),
    "transfer_mended": _l("Transfer put right"),
    "difference_settled": _l("Difference with a channel's bill settled"),
    "difference_asked": _l("Difference with a channel's bill to be settled by a second person"),
    "transfer_mend_asked": _l("Transfer to be put right by a second person"),
    "transfers_sent": _l("Withdrawals sent together"),
    "payout_batch_made": _l("Payout file made"),
    "payout_file_taken": _l("Payout file taken"),
    "cash_handed_over": _l("Cash handed over"),
    "cash_confirmed": _l("Cash confirmed"),
    "cash_rejected": _l("Cash not confirmed"),
    "debt_repaid": _l("Debt paid back by a leader"),
    "debt_written_off": _l("Debt of a leader written off"),
    "debt_write_off_asked": _l("Debt of a leader to be written off by a second person"),
    "debt_write_off_rejected": _l("Write-off of a leader's debt rejected"),
    "order_paid_back": _l("Money paid back"),
    "round_planned": _l("Round planned"),
    "offers_withdrawn": _l("Goods taken out of the round: licence expired"),
    "round_open": _l("Round opened"),
    "round_closing": _l("Round cut off"),
    "round_closed": _l("Round closed"),
    "round_ordered": _l("All purchase orders have left"),
    "round_received": _l("All goods of the round have come"),
    "purchase_order_amended": _l("Purchase order amended"),
    "amendment_told": _l("Amendment told to the supplier"),
    "round_dispatched": _l("All goods have left for the leaders"),
    "round_completed": _l("Round is over"),
    "round_delayed": _l("Round delayed"),
    "product_comes_later": _l("A product comes later"),
    "bags_rerouted": _l("Bags re-routed"),
    "rerouting_undone": _l("Re-routing undone"),
    "order_split": _l("Order split"),
    "supplier_account_set": _l("Who signs in for a supplier set"),
    "helper_share_set": _l("Share of a helper set"),
    "helper_paid": _l("Payment of a helper noted"),
    "helper_payment_confirmed": _l("Payment of a helper confirmed"),
    "helper_payment_denied": _l("Payment of a helper not received"),
    "order_split_off": _l("Split off from an order"),
    "order_moved": _l("Order moved to another pickup day"),
    "rejection_photographed": _l("Photo of rejected goods added"),
    "stock_taken_back": _l("Goods taken back into stock"),
    "stock_write_off": _l("Goods written off"),
    "stock_supplier_return": _l("Goods returned to the supplier"),
    "stock_alert_set": _l("Low-stock alert changed"),
    "purchasing_set": _l("How purchase orders leave changed"),
    "purchase_order_answered": _l("Supplier answered a purchase order"),
    "shortage_allocated": _l("What was short shared out"),
    "round_archived": _l("Round archived"),
    "round_brought_back": _l("Round brought back from the archive"),
    "round_cancelled": _l("Round cancelled"),
    "cutoff_changed": _l("Cut-off moved"),
    "offers_below_threshold": _l("Offers below their threshold dropped"),
    "offer_price_changed": _l("Price changed"),
    "offer_limit_changed": _l("Stock limit changed"),
    "order_placed": _l("Order placed"),
    "after_sale_asked": _l("After-sale case opened"),
    "after_sale_decided": _l("After-sale case decided"),
    "after_sale_photographed": _l("Picture added to an after-sale case"),
    "after_sale_withdrawn": _l("After-sale case taken back"),
    "after_sale_fulfilled": _l("After-sale case fulfilled"),
    "replacement_placed": _l("Promised goods ordered with a round"),
    "replacement_handed_out": _l("Promised goods handed out"),
    "replacement_waits": _l("Promised goods wait for the next round"),
    "replacement_refunded": _l("Promised goods paid back"),
    "lot_claim_opened": _l("Buyers of a batch asked"),
    "lot_claim_answered": _l("Answer about a batch"),
    "lot_claim_asked": _l("Time to answer about a batch over"),
    "lot_claim_supplier_answered": _l("Supplier answered about a batch"),
    "lot_claim_decided": _l("Claim on a batch decided"),
    "order_way_chosen": _l("Delivery of an order chosen"),
    "order_with_courier": _l("Order handed to a courier"),
    "order_set_aside": _l("Order kept aside"),
    "order_aside_ended": _l("Order kept aside no longer"),
    "perishables_disposed": _l("Perishables disposed of"),
    "perishables_left": _l("Perishables left for the resident"),
    "order_changed": _l("Order changed"),
    "order_cancelled": _l("Order cancelled"),
    "order_shortened": _l("Part of an order was short"),
    "order_refunded": _l("Part of an order refunded after the sale"),
    "substitutes_named": _l("Substitutes named"),
    "tolerances_named": _l("Named what fills a case"),
    "case_filled": _l("Took more to fill a case"),
    "order_weighed": _l("Order settled by weight"),
    "weights_entered": _l("Weights entered"),
    "weights_settled": _l("Weights settled"),
    "order_picked_up": _l("Order handed out"),
    "order_pickup_undone": _l("Hand-out undone"),
    "documents_exported": _l("Documents exported"),
    "acted_as": _l("Acted for by the command line"),
    "data_exported": _l("Own data taken along"),
    "account_deleted": _l("Account deleted"),
    "consent_given": _l("Consent given"),
    "leader_changed": _l("Resident changed leader"),
    "profile_changed": _l("Name or room changed"),
    "notices_switched": _l("Channels of notices switched"),
    "notices_set": _l("Hours of notices set"),
    "notice_written": _l("Words of a notice changed"),
    "notice_sent_again": _l("Notice sent again"),
    "webhook_added": _l("Webhook added"),
    "webhook_removed": _l("Webhook removed"),
    "wechat_linked": _l("WeChat linked"),
    "wechat_unlinked": _l("WeChat unlinked"),
    "order_approved": _l("Order approved"),
    "order_paid": _l("Order marked paid"),
    "purchase_order_approved": _l("Purchase order approved"),
    "purchase_order_changed": _l("Purchase order changed before its approval"),
    "purchase_order_sent": _l("Purchase order sent"),
    "purchase_order_part_received": _l("Part of a purchase order received"),
    "purchase_order_received": _l("Purchase order received"),
    "purchase_order_cancelled": _l("Purchase order refused or called off"),
    "purchase_order_confirmed": _l("Purchase order confirmed"),
    "purchase_order_closed": _l("Rest of a purchase order closed"),
    "goods_received": _l("Delivery booked"),
    "stock_counted": _l("Stock counted"),
    "stock_sent": _l("Goods sent to another warehouse"),
    "stock_arrived": _l("Goods arrived from another warehouse"),
    "stock_called_back": _l("Goods called back before they arrived"),
    "warehouse_saved": _l("Warehouse saved"),
    "commission_rule_set": _l("Commission rate set"),
    "role_granted": _l("Role granted"),
    "role_revoked": _l("Role taken away"),
    "webhook_replayed": _l("Event sent once more"),
    "staff_limited": _l("Limited to some leaders"),
    "staff_limit_lifted": _l("Limit to some leaders lifted"),
    "account_disabled": _l("Account disabled"),
    "account_enabled": _l("Account enabled"),
    "password_set": _l("Password set"),
    "phone_changed": _l("Phone changed"),
    "sessions_ended": _l("Devices signed out"),
    "imported": _l("File imported"),
    "moved_in": _l("Moved in from another app"),
    "document_taken": _l("Document downloaded"),
    "list_exported": _l("List exported"),
    "person_viewed": _l("Personal data viewed"),
    "product_created": _l("Product made"),
    "product_edited": _l("Product changed"),
    "product_moved": _l("Product's state changed"),
    "product_sources_set": _l("Suppliers of a product set"),
    "supplier_saved": _l("Supplier saved"),
    "category_saved": _l("Category saved"),
    "brand_saved": _l("Brand saved"),
    "leader_referred": _l("Who brought a leader was set"),
    "refund_queued": _l("Refund through the channel queued"),
    "refund_succeeded": _l("Refund paid by the channel"),
    "refund_stuck": _l("Refund not paid by the channel"),
    "refund_asked_again": _l("Channel asked again for a refund"),
    "refund_to_wallet": _l("Refund paid to the wallet instead"),
    "bank_imported": _l("Bank statement taken in"),
    "bank_matched": _l("Line of the bank matched"),
    "bank_set_aside": _l("Line of the bank set aside"),
    "bank_reopened": _l("Line of the bank opened again"),
    "bonus_added": _l("Bonus promised"),
    "bonus_ended": _l("Bonus ended"),
    "leader_moved": _l("Leader's state changed"),
    "address_added": _l("Address added"),
    "address_changed": _l("Address changed"),
    "address_removed": _l("Address removed"),
    "address_chosen": _l("Default address chosen"),
    "leader_applied": _l("Somebody applied to be a leader"),
    "agreement_accepted": _l("Agreement accepted"),
    "agreement_written": _l("Agreement written anew"),
    "leader_target_set": _l("Target of a leader set"),
    "leader_edited": _l("Leader changed"),
    "leader_rests": _l("Leader rests"),
    "leader_rest_ended": _l("Leader's rest taken back"),
    "community_saved": _l("Community saved"),
    "delivery_place_set": _l("Delivery address set"),
    "depot_set": _l("Place of the warehouse set"),
    "market_closed": _l("Market closed on a day"),
    "market_opened": _l("Market open again on a day"),
    "job_retried": _l("Job queued again"),
    "token_issued": _l("Token issued"),
    "token_revoked": _l("Token revoked"),
}

# Who acts without an account.
PROGRAMS: dict[str, object] = {
    SCHEDULER: _l("Scheduler"),
    "cli": _l("Command line"),
    "demo": _l("Demonstration"),
}

# What the log keeps of a thing; the words of the keys that people read most.


REASONS: Mapping[str, object] = {
    "below_threshold": _l("the threshold was not reached"),
    "not_paid_in_time": _l("not paid in time"),
    "unpaid_at_close": _l("not paid by the cut-off"),
    "shortage": _l("too little was delivered"),
    "delayed": _l("the goods are late"),
    "called_off": _l("the round was called off"),
    "refunded": _l("paid back after the sale"),
    "not_reviewed": _l("not approved by the cut-off"),
    "weight": _l("settled by weight"),
}
# What a deed is called where its reason says more; older refunds stand there as short deliveries.
BY_REASON: Mapping[tuple[str, str], object] = {
    ("order_shortened", "refunded"): VERBS["order_refunded"],
    ("order_cancelled", "refunded"): _l("Whole order refunded after the sale"),
}


def cancel_reason(text: str) -> str:
    """Return a reason of the platform in words, a person's as it was written."""
    return str(REASONS.get(text, text))


def deed_name(entry: AuditEntry) -> str:
    """Return what a deed of the audit log is called; its own name where nobody has translated it."""
    reason = (entry.after or {}).get("reason")
    return str(BY_REASON.get((entry.verb, str(reason)), VERBS.get(entry.verb, entry.verb)))


def names_of(actors: Iterable[str]) -> dict[str, object]:
    """Return the names of actors as the audit log keeps them, in one query."""
    wanted = {actor: int(actor.removeprefix(PREFIX)) for actor in actors if _is_account(actor)}
    rows = db.session.execute(select(Account.id, Account.name).where(Account.id.in_(wanted.values())))
    names = {row[0]: row[1] for row in rows}
    return PROGRAMS | {actor: names.get(number, actor) for actor, number in wanted.items()}


def actor_name(actor: str, name: str | None) -> str:
    """Return who an entry of the log is by: the account's name, or what a program is called."""
    return name or str(PROGRAMS.get(actor, actor))


def _is_account(actor: str) -> bool:
    return actor.startswith(PREFIX) and actor.removeprefix(PREFIX).isdigit()
