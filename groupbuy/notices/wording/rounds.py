"""The words of notices about rounds and what they sell."""

from collections.abc import Mapping

from groupbuy.notices.wording.words import ROUND_TIME, Words

ROUNDS: Mapping[tuple[str, str], Words] = {
    ("opened", "zh"): Words(
        "开团通知 · {round}",
        "{round} 已开团，截单时间 {closes}，提货日期 {pickup}。",
        "{round}已开团，{closes}截单，{pickup}提货。",
        ROUND_TIME,
    ),
    ("opened", "en"): Words(
        "Open now · {round}",
        "{round} is open. Cut-off {closes}, pickup on {pickup}.",
        "{round} is open until {closes}.",
        ROUND_TIME,
    ),
    ("closing_soon", "zh"): Words(
        "即将截单 · {round}",
        "{round} 将于 {closes} 截单，购物车里还有未下单的商品。",
        "{round}将于{closes}截单，购物车里还有未下单的商品。",
        ROUND_TIME,
    ),
    ("closing_soon", "en"): Words(
        "Closing soon · {round}",
        "{round} closes at {closes}, and goods are still in your cart.",
        "{round} closes at {closes}; your cart is not empty.",
        ROUND_TIME,
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
}
