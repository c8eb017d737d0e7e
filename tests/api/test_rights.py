"""Who may do what over the API: each operation against each role, as the table in this file says.

An operation that is not in the table fails. 404 stands for "does not exist for you".
"""

from typing import Any

import pytest

from groupbuy.api.v1.endpoint import OPERATIONS
from groupbuy.members.service import CONSENT_VERSION
from tests.api.conftest import Person, Town

PEOPLE = (
    "nobody",
    "resident",
    "other resident",
    "leader",
    "other leader",
    "helper",
    "supplier",
    "operator",
    "finance",
    "warehouse",
    "customer_service",
)
LINES = [{"product_code": "P1", "quantity": 1}]
CAMPAIGN = {
    "name": "x",
    "recurrence": {"kind": "once", "start": "2026-12-01"},
    "offers": [{"product_code": "P1", "price_fen": 1}],
}
APPLICATION = {
    "name": "周姐",
    "community": "阳光花园",
    "address": "3号楼一层",
    "why": "我认识邻居",
    "consent_version": CONSENT_VERSION,
}

# Operation: (method, path, body, the answers in the order of PEOPLE). The order and its leader are
# the first ones, placed by the first resident. Documents follow the close, hence their 409.
TABLE: dict[str, tuple[str, str, Any, str]] = {
    "issue_token": ("POST", "/tokens", {}, "422 422 422 422 422 422 422 422 422 422 422"),
    "revoke_token": ("DELETE", "/tokens/current", None, "401 204 204 204 204 204 204 204 204 204 204"),
    "list_rounds": ("GET", "/rounds", None, "401 200 200 200 200 200 200 200 200 200 200"),
    "show_round": ("GET", "/rounds/C1", None, "401 200 200 200 200 200 404 200 200 200 200"),
    "check": (
        "POST",
        "/carts/check",
        {"round": "C1", "lines": LINES},
        "401 200 200 422 422 403 403 422 403 403 403",
    ),
    "place_order": (
        "POST",
        "/orders",
        {"round": "C1", "lines": LINES},
        "401 201 201 422 422 403 403 422 403 403 403",
    ),
    "list_purchase_orders": (
        "GET",
        "/purchase-orders",
        None,
        "401 403 403 403 403 403 200 200 200 200 403",
    ),
    "show_purchase_order": (
        "GET",
        "/purchase-orders/NONE",
        None,
        "401 403 403 403 403 403 404 404 404 404 403",
    ),
    "confirm_purchase_order": (
        "POST",
        "/purchase-orders/NONE/confirmation",
        {},
        "401 403 403 403 403 403 404 404 403 403 403",
    ),
    "approve_purchase_order": (
        "POST",
        "/purchase-orders/NONE/approval",
        None,
        "401 403 403 403 403 403 403 404 403 403 403",
    ),
    "send_purchase_order": (
        "POST",
        "/purchase-orders/NONE/sending",
        None,
        "401 403 403 403 403 403 403 404 403 403 403",
    ),
    "place_late_order": (
        "POST",
        "/rounds/C1/late-orders",
        {"resident_code": "NONE", "lines": LINES},
        "401 403 403 403 403 403 403 404 403 403 403",
    ),
    "list_stock": ("GET", "/stock", None, "401 403 403 403 403 403 403 200 403 200 403"),
    "show_supplier_file": (
        "GET",
        "/suppliers/S1/file",
        None,
        "401 403 403 403 403 403 403 200 200 200 200",
    ),
    "add_licence": (
        "POST",
        "/suppliers/S1/licences",
        {"kind": "food", "number": "JY1"},
        "401 403 403 403 403 403 403 201 403 403 403",
    ),
    "list_supplier_sales": (
        "GET",
        "/supplier-sales",
        None,
        "401 403 403 403 403 403 200 403 403 403 403",
    ),
    "list_batches": ("GET", "/stock/batches", None, "401 403 403 403 403 403 403 200 403 200 403"),
    "show_batch": ("GET", "/stock/batches/999", None, "401 403 403 403 403 403 403 404 403 404 403"),
    "list_batch_orders": (
        "GET",
        "/stock/batches/999/orders",
        None,
        "401 403 403 403 403 403 403 404 403 404 403",
    ),
    "issue_goods": (
        "POST",
        "/stock/issues",
        {"product_code": "P1", "kind": "write_off", "units": 1, "reason": "x"},
        "401 403 403 403 403 403 403 409 403 409 403",
    ),
    "list_receipts": (
        "GET",
        "/purchase-orders/NONE/receipts",
        None,
        "401 403 403 403 403 403 403 404 403 404 403",
    ),
    "receive_goods": (
        "POST",
        "/purchase-orders/NONE/receipts",
        {"lines": [{"product_code": "P1", "delivered": 1}]},
        "401 403 403 403 403 403 403 404 403 404 403",
    ),
    "show_deliveries": (
        "GET",
        "/deliveries/2026-11-23",
        None,
        "401 403 403 403 403 403 403 200 403 200 403",
    ),
    "split_order": (
        "POST",
        "/orders/{order}/split",
        {"product_codes": ["P1"], "pickup_date": "2026-11-30"},
        "401 403 403 403 403 403 403 409 403 409 403",
    ),
    "deliver_product_later": (
        "POST",
        "/rounds/C1/later-products",
        {"product_code": "P1", "pickup_date": "2026-11-30", "check": True},
        "401 403 403 403 403 403 403 409 403 409 403",
    ),
    "document_of_day": (
        "GET",
        "/deliveries/2026-11-23/documents/pickup_sheet/L1.xlsx",
        None,
        "401 403 403 404 404 403 403 404 403 403 403",
    ),
    "list_reroutes": (
        "GET",
        "/deliveries/2026-11-23/reroutes",
        None,
        "401 403 403 403 403 403 403 200 403 403 403",
    ),
    "check_reroute": (
        "POST",
        "/deliveries/2026-11-23/reroutes/check",
        {"from_leader": "L1", "to_leader": "L2"},
        "401 403 403 403 403 403 403 200 403 403 403",
    ),
    "reroute_bags": (
        "POST",
        "/deliveries/2026-11-23/reroutes",
        {"from_leader": "L1", "to_leader": "L2", "reason": "x"},
        "401 403 403 403 403 403 403 409 403 403 403",
    ),
    "undo_reroute": (
        "POST",
        "/reroutes/99/undo",
        None,
        "401 403 403 403 403 403 403 404 403 403 403",
    ),
    "plan_deliveries": (
        "POST",
        "/deliveries/2026-11-23/plan",
        None,
        "401 403 403 403 403 403 403 200 403 200 403",
    ),
    "leave_route": (
        "POST",
        "/delivery-routes/999/leave",
        None,
        "401 403 403 403 403 403 403 404 403 404 403",
    ),
    "arrive_at_stop": (
        "POST",
        "/delivery-stops/999/arrive",
        None,
        "401 403 403 403 403 403 403 404 403 404 403",
    ),
    "show_goods": (
        "GET",
        "/deliveries/2026-11-23/goods",
        None,
        "401 403 403 404 404 403 403 403 403 403 403",
    ),
    "sign_for_goods": (
        "POST",
        "/deliveries/2026-11-23/sign",
        {"lines": []},
        "401 403 403 404 404 403 403 403 403 403 403",
    ),
    "allocate": (
        "POST",
        "/rounds/C1/allocations",
        {"policy": "pro_rata"},
        "401 403 403 403 403 403 403 201 403 201 403",
    ),
    "show_weights": ("GET", "/rounds/C1/weights", None, "401 403 403 403 403 403 403 200 403 200 403"),
    "enter_weights": (
        "POST",
        "/rounds/C1/weights",
        {"lines": [{"order_no": "NONE", "product_code": "P1", "weight": "500"}]},
        "401 403 403 403 403 403 403 409 403 409 403",
    ),
    "settle_weights": (
        "POST",
        "/rounds/C1/weights/settlement",
        None,
        "401 403 403 403 403 403 403 409 403 409 403",
    ),
    "show_order": ("GET", "/orders/{order}", None, "401 200 404 200 404 403 403 200 403 403 200"),
    "change_order": (
        "PATCH",
        "/orders/{order}",
        {"lines": LINES},
        "401 200 404 200 404 403 403 200 403 403 403",
    ),
    "cancel_order": (
        "POST",
        "/orders/{order}/cancel",
        {"reason": "x"},
        "401 200 404 200 404 403 403 200 403 403 403",
    ),
    "approve_order": ("POST", "/orders/{order}/approve", None, "401 403 403 403 403 403 403 200 403 403 403"),
    "begin_payment": (
        "POST",
        "/orders/{order}/payments",
        {"channel": "wechat", "way": "native"},
        "401 409 404 403 403 403 403 403 403 403 403",
    ),
    "list_payments": (
        "GET",
        "/orders/{order}/payments",
        None,
        "401 200 404 200 404 403 403 200 403 403 200",
    ),
    "refund_to_sources": (
        "POST",
        "/orders/{order}/source-refunds",
        {"amount_fen": 1, "reason": "x"},
        "401 403 403 403 403 403 403 409 409 403 403",
    ),
    "decide_refund": (
        "POST",
        "/refund-requests/99/decide",
        {"approve": True},
        "401 403 403 403 403 403 403 404 404 403 403",
    ),
    "mark_paid": ("POST", "/orders/{order}/mark-paid", None, "401 403 403 200 404 403 403 200 403 403 403"),
    "verify_pickup": (
        "POST",
        "/pickups/verify",
        {"code": "{code}"},
        "401 403 403 409 409 409 403 403 403 403 403",
    ),
    "list_after_sales": (
        "GET",
        "/orders/{order}/after-sales",
        None,
        "401 200 404 200 404 403 403 200 403 403 200",
    ),
    "ask_after_sale": (
        "POST",
        "/orders/{order}/after-sales",
        {"kind": "refund", "reason": "other", "text": "x", "lines": LINES},
        "401 409 404 409 404 403 403 409 403 403 403",
    ),
    "decide_after_sale": (
        "POST",
        "/after-sales/NONE/decide",
        {"approve": True},
        "401 403 403 403 403 403 403 404 403 403 403",
    ),
    "pickup_day_list": ("GET", "/pickups/day", None, "401 403 403 200 200 200 403 403 403 403 403"),
    "take_pickup_events": (
        "POST",
        "/pickups/events",
        {"events": [{"event_id": "event-01", "order_no": "NONE", "happened_at": "2026-11-22T01:00:00Z"}]},
        "401 403 403 200 404 200 403 403 403 403 403",
    ),
    "pickup_conflicts": ("GET", "/pickups/conflicts", None, "401 403 403 200 200 200 403 403 403 403 403"),
    "decide_pickup_conflict": (
        "POST",
        "/pickups/conflicts/event-99/decide",
        {"decision": "here"},
        "401 403 403 404 404 404 403 403 403 403 403",
    ),
    "pickup_by_name": (
        "POST",
        "/pickups/by-name",
        {"phone_tail": "0000", "name": "x", "reason": "x"},
        "401 403 403 404 404 404 403 403 403 403 403",
    ),
    "report": ("GET", "/rounds/C1/report", None, "401 403 403 403 403 403 403 200 200 403 403"),
    "round_document": (
        "GET",
        "/rounds/C1/documents/matrix.xlsx",
        None,
        "401 403 403 403 403 403 403 409 403 409 403",
    ),
    "document_of": (
        "GET",
        "/rounds/C1/documents/pickup_sheet/L1.xlsx",
        None,
        "401 403 403 409 404 403 403 409 403 403 403",
    ),
    "list_products": ("GET", "/products", None, "401 403 403 403 403 403 403 200 200 200 200"),
    "show_product": ("GET", "/products/P1", None, "401 403 403 403 403 403 403 200 200 200 200"),
    "list_leaders": ("GET", "/leaders", None, "401 403 403 200 200 403 403 200 403 403 200"),
    "list_residents": ("GET", "/residents", None, "401 403 403 200 200 403 403 200 403 403 200"),
    "list_rest_days": ("GET", "/leaders/L1/rest-days", None, "401 403 403 200 404 403 403 200 403 403 200"),
    "check_rest_days": (
        "POST",
        "/leaders/L1/rest-days/check",
        {"first": "2026-12-01"},
        "401 403 403 200 404 403 403 200 403 403 403",
    ),
    "add_rest_days": (
        "POST",
        "/leaders/L1/rest-days",
        {"first": "2026-12-01"},
        "401 403 403 200 404 403 403 200 403 403 403",
    ),
    "remove_rest_days": (
        "DELETE",
        "/leaders/L1/rest-days/2026-12-01",
        None,
        "401 403 403 200 404 403 403 200 403 403 403",
    ),
    "show_ranking": ("GET", "/leaders/L1/ranking", None, "401 403 403 200 404 403 403 200 403 403 403"),
    "set_target": (
        "PUT",
        "/leaders/L1/target",
        {"amount_fen": 1},
        "401 403 403 200 404 403 403 200 403 403 403",
    ),
    "move_in": ("POST", "/leaders/L1/move-in", None, "401 403 403 415 415 403 403 415 403 403 403"),
    "list_messages": ("GET", "/messages", None, "401 200 200 200 200 403 403 403 403 403 403"),
    "mark_messages": (
        "POST",
        "/messages/seen",
        {"until": 1},
        "401 200 200 200 200 403 403 403 403 403 403",
    ),
    "show_preferences": (
        "GET",
        "/messages/preferences",
        None,
        "401 200 200 200 200 403 403 403 403 403 403",
    ),
    "set_preferences": (
        "PUT",
        "/messages/preferences",
        {"off": []},
        "401 200 200 200 200 403 403 403 403 403 403",
    ),
    "show_notice_table": (
        "GET",
        "/notices/table",
        None,
        "401 403 403 403 403 403 403 200 403 403 403",
    ),
    "switch_notices": (
        "PATCH",
        "/notices/table",
        {"items": [{"event": "arrived", "role": "resident", "channel": "sms", "on": True}]},
        "401 403 403 403 403 403 403 200 403 403 403",
    ),
    "show_notice_text": (
        "GET",
        "/notices/texts/arrived/resident/sms/zh",
        None,
        "401 403 403 403 403 403 403 200 403 403 403",
    ),
    "write_notice_text": (
        "PUT",
        "/notices/texts/arrived/resident/sms/zh",
        {"body": "已到{place}"},
        "401 403 403 403 403 403 403 200 403 403 403",
    ),
    "list_notices": ("GET", "/notices/log", None, "401 403 403 403 403 403 403 200 403 403 403"),
    "send_notice_again": (
        "POST",
        "/notices/log/9999/again",
        None,
        "401 403 403 403 403 403 403 404 403 403 403",
    ),
    "list_addresses": ("GET", "/addresses", None, "401 200 200 403 403 403 403 403 403 403 403"),
    "add_address": (
        "POST",
        "/addresses",
        {"room": "5-1-102"},
        "401 201 201 403 403 403 403 403 403 403 403",
    ),
    "edit_address": (
        "PUT",
        "/addresses/1",
        {"room": "5-1-103"},
        "401 404 404 403 403 403 403 403 403 403 403",
    ),
    "choose_address": (
        "POST",
        "/addresses/1/choose",
        None,
        "401 404 404 403 403 403 403 403 403 403 403",
    ),
    "remove_address": ("DELETE", "/addresses/1", None, "401 404 404 403 403 403 403 403 403 403 403"),
    "show_agreement": ("GET", "/leader-agreement", None, "401 200 200 200 200 200 200 200 200 200 200"),
    "apply_to_lead": (
        "POST",
        "/leader-applications",
        APPLICATION,
        "401 201 201 409 409 201 201 201 201 201 201",
    ),
    "my_application": (
        "GET",
        "/leader-applications/mine",
        None,
        "401 404 404 200 200 404 404 404 404 404 404",
    ),
    "accept_agreement": (
        "POST",
        "/leader-applications/mine/accept",
        {"version": 1},
        "401 404 404 409 409 404 404 404 404 404 404",
    ),
    "decide_leader": (
        "POST",
        "/leaders/L1/decide",
        {"seen": "active", "state": "suspended", "reason": "x"},
        "401 403 403 403 403 403 403 200 403 403 403",
    ),
    "show_leader_terms": (
        "GET",
        "/campaigns/C1/leaders/L1/terms",
        None,
        "401 403 403 403 403 403 403 200 403 403 403",
    ),
    "set_leader_terms": (
        "PUT",
        "/campaigns/C1/leaders/L1/terms",
        {"version": "x", "terms": []},
        "401 403 403 403 403 403 403 409 403 403 403",
    ),
    "list_pickable_campaigns": (
        "GET",
        "/leaders/L1/picks",
        None,
        "401 403 403 200 404 403 403 200 403 403 403",
    ),
    "show_picks": ("GET", "/leaders/L1/picks/C1", None, "401 403 403 404 404 403 403 404 403 403 403"),
    "pick_products": (
        "PUT",
        "/leaders/L1/picks/C1",
        {"version": "x", "product_codes": []},
        "401 403 403 404 404 403 403 404 403 403 403",
    ),
    "create_campaign": (
        "POST",
        "/campaigns",
        CAMPAIGN | {"code": "C2"},
        "401 403 403 403 403 403 403 201 403 403 403",
    ),
    "show_campaign": ("GET", "/campaigns/C1", None, "401 403 403 403 403 403 403 200 403 403 403"),
    "change_campaign": (
        "PUT",
        "/campaigns/C1",
        CAMPAIGN | {"version": 1},
        "401 403 403 403 403 403 403 200 403 403 403",
    ),
    "publish_campaign": (
        "POST",
        "/campaigns/C1/publish",
        None,
        "401 403 403 403 403 403 403 409 403 403 403",
    ),
    "end_campaign": ("POST", "/campaigns/C1/end", None, "401 403 403 403 403 403 403 200 403 403 403"),
    "change_cutoff": (
        "POST",
        "/rounds/C1/cutoff",
        {"closes_at": "2026-11-22T15:00:00Z"},
        "401 403 403 403 403 403 403 200 403 403 403",
    ),
    "delay_round": (
        "POST",
        "/rounds/C1/delay",
        {"pickup_date": "2026-11-30", "reason": "x"},
        "401 403 403 403 403 403 403 409 403 403 403",
    ),
    "call_off_round": (
        "POST",
        "/rounds/C1/call-off",
        {"reason": "x"},
        "401 403 403 403 403 403 403 409 403 403 403",
    ),
    "show_substitutes": (
        "GET",
        "/orders/{order}/substitutes",
        None,
        "401 200 404 200 404 403 403 200 403 403 200",
    ),
    "name_substitutes": (
        "PUT",
        "/orders/{order}/substitutes",
        {"substitutes": {"P1": "refund"}},
        "401 200 404 200 404 403 403 200 403 403 403",
    ),
    "cancel_delayed_order": (
        "POST",
        "/orders/{order}/free-cancellation",
        None,
        "401 409 404 409 404 403 403 409 403 403 403",
    ),
    "cancel_round": (
        "POST",
        "/rounds/C1/cancel",
        {"reason": "x"},
        "401 403 403 403 403 403 403 200 403 403 403",
    ),
    "add_webhook": (
        "POST",
        "/webhooks",
        {"url": "https://shop.example/hook", "events": ["order.placed"]},
        "401 403 403 403 403 403 403 201 403 403 403",
    ),
    "list_webhooks": ("GET", "/webhooks", None, "401 403 403 403 403 403 403 200 403 403 403"),
    "remove_webhook": ("DELETE", "/webhooks/1", None, "401 403 403 403 403 403 403 404 403 403 403"),
    "list_deliveries": ("GET", "/webhooks/1/deliveries", None, "401 403 403 403 403 403 403 404 403 403 403"),
    "replay_delivery": (
        "POST",
        "/webhooks/1/deliveries/1/replay",
        None,
        "401 403 403 403 403 403 403 404 403 403 403",
    ),
    "show_leader_money": (
        "GET",
        "/leaders/L1/money",
        None,
        "401 403 403 200 404 403 403 200 200 403 403",
    ),
    "set_referrer": (
        "PUT",
        "/leaders/L1/referrer",
        {"referrer": None},
        "401 403 403 403 403 403 403 200 403 403 403",
    ),
    "list_extras": (
        "GET",
        "/leaders/L1/extras",
        None,
        "401 403 403 200 404 403 403 200 200 403 403",
    ),
    "list_bonuses": (
        "GET",
        "/campaigns/C1/bonuses",
        None,
        "401 403 403 403 403 403 403 200 200 403 403",
    ),
    "add_bonus": (
        "POST",
        "/campaigns/C1/bonuses",
        {"measure": "units", "target": 1, "bonus_fen": 1},
        "401 403 403 403 403 403 403 201 403 403 403",
    ),
    "end_bonus": (
        "DELETE",
        "/campaigns/C1/bonuses/1",
        None,
        "401 403 403 403 403 403 403 404 403 403 403",
    ),
    "ask_withdrawal": (
        "POST",
        "/leaders/L1/withdrawals",
        {"amount_fen": 1, "method": "bank", "payee": "1", "payee_name": "x"},
        "401 403 403 409 404 403 403 403 403 403 403",
    ),
    "decide_withdrawal": (
        "POST",
        "/withdrawals/W0/decide",
        {"deed": "approve"},
        "401 403 403 403 403 403 403 404 404 403 403",
    ),
    "pay_order_back": (
        "POST",
        "/orders/{order}/refunds",
        {"amount_fen": 1, "target": "wallet", "reason": "x"},
        "401 403 403 403 403 403 403 409 409 403 403",
    ),
    "show_income_expense": (
        "GET",
        "/income-expense?since=2026-11&until=2026-11",
        None,
        "401 403 403 403 403 403 403 200 200 403 403",
    ),
    "show_supplier_settlements": (
        "GET",
        "/suppliers/S1/settlements",
        None,
        "401 403 403 403 403 403 403 200 200 403 403",
    ),
    "make_settlement": (
        "POST",
        "/suppliers/S1/settlements",
        {"day": "2026-11-22"},
        "401 403 403 403 403 403 403 409 409 403 403",
    ),
    "deduct_from_supplier": (
        "POST",
        "/suppliers/S1/deductions",
        {"kind": "claim", "amount_fen": 1, "note": "x", "submission_key": "k"},
        "401 403 403 403 403 403 403 201 201 403 403",
    ),
    "decide_settlement": (
        "POST",
        "/settlements/W0/decide",
        {"deed": "approve"},
        "401 403 403 403 403 403 403 404 404 403 403",
    ),
    "pay_settlement": (
        "POST",
        "/settlements/W0/payments",
        {"amount_fen": 1, "proof": "x"},
        "401 403 403 403 403 403 403 404 404 403 403",
    ),
    "enter_invoice": (
        "POST",
        "/purchase-orders/PO-0/invoices",
        {
            "number": "1",
            "dated": "2026-11-22",
            "lines": [{"product_code": "P1", "units": 1, "amount_fen": 1}],
        },
        "401 403 403 403 403 403 403 404 404 403 403",
    ),
    "show_report": (
        "GET",
        "/reports/sales?since=2026-11-01&until=2026-11-30",
        None,
        "401 403 403 403 403 403 403 200 200 403 403",
    ),
    "list_invoice_differences": (
        "GET",
        "/invoice-differences",
        None,
        "401 403 403 403 403 403 403 200 200 403 403",
    ),
    "decide_invoice_difference": (
        "POST",
        "/invoice-differences/99/decide",
        {"how": "as_agreed"},
        "401 403 403 403 403 403 403 404 404 403 403",
    ),
    "list_users": ("GET", "/users", None, "401 403 403 403 403 403 403 200 403 403 403"),
    "show_user": ("GET", "/users/1", None, "401 403 403 403 403 403 403 200 403 403 403"),
    "add_user": (
        "POST",
        "/users",
        {"name": "小周", "phone": "13900007777", "role": "finance"},
        "401 403 403 403 403 403 403 201 403 403 403",
    ),
    "give_role": (
        "POST",
        "/users/1/roles",
        {"role": "warehouse"},
        "401 403 403 403 403 403 403 200 403 403 403",
    ),
    "take_role": ("DELETE", "/users/1/roles/warehouse", None, "401 403 403 403 403 403 403 200 403 403 403"),
    "limit_user": (
        "PUT",
        "/users/1/limit",
        {"leaders": ["L1"]},
        "401 403 403 403 403 403 403 409 403 403 403",
    ),
    "lift_limit": ("DELETE", "/users/1/limit", None, "401 403 403 403 403 403 403 200 403 403 403"),
    "disable_user": ("POST", "/users/999/disable", None, "401 403 403 403 403 403 403 404 403 403 403"),
    "enable_user": ("POST", "/users/1/enable", None, "401 403 403 403 403 403 403 200 403 403 403"),
    "reset_second_factor": (
        "DELETE",
        "/users/1/second-factor",
        None,
        "401 403 403 403 403 403 403 200 403 403 403",
    ),
    "import_rows": ("POST", "/imports/suppliers", None, "401 403 403 403 403 403 403 415 403 403 403"),
}


