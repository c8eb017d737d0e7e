"""What a text may hold, how it is made to fit its channel, and when text messages wait."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groupbuy.kernel.errors import BadInput
from groupbuy.notices import choices, fitting, rules, wording

ZONE = ZoneInfo("Asia/Shanghai")


@given(
    goods=st.text(min_size=0, max_size=120),
    amount=st.text(min_size=0, max_size=40),
    most=st.integers(min_value=20, max_value=70),
)
def test_a_text_always_fits_whatever_its_values(goods: str, amount: str, most: int) -> None:
    text = fitting.fitted("{goods}少收{amount}，将退还。", {"goods": goods, "amount": amount}, most)
    assert len(text) <= most
    assert text.endswith("，将退还。")


def test_the_longest_value_gives_way_and_short_ones_stay_whole() -> None:
    values = {"goods": "红富士苹果5斤装产地直发新鲜采摘脆甜多汁", "amount": "¥29.90"}
    assert fitting.fitted("{goods}少收{amount}", values, 20) == "红富士苹果5斤装产地直…少收¥29.90"


def test_a_value_is_never_read_for_placeholders() -> None:
    assert fitting.fill("{goods}: {amount}", {"goods": "{amount}", "amount": "¥1"}) == "{amount}: ¥1"


def test_the_words_of_the_house_are_fit_to_be_saved() -> None:
    for event, role, channel in choices.cells():
        for language in rules.LANGUAGES:
            fitting.check_text(event, channel, *wording.usual(event, role, channel, language))


@pytest.mark.parametrize(
    ("channel", "subject", "body", "code"),
    [
        ("page", "{rounds}", "x", "unknown_placeholder"),
        ("page", "x", "{round} {", "unknown_placeholder"),
        ("page", "", "x", "required"),
        ("sms", "", "码" * 53 + "{round}", "too_long"),
        ("wechat", "T1", "{round}", "malformed_field"),
        ("wechat", "T1", "thing1={round}\nthing1={closes}", "malformed_field"),
        ("wechat", "T1", "thing1={round}的开团时间和提货时间都在这里说明", "too_long"),
        ("wechat", "T1", "phrase1=已经开团了啊", "too_long"),
        ("wechat", "T1", "character_string1=" + "7" * 33, "too_long"),
    ],
)
def test_a_text_its_channel_cannot_carry_is_refused(channel: str, subject: str, body: str, code: str) -> None:
    with pytest.raises(BadInput) as refused:
        fitting.check_text("opened", channel, subject, body)
    assert refused.value.code == code


def test_a_field_of_wechat_holds_what_its_kind_holds() -> None:
    values = {"state": "已同意，等待下一期", "case": "7" * 30, "answer": "好" * 30}
    values["money"] = "¥1,234.50"
    text = ("T1", "phrase1={state}\ncharacter_string2={case}\nthing3={answer}\namount4={money}")
    _, body = fitting.shown("wechat", text, values)
    assert body.splitlines() == [
        "phrase1=已同意，…",
        "character_string2=" + "7" * 30,
        "thing3=" + "好" * 19 + "…",
        "amount4=¥1234.50",
    ]


@pytest.mark.parametrize(
    ("at", "ends"),
    [
        # 22:30 and 07:59 in Shanghai lie in the night of 22:00–08:00, 08:00 and 21:59 do not.
        (datetime(2026, 11, 22, 14, 30, tzinfo=UTC), datetime(2026, 11, 23, 0, 0, tzinfo=UTC)),
        (datetime(2026, 11, 22, 23, 59, tzinfo=UTC), datetime(2026, 11, 23, 0, 0, tzinfo=UTC)),
        (datetime(2026, 11, 23, 0, 0, tzinfo=UTC), None),
        (datetime(2026, 11, 22, 13, 59, tzinfo=UTC), None),
    ],
)
def test_the_quiet_hours_go_over_midnight(at: datetime, ends: datetime | None) -> None:
    assert rules.quiet_until(at, ZONE, 22, 8) == ends


@given(st.integers(min_value=0, max_value=366 * 24 * 3600))
def test_quiet_hours_always_end_later_and_within_their_length(seconds: int) -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    ends = rules.quiet_until(at, ZONE, 22, 8)
    assert ends is None or timedelta() < ends - at <= timedelta(hours=10)
    assert rules.quiet_until(at, ZONE, 5, 5) is None
