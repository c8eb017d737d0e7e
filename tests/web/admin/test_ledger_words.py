"""The ledger's pages say what its accounts and causes are in the reader's language."""

from flask import Flask

from groupbuy.analytics.account_names import WORDS
from groupbuy.analytics.money_report import CAUSES
from groupbuy.web.admin.ledger_words import NAMES, all_in_words, in_words


def test_every_account_and_cause_has_words_which_are_the_ledgers_own_in_chinese(app: Flask) -> None:
    with app.test_request_context("/"):
        for names in (WORDS, CAUSES):
            assert all_in_words(names) == dict(names)
        assert {text: str(name) for text, name in NAMES.items()} == {text: text for text in NAMES}
        assert (in_words("居民余额 R0001"), in_words("channel:other")) == ("居民余额 R0001", "channel:other")


def test_none_of_them_is_chinese_in_english(app: Flask) -> None:
    with app.test_request_context("/?lang=en"):
        words = [*all_in_words(WORDS).values(), *all_in_words(CAUSES).values(), *map(str, NAMES.values())]
        assert [text for text in words if not text.isascii()] == []
        assert in_words("居民余额 R0001") == "Wallet of resident R0001"
