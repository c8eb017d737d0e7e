"""Who stands behind a deed of finance on the command line: a person with a name."""

import click

from groupbuy.accounts import queries
from groupbuy.audit import service as audit
from groupbuy.audit.service import COMMAND_LINE
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import NotFound
from groupbuy.kernel.phones import normalise_phone

FINANCE = frozenset({"finance", "operator"})

as_option = click.option(
    "--as", "phone", metavar="PHONE", help="Whose deed it is, by an account of finance or an operator."
)


def actor_of(phone: str | None) -> str:
    """Return who acts: the account of a phone, or nobody by name; raise NotFound for no account of finance.

    Nobody by name cannot be one of two persons who have to agree. The shell is believed; that a deed came by
    it stands in the audit log beside the deed, in the same transaction.
    """
    if phone is None:
        return COMMAND_LINE
    account = queries.find_account(normalise_phone(phone) or phone)
    if account is None or not account.active or not FINANCE & queries.roles_of(account.id):
        raise NotFound("unknown_account", f"There is no active account of finance {phone}.", param="as")
    audit.record(
        at=utc_now(),
        actor=COMMAND_LINE,
        verb="acted_as",
        subject_kind="account",
        subject=str(account.id),
        after={"command": click.get_current_context().command_path},
    )
    return f"account:{account.id}"
