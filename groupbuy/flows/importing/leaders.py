"""Importing leaders with their communities and their own commission rates."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from groupbuy.accounts.bulk import withdraw_role
from groupbuy.commissions.rates import set_leader_rates
from groupbuy.commissions.rules import Rate
from groupbuy.flows.importing import cells
from groupbuy.flows.importing.kind import Counts, Kind
from groupbuy.flows.importing.layout import Column
from groupbuy.flows.importing.people import with_accounts
from groupbuy.flows.importing.sheet import Row, Sheet
from groupbuy.leaders import bulk


def load(sheet: Sheet, now: datetime) -> Counts:
    """Check leaders and bring what is stored to them; communities are made as needed."""
    rows = list(sheet.rows())
    sheet.refuse_repeats(rows, "code")
    if sheet.faults:
        return Counts()
    percents = _take_percents(sheet, rows)
    sheet.resolve(rows, "community", bulk.community_ids(sheet.values(rows, "community")))
    former = bulk.accounts_of(list(percents))
    people = with_accounts(sheet, rows, role="leader", now=now)
    fields = tuple(field for field in sheet.fields if field != PERCENT)
    done = bulk.upsert_leaders((*fields, "account_id"), people, now=now)
    withdraw_role(bulk.without_profile(former), role="leader")
    changed = set_leader_rates(_rates(percents, done.ids), now=now)
    updated = (done.updated | {code for code in percents if done.ids[code] in changed}) - done.created
    return Counts(len(done.created), len(updated), len(rows) - len(done.created) - len(updated))


PERCENT = "commission_percent"


def _take_percents(sheet: Sheet, rows: Sequence[Row]) -> dict[str, int | None]:
    """Take the percentages, which are kept elsewhere, out of the rows; return them by leader's code."""
    return {values[sheet.at("code")]: values.pop(sheet.at(PERCENT)) for _, values in rows}


def _rates(percents: Mapping[str, int | None], ids: Mapping[str, int]) -> dict[int, Rate | None]:
    return {ids[code]: None if bp is None else Rate(rate_bp=bp) for code, bp in percents.items()}


LEADERS = Kind(
    "leaders",
    (
        Column("code", cells.code, required=True),
        Column("name", cells.name, required=True, exact=True),
        Column("phone", cells.mobile, required=True),
        Column("community", cells.name, "community_id", exact=True),
        Column("address", cells.free_text, exact=True),
        Column("route", cells.name, exact=True),
        Column("email", cells.email, optional=True),
        Column(PERCENT, cells.percent),
    ),
    load,
)
