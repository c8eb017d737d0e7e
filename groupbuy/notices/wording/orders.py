"""The words of notices about one's own order."""

from collections.abc import Mapping

from groupbuy.notices.wording.words import Words

ORDERS: Mapping[tuple[str, str], Words] = {
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
    ("perishable", "zh"): Words(
        "生鲜请在 {until} 前提货 · {order}",
        "您的{goods}在{place}等您提货。到 {until} 仍未提的，团长可作处理。",
        "您的{goods}请在{until}前提货。",
        "thing1={place}\ntime2={until}",
    ),
    ("perishable", "en"): Words(
        "Please fetch perishables by {until} · {order}",
        "{goods} wait at {place}. What nobody has fetched by {until} may be disposed of.",
        "Fetch {goods} by {until}.",
        "thing1={place}\ntime2={until}",
    ),
    ("disposed", "zh"): Words(
        "生鲜已处理 · {order}",
        "订单 {order} 的{goods}到时未提，已作处理：{money}。",
        "{goods}到时未提已处理，{money}。",
        "thing1={goods}\nthing2={money}",
    ),
    ("disposed", "en"): Words(
        "Perishables disposed of · {order}",
        "{goods} of order {order} were not fetched in time and have been disposed of: {money}.",
        "{goods} disposed of: {money}.",
        "thing1={goods}\nthing2={money}",
    ),
    ("set_aside", "zh"): Words(
        "已为您留货 · {order}",
        "订单 {order} 在{place}为您留到 {day}，请在当天结束前提货。",
        "订单{order}为您留到{day}。",
        "thing1={place}\ndate2={day}",
    ),
    ("set_aside", "en"): Words(
        "Kept aside for you · {order}",
        "Order {order} is kept aside for you at {place} until {day}.",
        "Order {order} is kept until {day}.",
        "thing1={place}\ndate2={day}",
    ),
    ("to_dispose", "zh"): Words(
        "生鲜到时未提，请决定",
        "有 {count} 单的生鲜到时未提。请在“未提货”页决定处理还是继续保留。",
        "有{count}单生鲜到时未提，请决定。",
        "number1={count}",
    ),
    ("to_dispose", "en"): Words(
        "Decide about perishables nobody fetched",
        "Perishables of {count} orders were not fetched in time. Say on the page Not fetched what becomes "
        "of them.",
        "Perishables of {count} orders: please decide.",
        "number1={count}",
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
    ("case_filled", "zh"): Words(
        "凑箱通知 · {round}",
        "{goods}，正好凑满整箱。共多 {amount}，提货时付清即可。",
        "{goods}，凑满整箱，多{amount}。",
        "thing1={goods}\namount2={amount}",
    ),
    ("case_filled", "en"): Words(
        "A case was filled · {round}",
        "{goods}. That fills the case; {amount} more is to be paid, on pickup at the latest.",
        "{goods}. That fills the case; {amount} more to pay.",
        "thing1={goods}\namount2={amount}",
    ),
    ("freight_shared", "zh"): Words(
        "运费已分摊 · {round}",
        "本期已截单，送到自提点的运费按金额分摊：您分摊 {freight}，含运费共 {amount}，还需付 {due}。",
        "您分摊运费{freight}，共{amount}，还需付{due}。",
        "thing1={round}\namount2={amount}",
    ),
    ("freight_shared", "en"): Words(
        "Freight was shared · {round}",
        "Your share of the delivery to the pickup point is {freight}. With it the goods come to {amount},"
        " of which {due} is still to be paid.",
        "Freight {freight}; {amount} in all, {due} to pay.",
        "thing1={round}\namount2={amount}",
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
    ("invoice_issued", "zh"): Words(
        "发票已开具 · {order}",
        "订单 {order} 的发票已开具，金额 {amount}，发票号码 {number}。可在订单页下载。",
        "订单{order}的发票已开具，可在订单页下载。",
        "character_string1={order}\namount2={amount}",
    ),
    ("invoice_issued", "en"): Words(
        "Invoice issued · {order}",
        "The invoice of order {order} is issued: {amount}, number {number}. It is on the page of the order.",
        "The invoice of order {order} is on its page.",
        "character_string1={order}\namount2={amount}",
    ),
    ("invoice_correcting", "zh"): Words(
        "发票将红冲 · {order}",
        "订单 {order} 在开票后有退款，发票 {number} 将红冲，请勿再用于报销。现在应开金额 {kept}。",
        "订单{order}有退款，发票将红冲，请勿再使用。",
        "character_string1={order}\namount2={kept}",
    ),
    ("invoice_correcting", "en"): Words(
        "Invoice to be taken back · {order}",
        "Money of order {order} went back after its invoice {number} was issued: it will be taken back, "
        "please use it no longer. What you paid and keep is {kept}.",
        "Order {order}: its invoice will be taken back.",
        "character_string1={order}\namount2={kept}",
    ),
    ("invoice_reversed", "zh"): Words(
        "发票已红冲 · {order}",
        "订单 {order} 的发票 {number} 已红冲，红字发票号码 {red}。重新开具后会再通知您，也可在订单页申请。",
        "订单{order}的发票已红冲，详情见订单页。",
        "character_string1={order}\ncharacter_string2={red}",
    ),
    ("invoice_reversed", "en"): Words(
        "Invoice taken back · {order}",
        "The invoice {number} of order {order} is taken back by the red-letter invoice {red}. You are told "
        "of a new one, and can ask for it on the page of the order.",
        "Order {order}: its invoice is taken back.",
        "character_string1={order}\ncharacter_string2={red}",
    ),
    ("invoice_refused", "zh"): Words(
        "发票未能开具 · {order}",
        "订单 {order} 的发票未能开具：{reason}。改正后可在订单页重新申请。",
        "订单{order}的发票未能开具：{reason}。",
        "character_string1={order}\nthing2={reason}",
    ),
    ("invoice_refused", "en"): Words(
        "No invoice · {order}",
        "The invoice of order {order} was not issued: {reason}. You can ask again on the page of the order.",
        "No invoice for order {order}: {reason}.",
        "character_string1={order}\nthing2={reason}",
    ),
}
