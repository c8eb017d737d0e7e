"""The words of notices that helpers read."""

from collections.abc import Mapping

from groupbuy.notices.wording.words import Words

HELPERS: Mapping[tuple[str, str], Words] = {
    ("share_paid", "zh"): Words(
        "分成已付 · {amount}",
        "团长{leader}称已付给您分成 {amount}：{proof}。请在“我的分成”确认是否收到。",
        "团长{leader}称已付您分成{amount}，请确认。",
        "thing1={leader}\namount2={amount}",
    ),
    ("share_paid", "en"): Words(
        "Your share was paid · {amount}",
        "{leader} says to have paid you {amount} of your share: {proof}. Please say on “My share” "
        "whether it has come.",
        "{leader} says to have paid you {amount}; please confirm.",
        "thing1={leader}\namount2={amount}",
    ),
}
