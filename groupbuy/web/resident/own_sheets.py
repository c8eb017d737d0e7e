"""A resident's own data as sheets of a workbook."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from groupbuy.documents.sheet import Column, Kind, Sheet, table
from groupbuy.web.kit.i18n import gettext as _


def sheets_of(data: Mapping[str, Any], zone: ZoneInfo) -> Sequence[Sheet]:
    """Return the sheets of what ``flows.leaving.own_data`` gives."""
    return [_person(data), _orders(data["orders"], zone)]


def _person(data: Mapping[str, Any]) -> Sheet:
    rows: list[tuple[str, str]] = [(_("Mobile number"), data["account"]["phone"])]
    for resident in data["residents"]:
        rows += [
            (_("Your name"), resident["name"]),
            (_("Building and room"), " ".join(filter(None, (resident["building"], resident["room"])))),
            *((_("Another address"), room) for room in resident["addresses"]),
            (_("Leader"), resident["leader"]),
            (
                _("Privacy terms"),
                f"{resident['consent_version'] or '–'} {resident['consent_at'] or ''}".strip(),
            ),
        ]
    columns = [Column(_("What"), width=20), Column(_("Value"), width=40)]
    return Sheet(title=_("My data"), columns=columns, groups=table(rows))


def _orders(orders: Sequence[Mapping[str, Any]], zone: ZoneInfo) -> Sheet:
    columns = [
        Column(_("Order number"), Kind.CODE, 16),
        Column(_("Placed"), Kind.CODE, 18),
        Column(_("Round"), width=20),
        Column(_("Goods"), width=30),
        Column(_("Quantity"), Kind.QUANTITY, 8),
        Column(_("Amount"), Kind.MONEY, 12, total=True),
        Column(_("Remark"), width=20),
    ]
    rows = [
        (
            order["number"],
            f"{datetime.fromisoformat(order['placed_at']).astimezone(zone):%Y-%m-%d %H:%M}",
            order["round"],
            line["name"],
            line["quantity"],
            line["amount_fen"],
            order["remark"] or "",
        )
        for order in orders
        for line in order["lines"]
    ]
    return Sheet(title=_("My orders"), columns=columns, groups=table(rows))
