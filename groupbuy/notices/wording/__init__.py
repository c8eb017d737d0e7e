"""The words of notices while nobody has written others: by event, role, language and channel."""

from groupbuy.notices.rules import LEADER
from groupbuy.notices.wording.helpers import HELPERS
from groupbuy.notices.wording.leaders import LEADERS
from groupbuy.notices.wording.orders import ORDERS
from groupbuy.notices.wording.rounds import ROUNDS

_ALL = {**ROUNDS, **ORDERS, **HELPERS}


def usual(event: str, role: str, channel: str, language: str) -> tuple[str, str]:
    """Return the subject and the body of a notice as the house words it."""
    own = LEADERS.get((event, language)) if role == LEADER else None
    return (own or _ALL[event, language]).of(channel)
