"""Full-width signs."""

from groupbuy.kernel.width import half_width


def test_what_a_chinese_keyboard_types_becomes_ascii() -> None:
    assert half_width("　￥１２，３．５～ａＺ！") == "¥12,3.5~aZ!"


def test_other_signs_that_mean_digits_stay_what_they_are() -> None:
    assert half_width("5²③٣Ⅳ") == "5²③٣Ⅳ"
