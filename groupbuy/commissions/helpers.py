"""What helpers get of their leader's commission (助手分成): agreed at the close, paid as it settles."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import bindparam, exists, insert, literal, select, tuple_, update

from groupbuy.accounts.models import Account
from groupbuy.campaigns.models import Round
from groupbuy.commissions.models import HelperShare
from groupbuy.commissions.rules import helper_parts
from groupbuy.commissions.standings import Due, Key
from groupbuy.db import db
from groupbuy.finance import rules as accounts
from groupbuy.finance.rules import Entry
from groupbuy.leaders.models import Leader, LeaderHelper
from groupbuy.orders.bulk import is_live
from groupbuy.orders.models import Order

CAUSE = "helper_share"
Parts = dict[Key, dict[int, int]]


def agree(round_: Round) -> None:
    """Write down which helpers share what their leaders earn in a round that closes, as set by now."""
    # One order each is enough to know; a list of all orders' leaders would read every one.
    sold = exists().where(Order.leader_id == LeaderHelper.leader_id, Order.round_id == round_.id, is_live())
    agreed = select(
        literal(round_.id), LeaderHelper.leader_id, LeaderHelper.account_id, LeaderHelper.share_bp, literal(0)
    ).where(LeaderHelper.share_bp > 0, sold)
    names = ["round_id", "leader_id", "account_id", "share_bp", "settled_fen"]
    db.session.execute(insert(HelperShare).from_select(names, agreed))


def changed(dues: Sequence[Due]) -> tuple[list[Entry], Parts]:
    """Return what moves between leaders whose settled commission changes and their helpers, and its ends."""
    settling = {one.key: one for one in dues if one.due.settled_fen != one.booked.settled_fen}
    entries: list[Entry] = []
    ends: Parts = {}
    for key, rows in _agreed(settling).items():
        due = settling[key]
        ends[key] = helper_parts(due.due.settled_fen, {row.account_id: row.share_bp for row in rows})
        for row in rows:
            entries += _entries(row, ends[key][row.account_id], due.version)
    return entries, ends


def _agreed(keys: Mapping[Key, Due]) -> Mapping[Key, Sequence[HelperShare]]:
    found: dict[Key, list[HelperShare]] = defaultdict(list)
    if keys:
        pair = tuple_(HelperShare.round_id, HelperShare.leader_id)
        rows = select(HelperShare).where(pair.in_(list(keys))).order_by(HelperShare.account_id)
        for row in db.session.scalars(rows.execution_options(populate_existing=True)):
            found[row.round_id, row.leader_id].append(row)
    return found


def _entries(row: HelperShare, due_fen: int, version: int) -> list[Entry]:
    return accounts.move(
        accounts.commission(row.leader_id, "settled"),
        accounts.helper(row.account_id),
        due_fen - row.settled_fen,
        cause_kind=CAUSE,
        cause_id=f"{row.round_id}:{row.leader_id}:{row.account_id}",
        part=f"{version}:share",
    )


def helpers_of(leader_id: int) -> Sequence[tuple[Account, int]]:
    """Return who helps a leader, by name, with the share of rounds that close from now on."""
    helpers = select(Account, LeaderHelper.share_bp).join(LeaderHelper, LeaderHelper.account_id == Account.id)
    theirs = helpers.where(LeaderHelper.leader_id == leader_id).order_by(Account.name, Account.id)
    return [(row[0], row[1]) for row in db.session.execute(theirs)]


@dataclass(frozen=True, slots=True)
class ShareRow:
    """What a helper gets of a round: whose, at which share, and fen so far."""

    round_title: str
    round_name: str
    leader: str
    share_bp: int
    settled_fen: int


def shares_of(account_id: int, *, most: int = 200) -> Sequence[ShareRow]:
    """Return what a helper has been promised by round, the latest first."""
    rows = (
        select(Round.title, Round.name, Leader.name, HelperShare.share_bp, HelperShare.settled_fen)
        .join(Round, Round.id == HelperShare.round_id)
        .join(Leader, Leader.id == HelperShare.leader_id)
        .where(HelperShare.account_id == account_id)
    )
    return [ShareRow(*row) for row in db.session.execute(rows.order_by(Round.id.desc()).limit(most))]


def shares_in(round_id: int, leader_id: int) -> Sequence[tuple[str, int, int]]:
    """Return who helped a leader in a round, by name, with the share agreed at its close and fen so far."""
    rows = (
        select(Account.name, HelperShare.share_bp, HelperShare.settled_fen)
        .join(HelperShare, HelperShare.account_id == Account.id)
        .where(HelperShare.round_id == round_id, HelperShare.leader_id == leader_id)
        .order_by(Account.name, Account.id)
    )
    return [(row[0], row[1], row[2]) for row in db.session.execute(rows)]


def store(ends: Parts) -> None:
    """Write down what the ledger has booked now."""
    rows = [
        {"of_round": round_id, "of_leader": leader_id, "of_account": account_id, "fen": fen}
        for (round_id, leader_id), parts in ends.items()
        for account_id, fen in parts.items()
    ]
    if not rows:
        return
    mine = (
        HelperShare.round_id == bindparam("of_round"),
        HelperShare.leader_id == bindparam("of_leader"),
        HelperShare.account_id == bindparam("of_account"),
    )
    booked = update(HelperShare).where(*mine).values(settled_fen=bindparam("fen"))
    db.session.connection().execute(booked, rows)
