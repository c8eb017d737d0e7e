"""The words of notices that leaders read otherwise than residents."""

from collections.abc import Mapping

from groupbuy.notices.wording.words import ROUND_TIME, Words

LEADERS: Mapping[tuple[str, str], Words] = {
    ("closing_soon", "zh"): Words(
        "即将截单 · {round}",
        "{round} 将于 {closes} 截单，可再提醒一次社区居民。",
        "{round}将于{closes}截单。",
        ROUND_TIME,
    ),
    ("closing_soon", "en"): Words(
        "Closing soon · {round}",
        "{round} closes at {closes}; remind your community once more.",
        "{round} closes at {closes}.",
        ROUND_TIME,
    ),
    ("below_threshold", "zh"): Words(
        "未成团通知 · {round}",
        "{goods} 未成团，已取消；已通知下单的居民。",
        "{goods}未成团，已取消。",
        "thing1={round}\nthing2={goods}",
    ),
    ("below_threshold", "en"): Words(
        "Too few orders · {round}",
        "Too few people ordered {goods}: it is cancelled, and the buyers have been told.",
        "Cancelled, too few orders: {goods}.",
        "thing1={round}\nthing2={goods}",
    ),
    ("shipped", "zh"): Words(
        "发货通知",
        "本社区的商品已发车，将送到{place}，请准备签收。",
        "本社区的商品已发车，将送到{place}。",
        "thing1={place}",
    ),
    ("shipped", "en"): Words(
        "On the way",
        "Your community's goods have left for {place}. Please be there to sign for them.",
        "Your community's goods have left for {place}.",
        "thing1={place}",
    ),
    ("transfer_waits", "zh"): Words(
        "待您确认收款 · {amount}",
        "提现 {withdrawal} 的 {amount} 已由微信打款，请在一天内在微信中打开“余额与提现”，"
        "点“确认收款”；逾期将退回。",
        "提现{amount}待您在微信中确认收款，逾期退回。",
        "character_string1={withdrawal}\namount2={amount}",
    ),
    ("transfer_waits", "en"): Words(
        "Confirm the receipt · {amount}",
        "WeChat waits for you to receive {amount} of withdrawal {withdrawal}: open “My money” in WeChat "
        "within a day and press “Confirm the receipt”, or the money goes back.",
        "Confirm the receipt of {amount} in WeChat.",
        "character_string1={withdrawal}\namount2={amount}",
    ),
    ("debt_repaid", "zh"): Words(
        "已收到您的还款 · {amount}",
        "已收到您归还的欠款 {amount}（{words}），尚欠 {left}。",
        "已收到您的还款{amount}，尚欠{left}。",
        "amount1={amount}\namount2={left}",
    ),
    ("debt_repaid", "en"): Words(
        "Your repayment has come · {amount}",
        "You have paid back {amount} of what you owe ({words}); {left} is left.",
        "Repaid: {amount}, {left} left.",
        "amount1={amount}\namount2={left}",
    ),
    ("debt_written_off", "zh"): Words(
        "欠款已核销 · {amount}",
        "平台已核销您的欠款 {amount}，无需归还；尚欠 {left}。",
        "平台已核销您的欠款{amount}，尚欠{left}。",
        "amount1={amount}\namount2={left}",
    ),
    ("debt_written_off", "en"): Words(
        "Your debt is written off · {amount}",
        "{amount} of what you owe is written off and need not be paid back; {left} is left.",
        "Written off: {amount}, {left} left.",
        "amount1={amount}\namount2={left}",
    ),
    ("delayed", "zh"): Words(
        "延期通知 · {round}",
        "提货日期由 {former} 改为 {pickup}：{reason}。已通知下单的居民。",
        "{round}提货日期改为{pickup}：{reason}。",
        "thing1={round}\ndate2={pickup}",
    ),
    ("delayed", "en"): Words(
        "Later · {round}",
        "Pickup moves from {former} to {pickup}: {reason}. The buyers have been told.",
        "{round}: pickup moves to {pickup}.",
        "thing1={round}\ndate2={pickup}",
    ),
    ("residents_short", "zh"): Words(
        "本社区缺货 · {round}",
        "{pickup} 提货：{goods}。涉及 {residents} 位居民，已逐一通知；提货名单上已标明。",
        "{pickup}提货缺货：{goods}。",
        "thing1={round}\nthing2={goods}\nnumber3={residents}",
    ),
    ("residents_short", "en"): Words(
        "Your residents go without · {round}",
        "Pickup on {pickup}: {goods}. Residents concerned: {residents}. They have been told, "
        "and the list of pickups shows who they are.",
        "{pickup}: {goods}.",
        "thing1={round}\nthing2={goods}\nnumber3={residents}",
    ),
    ("rerouted", "zh"): Words(
        "由您发放 · {pickup}",
        "{pickup} 的提货改由您在{place}发放：{reason}。请准备签收，以最新的提货单为准。",
        "{pickup}的提货改由您在{place}发放，请准备签收。",
        "thing1={place}\ndate2={pickup}",
    ),
    ("rerouted", "en"): Words(
        "Yours to hand out · {pickup}",
        "On {pickup} more bags are yours to hand out at {place}: {reason}. Please be there to sign for "
        "them; your sheets have them already.",
        "{pickup}: more bags to hand out at {place}.",
        "thing1={place}\ndate2={pickup}",
    ),
    ("rerouted_away", "zh"): Words(
        "改由他人发放 · {pickup}",
        "{pickup} 的 {orders} 个订单（{bags} 袋）改由{leader}在{place}发放：{reason}。"
        "已通知居民，佣金随之归对方。",
        "{pickup}的{bags}袋改由他人发放，无需签收。",
        "thing1={place}\ndate2={pickup}\nnumber3={bags}",
    ),
    ("rerouted_away", "en"): Words(
        "Handed out by somebody else · {pickup}",
        "On {pickup} {leader} hands out {orders} of your orders ({bags} bags) at {place}: {reason}. The "
        "residents have been told, and the commission of these orders goes there too.",
        "{pickup}: {bags} bags are handed out by somebody else.",
        "thing1={place}\ndate2={pickup}\nnumber3={bags}",
    ),
    ("called_off", "zh"): Words(
        "取消通知 · {round}",
        "本期已取消：{reason}。已通知下单的居民。",
        "{round}已取消：{reason}。",
        "thing1={round}\nthing2={reason}",
    ),
    ("called_off", "en"): Words(
        "Called off · {round}",
        "This round is called off: {reason}. The buyers have been told.",
        "{round} is called off: {reason}.",
        "thing1={round}\nthing2={reason}",
    ),
}
