"""What accounts of the ledger are called: by their kind, and the code of whom they belong to."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sqlalchemy import select

from groupbuy.catalog.models import Supplier
from groupbuy.db import db
from groupbuy.db.bulk import KEYS, chunks
from groupbuy.documents.languages import said
from groupbuy.leaders.models import Leader
from groupbuy.members.models import Resident

WORDS: Mapping[str, str] = {
    "income:sales": "商品销售",
    "income:freight": "运费",
    "income:door": "送货上门费",
    "income:fees": "提现手续费",
    "income:rebates": "供应商返利",
    "expense:commission": "团长佣金",
    "expense:referral": "推荐奖励",
    "expense:bonus": "活动奖金",
    "expense:goods": "进货成本",
    "expense:stock_loss": "盘亏与报损",
    "expense:differences": "渠道对账差额",
    "expense:bad_debts": "团长欠款核销",
    "stock:goods": "库存商品",
    "channel:bank": "银行付款",
    "channel:cash": "收到现金",
    "channel:manual": "人工收款",
    "channel:elsewhere": "其他平台已收",
    "channel:opening": "建账前已收",
    "channel:wechat": "微信支付",
    "channel:alipay": "支付宝",
    "payable:tax": "代扣税款",
    "payable:refunding": "退款途中",
    "payable:held": "待核款项",
    "payable:splitting": "拆单过渡",
}
# Accounts of somebody: how they begin and end, what they are called, and whose number stands between.
_OWNED: tuple[tuple[str, str, str, str], ...] = (
    ("wallet:resident:", "", "居民余额", "resident"),
    ("owed:resident:", "", "应退居民", "resident"),
    ("resident:", "", "居民往来", "resident"),
    ("cash:leader:", "", "团长代收货款", "leader"),
    ("withdrawal:leader:", "", "团长提现途中", "leader"),
    ("commission:leader:", ":pending", "佣金待入账", "leader"),
    ("commission:leader:", ":frozen", "佣金冻结", "leader"),
    ("commission:leader:", ":settled", "佣金可提现", "leader"),
    ("commission:helper:", ":settled", "助手分成", "helper"),
    ("payable:supplier:", "", "应付供应商", "supplier"),
)
# Helpers are named by the number of their account, so that no name leaves with a file.
_CODES: Mapping[str, Any] = {"resident": Resident, "leader": Leader, "supplier": Supplier}


def names_of(accounts: Iterable[str]) -> dict[str, str]:
    """Return what accounts are called, with a query for each kind; one of no known kind keeps its name."""
    wanted = sorted(set(accounts))
    owned = {account: found for account in wanted if (found := _owner(account)) is not None}
    codes = {kind: _codes_of(kind, owned.values()) for kind in {kind for _, kind, _ in owned.values()}}
    names = {account: said(WORDS.get(account, account)) for account in wanted}
    for account, (words, kind, number) in owned.items():
        names[account] = f"{said(words)} {codes[kind](number)}"
    return names


def _owner(account: str) -> tuple[str, str, int] | None:
    """Return the words of an account, the kind of whom it belongs to and the number."""
    for begin, end, words, kind in _OWNED:
        number = account.removeprefix(begin).removesuffix(end)
        if account == f"{begin}{number}{end}" and number.isdigit():
            return words, kind, int(number)
    return None


def _codes_of(kind: str, owners: Iterable[tuple[str, str, int]]) -> Callable[[int], str]:
    ids = sorted({number for _, of, number in owners if of == kind and kind in _CODES})
    codes: dict[int, str] = {}
    for some in chunks(ids, KEYS):
        model = _CODES[kind]
        codes |= {
            row[0]: row[1]
            for row in db.session.execute(select(model.id, model.code).where(model.id.in_(some)))
        }
    return lambda number: codes.get(number, str(number))
