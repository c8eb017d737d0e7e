"""The words of notices while nobody has written others: by event, role, language and channel."""

from collections.abc import Mapping
from dataclasses import dataclass

from groupbuy.notices.rules import LEADER, SMS, WECHAT


@dataclass(frozen=True, slots=True)
class Words:
    """A subject and a body for page and mail, a short text for phones, and the fields of WeChat."""

    subject: str
    body: str
    short: str
    fields: str

    def of(self, channel: str) -> tuple[str, str]:
        """Return subject and body for a channel; WeChat's template has to be named by the operator."""
        if channel == SMS:
            return "", self.short
        if channel == WECHAT:
            return "", self.fields
        return self.subject, self.body


_ROUND_TIME = "thing1={round}\ntime2={closes}"
_BOTH: Mapping[tuple[str, str], Words] = {
    ("opened", "zh"): Words(
        "开团通知 · {round}",
        "{round} 已开团，截单时间 {closes}，提货日期 {pickup}。",
        "{round}已开团，{closes}截单，{pickup}提货。",
        _ROUND_TIME,
    ),
    ("opened", "en"): Words(
        "Open now · {round}",
        "{round} is open. Cut-off {closes}, pickup on {pickup}.",
        "{round} is open until {closes}.",
        _ROUND_TIME,
    ),
    ("closing_soon", "zh"): Words(
        "即将截单 · {round}",
        "{round} 将于 {closes} 截单，购物车里还有未下单的商品。",
        "{round}将于{closes}截单，购物车里还有未下单的商品。",
        _ROUND_TIME,
    ),
    ("closing_soon", "en"): Words(
        "Closing soon · {round}",
        "{round} closes at {closes}, and goods are still in your cart.",
        "{round} closes at {closes}; your cart is not empty.",
        _ROUND_TIME,
    ),
    ("price_changed", "zh"): Words(
        "价格变动 · {round}",
        "{goods} 的价格由 {former} 改为 {price}；已下的订单价格不变。",
        "{goods}的价格由{former}改为{price}，已下的订单不变。",
        "thing1={goods}\namount2={price}",
    ),
    ("price_changed", "en"): Words(
        "Price changed · {round}",
        "{goods} now costs {price} instead of {former}; orders placed already keep their price.",
        "{goods}: now {price}, was {former}.",
        "thing1={goods}\namount2={price}",
    ),
    ("below_threshold", "zh"): Words(
        "未成团通知 · {round}",
        "{goods} 未成团，已取消，已付的将退还。",
        "{goods}未成团，已取消，已付的将退还。",
        "thing1={round}\nthing2={goods}",
    ),
    ("below_threshold", "en"): Words(
        "Too few orders · {round}",
        "Too few people ordered {goods}: it is cancelled, and what was paid is given back.",
        "Cancelled, too few orders: {goods}.",
        "thing1={round}\nthing2={goods}",
    ),
    ("shipped", "zh"): Words(
        "发货通知",
        "您的商品已发车，将送到{place}。送达后会再通知您。",
        "您的商品已发车，将送到{place}。",
        "thing1={place}",
    ),
    ("shipped", "en"): Words(
        "On the way",
        "Your goods have left for {place}. You will be told when they are there.",
        "Your goods have left for {place}.",
        "thing1={place}",
    ),
    ("arrived", "zh"): Words(
        "到货通知",
        "您的商品已到{place}，请凭提货码提货，提货时间 {hours}。",
        "您的商品已到{place}，提货时间{hours}。",
        "thing1={place}\nthing2={hours}",
    ),
    ("arrived", "en"): Words(
        "Ready for pickup",
        "Your goods are at {place}. Please fetch them with your pickup code, {hours}.",
        "Your goods are at {place}, {hours}.",
        "thing1={place}\nthing2={hours}",
    ),
    ("not_picked_up", "zh"): Words(
        "请尽快提货 · {round}",
        "您的商品已到自提点：{place}（{hours}）。",
        "您的商品在{place}等您提货（{hours}）。",
        "thing1={place}\nthing2={hours}",
    ),
    ("not_picked_up", "en"): Words(
        "Please pick up · {round}",
        "Your goods are waiting at {place} ({hours}).",
        "Your goods wait at {place}, {hours}.",
        "thing1={place}\nthing2={hours}",
    ),
    ("short", "zh"): Words(
        "缺货通知 · {round}",
        "{goods}。共少收 {amount}，已付的将退还。",
        "{goods}，少收{amount}，已付的将退还。",
        "thing1={goods}\namount2={amount}",
    ),
    ("short", "en"): Words(
        "Short delivery · {round}",
        "{goods}. You pay {amount} less; what was paid is given back.",
        "{goods}. You pay {amount} less.",
        "thing1={goods}\namount2={amount}",
    ),
    ("substituted", "zh"): Words(
        "换货通知 · {round}",
        "{goods}。共少收 {amount}，已付的将退还。",
        "{goods}，少收{amount}。",
        "thing1={goods}\namount2={amount}",
    ),
    ("substituted", "en"): Words(
        "Something else instead · {round}",
        "{goods}. You pay {amount} less; what was paid is given back.",
        "{goods}. You pay {amount} less.",
        "thing1={goods}\namount2={amount}",
    ),
    ("weighed", "zh"): Words(
        "称重结算 · {round}",
        "{goods}。{difference}。",
        "{goods}，{difference}。",
        "thing1={goods}\nthing2={difference}",
    ),
    ("weighed", "en"): Words(
        "Settled by weight · {round}",
        "{goods}. {difference}.",
        "{goods}. {difference}.",
        "thing1={goods}\nthing2={difference}",
    ),
    ("refunded", "zh"): Words(
        "退款通知 · {order}",
        "订单 {order} 已退款 {amount}：{reason}。",
        "订单{order}已退款{amount}。",
        "character_string1={order}\namount2={amount}",
    ),
    ("refunded", "en"): Words(
        "Paid back · {order}",
        "{amount} was paid back on order {order}: {reason}.",
        "{amount} was paid back on order {order}.",
        "character_string1={order}\namount2={amount}",
    ),
    ("delayed", "zh"): Words(
        "延期通知 · {round}",
        "提货日期由 {former} 改为 {pickup}：{reason}。到货前可免费取消。",
        "{round}提货日期改为{pickup}：{reason}。",
        "thing1={round}\ndate2={pickup}",
    ),
    ("delayed", "en"): Words(
        "Later · {round}",
        "Pickup moves from {former} to {pickup}: {reason}. Until the goods come you may cancel for free.",
        "{round}: pickup moves to {pickup}.",
        "thing1={round}\ndate2={pickup}",
    ),
    ("split", "zh"): Words(
        "分批到货通知",
        "订单 {order} 的{goods}改为 {pickup} 提货（原 {former}），提货码 {code}，其余商品照常。",
        "{goods}改为{pickup}提货，提货码{code}。",
        "thing1={goods}\ndate2={pickup}",
    ),
    ("split", "en"): Words(
        "Part of your order comes later",
        "{goods} of order {order} can be picked up on {pickup} instead of {former}, with the code {code}.",
        "{goods}: pickup {pickup}, code {code}.",
        "thing1={goods}\ndate2={pickup}",
    ),
    ("rerouted", "zh"): Words(
        "提货点变更通知",
        "{pickup} 的提货点改为：{place}（{leader}，{hours}）。{reason}。提货码 {code}。",
        "{pickup}改在{place}提货，提货码{code}。",
        "thing1={place}\ndate2={pickup}",
    ),
    ("rerouted", "en"): Words(
        "Another pickup point",
        "On {pickup} goods are handed out at {place} ({leader}, {hours}): {reason}. Code: {code}.",
        "{pickup}: pickup at {place}, code {code}.",
        "thing1={place}\ndate2={pickup}",
    ),
    ("called_off", "zh"): Words(
        "取消通知 · {round}",
        "本期已取消：{reason}。已付的将全部退还。",
        "{round}已取消：{reason}。已付的将退还。",
        "thing1={round}\nthing2={reason}",
    ),
    ("called_off", "en"): Words(
        "Called off · {round}",
        "This round is called off: {reason}. Everything that was paid is given back.",
        "{round} is called off: {reason}.",
        "thing1={round}\nthing2={reason}",
    ),
    ("after_sale", "zh"): Words(
        "售后{state} · {case}",
        "您的售后申请{state}。{answer}",
        "您的售后申请{case}{state}。",
        "character_string1={case}\nthing2={state}",
    ),
    ("after_sale", "en"): Words(
        "After-sale case {state} · {case}",
        "Your after-sale case is {state}. {answer}",
        "Your after-sale case {case} is {state}.",
        "character_string1={case}\nthing2={state}",
    ),
    ("parcel", "zh"): Words(
        "快递已寄出 · {order}",
        "您的订单 {order} 已交给{carrier}，单号 {tracking}。",
        "订单{order}已交{carrier}，单号{tracking}。",
        "character_string1={order}\nthing2={carrier}\ncharacter_string3={tracking}",
    ),
    ("parcel", "en"): Words(
        "Sent by courier · {order}",
        "Your order {order} is with {carrier} under the number {tracking}.",
        "Order {order} is with {carrier}, number {tracking}.",
        "character_string1={order}\nthing2={carrier}\ncharacter_string3={tracking}",
    ),
    ("lot_claim", "zh"): Words(
        "请检查 {goods}",
        "您买的{goods}这一批可能有问题，请检查，并在 {until} 前到订单页告诉我们有几件坏了。索赔号 {claim}。",
        "您买的{goods}可能有问题，请在{until}前到订单页告知坏了几件。",
        "thing1={goods}\ntime2={until}",
    ),
    ("lot_claim", "en"): Words(
        "Please look at {goods}",
        "The {goods} that you bought may be bad. Look at yours and tell us on the page of your order "
        "until {until} how many are. Claim {claim}.",
        "Check {goods}: tell us by {until} what is bad.",
        "thing1={goods}\ntime2={until}",
    ),
}
_LEADER: Mapping[tuple[str, str], Words] = {
    ("closing_soon", "zh"): Words(
        "即将截单 · {round}",
        "{round} 将于 {closes} 截单，可再提醒一次社区居民。",
        "{round}将于{closes}截单。",
        _ROUND_TIME,
    ),
    ("closing_soon", "en"): Words(
        "Closing soon · {round}",
        "{round} closes at {closes}; remind your community once more.",
        "{round} closes at {closes}.",
        _ROUND_TIME,
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


def usual(event: str, role: str, channel: str, language: str) -> tuple[str, str]:
    """Return the subject and the body of a notice as the house words it."""
    own = _LEADER.get((event, language)) if role == LEADER else None
    return (own or _BOTH[event, language]).of(channel)
