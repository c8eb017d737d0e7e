"""Where people can be reached: their phone, their WeChat user, their mail address, their language."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from groupbuy.accounts.models import Account, WechatLink
from groupbuy.db.bulk import select_in
from groupbuy.leaders.models import Leader
from groupbuy.members.models import Resident
from groupbuy.notices.rules import HELPER, LANGUAGES, LEADER, MAIL, PAGE, RESIDENT, SMS, WECHAT


@dataclass(frozen=True, slots=True)
class Person:
    """How a recipient is reached by each channel; one that is missing is None."""

    language: str
    phone: str | None
    openid: str | None
    email: str | None

    def address(self, channel: str) -> str | None:
        """Return where a channel reaches this person; the page needs no address."""
        return {PAGE: "", SMS: self.phone, WECHAT: self.openid, MAIL: self.email}[channel]


def recipient(role: str, number: int) -> str:
    """Return how somebody is named as a recipient, such as ``resident:7``; a helper by the account's id."""
    return f"{role}:{number}"


def role_of(name: str) -> str:
    """Return the role of a recipient."""
    return name.partition(":")[0]


def people(names: Iterable[str]) -> Mapping[str, Person]:
    """Return those recipients that exist; who has left is reached by no channel but the page."""
    numbers: dict[str, list[int]] = {RESIDENT: [], LEADER: [], HELPER: []}
    for name in names:
        role, _, number = name.partition(":")
        numbers[role].append(int(number))
    found: dict[str, Person] = {}
    for role, model in ((RESIDENT, Resident), (LEADER, Leader), (HELPER, Account)):
        if numbers[role]:
            found |= {recipient(role, row.id): _person(row) for row in _rows(model, numbers[role])}
    return found


def _rows(model: type[Resident] | type[Leader] | type[Account], ids: list[int]) -> Iterable[Any]:
    columns = [model.id, Account.phone, Account.language, WechatLink.openid]
    if model is Leader:
        columns.append(Leader.email)
    statement = select(*columns)
    if not issubclass(model, Account):
        statement = statement.join(Account, Account.id == model.account_id)
    linked = statement.outerjoin(WechatLink, WechatLink.account_id == Account.id)
    return select_in(linked, model.id, ids)


def _person(row: Any) -> Person:
    # An account that was deleted has letters in the place of its phone.
    return Person(
        language=row.language if row.language in LANGUAGES else LANGUAGES[0],
        phone=row.phone if row.phone.isdigit() else None,
        openid=row.openid,
        email=getattr(row, "email", None),
    )
