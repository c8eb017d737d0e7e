"""The audit log: who did what, when, from what to what."""

import json
from typing import Any

from flask.typing import ResponseReturnValue
from sqlalchemy import String, cast, literal, select

from groupbuy.accounts.models import Account
from groupbuy.accounts.rules import ROLES
from groupbuy.audit.models import AuditEntry
from groupbuy.kernel.money import format_yuan
from groupbuy.web.admin.audit_words import KEYS, SUBJECTS, subject_kind
from groupbuy.web.admin.blueprint import blueprint
from groupbuy.web.admin.listing import (
    Column,
    Filter,
    Listing,
    chosen,
    searched,
    show,
    within_days,
)
from groupbuy.web.admin.words import PREFIX, VERBS, actor_name, cancel_reason, deed_name
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l
from groupbuy.web.kit.state_names import LABELS
from groupbuy.web.kit.states import look
from groupbuy.web.signin.roles import role_name

MOST_SHOWN = 160


def _short(kind: str, values: Any) -> str | None:
    if not values:
        return None
    parts = (f"{KEYS.get(key, key)}{_(': ')}{_value(kind, key, value)}" for key, value in values.items())
    text = _("; ").join(parts)
    return text if len(text) <= MOST_SHOWN else text[:MOST_SHOWN] + "…"


def _value(kind: str, key: str, value: Any) -> str:
    """Return a value as people read it: fen as yuan, a state by its name, goods counted."""
    if key == "state" and value in LABELS.get(kind, {}):
        return look(kind, value).label
    if key == "role" and value in ROLES:
        return role_name(value)
    if key == "reason" and isinstance(value, str):
        return cancel_reason(value)
    if key.endswith("_fen") and isinstance(value, int):
        return format_yuan(value)
    if key == "lines" and isinstance(value, dict) and all(isinstance(one, int) for one in value.values()):
        return _("%(goods)s products, %(units)s units", goods=len(value), units=sum(value.values()))
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)


COLUMNS = (
    Column(_l("When"), lambda row: row.AuditEntry.at, "moment", width=17),
    Column(_l("Who"), lambda row: actor_name(row.AuditEntry.actor, row.name), "name"),
    Column(_l("What was done"), lambda row: deed_name(row.AuditEntry), width=20),
    Column(_l("Kind"), lambda row: subject_kind(row.AuditEntry.subject_kind)),
    Column(_l("Subject"), lambda row: row.AuditEntry.subject, "code", width=22),
    Column(_l("From"), lambda row: _short(row.AuditEntry.subject_kind, row.AuditEntry.before), width=30),
    Column(_l("To"), lambda row: _short(row.AuditEntry.subject_kind, row.AuditEntry.after), width=30),
)


@blueprint.get("/audit")
def audit() -> ResponseReturnValue:
    """List entries, the newest first."""
    by_account = AuditEntry.actor == literal(PREFIX).concat(cast(Account.id, String))
    statement = (
        select(AuditEntry, Account.name)
        .outerjoin(Account, by_account)
        .where(*within_days(AuditEntry.at, "from", "until"))
        .where(*chosen("verb", AuditEntry.verb), *chosen("kind", AuditEntry.subject_kind))
        .where(*searched(AuditEntry.subject, Account.name))
        .order_by(AuditEntry.id.desc())
    )
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
