"""T13 over money: who earns beside the leader, and what a round promises."""

from groupbuy.accounts import wechat
from groupbuy.campaigns.models import Round
from groupbuy.commissions import bonuses
from groupbuy.db import db
from groupbuy.db.transaction import in_transaction, transaction
from groupbuy.flows import enrolling
from groupbuy.leaders import referring, service
from groupbuy.leaders.models import Leader
from tests import building
from tests.building import ACTOR, NOW
from tests.faults.money_rows import BONUS_FEN, BONUS_FROM_FEN, SHARE_BP


def link_to_wechat(leader: Leader, openid: str) -> None:
    """Link a leader's account to WeChat, so that withdrawals can be sent there."""
    account_id = leader.account_id
    assert account_id is not None
    in_transaction(lambda: wechat.link(account_id=account_id, openid=openid, now=NOW, actor="test"))


def add_those_above(leader: Leader, *codes: str) -> list[int]:
    """Add who brought a leader, who brought that one, and so on; return their numbers."""
    above, below = [], leader
    for code in codes:
        referrer = building.add_leader(code)
        with transaction():
            referring.refer(leader=db.session.merge(below), referrer_code=code, now=NOW, actor="test")
        above.append(referrer.id)
        below = referrer
    return above


def add_helper(leader: Leader) -> int:
    """Add a helper who shares what the leader earns; return the account's number."""
    account = building.add_account("助手")
    with transaction():
        service.add_helper(account=account, leader_code=leader.code)
        enrolling.share_with(leader=leader, account_id=account.id, share_bp=SHARE_BP, now=NOW, actor=ACTOR)
    return account.id


def promise_bonus(round_: Round) -> None:
    """Promise a bonus in a round."""
    wish = {"measure": "turnover", "target": BONUS_FROM_FEN, "bonus_fen": BONUS_FEN}
    with transaction():
        campaign = db.session.get_one(Round, round_.id).campaign
        bonuses.add_bonus(campaign=campaign, **wish, now=building.OPENS, actor="test")
