"""What accounts and causes of the ledger are called in the reader's language."""

from collections.abc import Mapping

from groupbuy.web.kit.i18n import lazy_gettext as _l

# The ledger's own words are Chinese, as its sheets are.
NAMES = {
    "商品销售": _l("Sales of goods"),
    "运费": _l("Freight charged"),
    "送货上门费": _l("Door delivery charged"),
    "提现手续费": _l("Fees of withdrawals"),
    "供应商返利": _l("Rebates of suppliers"),
    "团长佣金": _l("Commission of leaders"),
    "推荐奖励": _l("Referral rewards"),
    "活动奖金": _l("Bonuses of campaigns"),
    "进货成本": _l("Cost of purchases"),
    "盘亏与报损": _l("Stock losses and write-offs"),
    "渠道对账差额": _l("Differences with channels' bills"),
    "库存商品": _l("Goods in stock"),
    "银行付款": _l("Paid by bank"),
    "收到现金": _l("Cash received"),
    "人工收款": _l("Taken by hand"),
    "其他平台已收": _l("Taken on another platform"),
    "建账前已收": _l("Taken before the books began"),
    "微信支付": _l("WeChat Pay account"),
    "支付宝": _l("Alipay account"),
    "代扣税款": _l("Tax withheld"),
    "退款途中": _l("Refunds on their way"),
    "待核款项": _l("Money to be looked into"),
    "拆单过渡": _l("Passed on between parts of orders"),
    "居民余额": _l("Wallet of resident"),
    "应退居民": _l("Owed back to resident"),
    "居民往来": _l("Account of resident"),
    "团长代收货款": _l("Goods' money with leader"),
    "团长提现途中": _l("Withdrawals under way of leader"),
    "佣金待入账": _l("Commission pending of leader"),
    "佣金冻结": _l("Commission frozen of leader"),
    "佣金可提现": _l("Commission settled of leader"),
    "助手分成": _l("Share of a helper"),
    "应付供应商": _l("Owed to supplier"),
    "商品售出": _l("Goods handed out"),
    "订单费用": _l("Fees of orders"),
    "订单收款": _l("Payment for an order"),
    "在线收款": _l("Payment through a channel"),
    "余额充值": _l("Top-up of a wallet"),
    "多付应退": _l("Paid too much, owed back"),
    "拆单": _l("Split of an order"),
    "退款": _l("Refund paid"),
    "渠道退款": _l("Refund through a channel"),
    "货款上交": _l("Cash handed to us"),
    "奖励与奖金": _l("Rewards and bonuses"),
    "支付助手": _l("Paid to a helper"),
    "提现": _l("Withdrawal by a leader"),
    "微信打款更正": _l("WeChat transfer put right"),
    "收货": _l("Goods received"),
    "库存变动": _l("Movement of stock"),
    "供应商调整": _l("Adjustment with a supplier"),
    "供应商付款": _l("Supplier paid"),
}


def in_words(text: str) -> str:
    """Return the name of an account or cause, whose owner stands behind it, in the reader's language."""
    head, space, owner = text.partition(" ")
    return f"{NAMES[head]}{space}{owner}" if head in NAMES else text


def all_in_words(names: Mapping[str, str]) -> dict[str, str]:
    """Return names by what they stand for, in the reader's language."""
    return {name: in_words(text) for name, text in names.items()}