@pytest.mark.check(23)
def test_every_operation_is_in_the_table() -> None:
    assert TABLE.keys() == OPERATIONS.keys()


@pytest.mark.check(23, 26)
@pytest.mark.parametrize("name", TABLE)
def test_each_role_gets_the_expected_answer(town: Town, name: str) -> None:
    method, path, body, expected = TABLE[name]
    order = town.buyer.order({"P1": 1}).json
    path = path.format(order=order["order_no"])
    body = {"code": order["pickup_code"]} if name == "verify_pickup" else body
    # The operator is asked last: what operators do may end what the others look at.
    answers = {
        who: person(town, who).ask(method, path, body).status_code
        for who in (*PEOPLE[:7], *PEOPLE[8:], "operator")
    }
    assert [str(answers[who]) for who in PEOPLE] == expected.split()


def person(town: Town, who: str) -> Person:
    """Return somebody of the table with a token, or a client without one."""
    made = {
        "resident": lambda: town.buyer,
        "other resident": lambda: town.other_buyer,
        "leader": lambda: town.head,
        "other leader": lambda: town.other_head,
        "helper": town.helper,
        "nobody": lambda: Nobody(town.app.test_client(), ""),
    }
    return made[who]() if who in made else town.staff(who)


class Nobody(Person):
    """Somebody without a token."""

    def ask(self, method: str, path: str, body: Any = None, *_: Any, **headers: str) -> Any:
        """Send a request without a token."""
        return self.client.open(f"/api/v1{path}", method=method, json=body, headers=headers)
