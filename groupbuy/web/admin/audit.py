"""The audit log: who did what, when, from what to what."""

import json
from typing import Any

from flask.typing import ResponseReturnValue
from sqlalchemy import String, cast, literal, or_, select

from groupbuy.accounts.models import Account
from groupbuy.audit.models import AuditEntry
from groupbuy.web.admin.blueprint import blueprint
from groupbuy.web.admin.listing import Column, Filter, Listing, asked, contains, show, within_days
from groupbuy.web.admin.words import PREFIX, SUBJECTS, VERBS, subject_kind, verb
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l

MOST_SHOWN = 160


def _short(value: Any) -> str | None:
    if value is None:
        return None
    text = json.dumps(value, ensure_ascii=False, sort_keys=True)[1:-1].replace('"', "")
    return text if len(text) <= MOST_SHOWN else text[:MOST_SHOWN] + "…"


COLUMNS = (
    Column(_l("When"), lambda row: row.AuditEntry.at, "moment", width=17),
    Column(_l("Who"), lambda row: row.name or row.AuditEntry.actor, "name"),
    Column(_l("What was done"), lambda row: verb(row.AuditEntry.verb), width=20),
    Column(_l("Kind"), lambda row: subject_kind(row.AuditEntry.subject_kind)),
    Column(_l("Subject"), lambda row: row.AuditEntry.subject, "code", width=22),
    Column(_l("From"), lambda row: _short(row.AuditEntry.before), width=30),
    Column(_l("To"), lambda row: _short(row.AuditEntry.after), width=30),
)


@blueprint.get("/audit")
def audit() -> ResponseReturnValue:
    """List entries, the newest first."""
    by_account = AuditEntry.actor == literal(PREFIX).concat(cast(Account.id, String))
    statement = (
        select(AuditEntry, Account.name)
        .outerjoin(Account, by_account)
        .where(*within_days(AuditEntry.at, "from", "until"))
        .order_by(AuditEntry.id.desc())
    )
    if text := asked("q"):
        statement = statement.where(or_(contains(AuditEntry.subject, text), contains(Account.name, text)))
    if chosen := asked("verb"):
        statement = statement.where(AuditEntry.verb == chosen)
    if kind := asked("kind"):
        statement = statement.where(AuditEntry.subject_kind == kind)
    listing = Listing(
        "audit",
        _("Audit log"),
        statement,
        COLUMNS,
        filters=(
            Filter("q", _("Subject or person")),
            Filter("kind", _("Kind"), [(name, str(text)) for name, text in SUBJECTS.items()], _("All kinds")),
            Filter(
                "verb",
                _("What was done"),
                [(name, str(text)) for name, text in VERBS.items()],
                _("Everything"),
            ),
            Filter("from", _("Day"), until="until"),
        ),
    )
    return show(listing)
