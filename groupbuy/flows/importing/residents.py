"""Importing residents."""

from datetime import datetime

from groupbuy.accounts.bulk import withdraw_role
from groupbuy.flows.importing import cells
from groupbuy.flows.importing.kind import Counts, Kind, counts_of
from groupbuy.flows.importing.layout import Column
from groupbuy.flows.importing.people import with_accounts
from groupbuy.flows.importing.sheet import Sheet
from groupbuy.leaders.bulk import leader_ids
from groupbuy.members import bulk
from groupbuy.orders.doors import keep_doors_of_many


def load(sheet: Sheet, now: datetime) -> Counts:
    """Check residents, bind them to their leaders and bring what is stored to them."""
    rows = list(sheet.rows())
    sheet.refuse_repeats(rows, "code")
    sheet.resolve(rows, "leader_code", leader_ids(sheet.values(rows, "leader_code")))
    if sheet.faults:
        return Counts()
    former = bulk.accounts_of(sheet.values(rows, "code"))
    people = with_accounts(sheet, rows, role="resident", now=now)
    fields = (*sheet.fields, "account_id")
    keep_doors_of_many(bulk.moved(fields, people))
    done = bulk.upsert_residents(fields, people, now=now)
    withdraw_role(bulk.without_profile(former), role="resident")
    return counts_of(done)


RESIDENTS = Kind(
    "residents",
    (
        Column("code", cells.code, required=True),
        Column("name", cells.name, required=True, exact=True),
        Column("phone", cells.mobile, required=True),
        Column("leader_code", cells.reference, "leader_id", required=True),
        Column("room", cells.name, exact=True),
        Column("building", cells.name, optional=True, exact=True),
    ),
    load,
)
