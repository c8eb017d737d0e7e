"""Ways in which leaders are paid, and how the account of a payout is written."""

from groupbuy.commissions.models import Withdrawal
from groupbuy.web.kit.i18n import lazy_gettext as _l

METHODS = {"wechat": _l("WeChat"), "alipay": _l("Alipay"), "bank": _l("Bank card")}
# How much of an account its holder knows it by.
_TAIL = 4


def named(row: Withdrawal) -> str:
    """Return the way, the holder and the whole account of a payout, for who pays it."""
    return f"{METHODS[row.method]} · {row.payee_name} · {row.payee}"


def veiled(row: Withdrawal) -> str:
    """Return the way, the end of the account and its holder, for who knows them."""
    return f"{METHODS[row.method]} ···{row.payee[-_TAIL:]} · {row.payee_name}"
