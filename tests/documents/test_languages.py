"""Sheets are put down in Chinese and written in the language of whoever reads them."""

import re
from datetime import date

from babel.messages.pofile import read_po

from groupbuy import paths
from groupbuy.analytics.account_names import WORDS
from groupbuy.analytics.money_report import CAUSES
from groupbuy.documents import csv_files
from groupbuy.documents.days import day_text
from groupbuy.documents.html_data import html_sheet
from groupbuy.documents.languages import all_said, in_readers_language, said, written_in
from groupbuy.documents.sheet import Column, Kind, Sheet, table

SHEET = Sheet(
    "销售单",
    (Column("商品"), Column("金额", Kind.MONEY, total=True)),
    table([("运费", 100)]),
    head=(("客户", "客户"),),
    closing=(("已收款", "¥1.00"),),
    notes=("本单为销售凭据，不是发票。", "菜单"),
    signatures=("审核",),
)


def test_titles_and_labels_follow_the_reader_but_what_people_wrote_stays() -> None:
    with written_in("en"):
        sheet = in_readers_language(SHEET)
        page = html_sheet(SHEET)
        lines = csv_files.csv_for_people(SHEET).decode("utf-8-sig").splitlines()
    assert (sheet.title, [column.title for column in sheet.columns]) == ("Sales note", ["Product", "Amount"])
    assert (sheet.head, sheet.closing) == ([("Customer", "客户")], [("Received", "¥1.00")])
    # A person's own note is left alone, also where it looks like one of ours with a value.
    assert sheet.notes == ["This note proves a sale; it is no invoice.", "菜单"]
    assert (sheet.signatures, sheet.words.total, list(sheet.rows())) == (
        ["Checked by"],
        "Total",
        [("运费", 100)],
    )
    assert (page.title, page.total, page.head) == ("Sales note", "Total", [("Customer: ", "客户")])
    assert lines == ["Product,Amount", "运费,1.00"]


def test_nothing_changes_in_chinese_and_a_sheet_that_is_read_back_never_does() -> None:
    assert in_readers_language(SHEET) is SHEET
    with written_in("en"):
        for title in ("", "长表"):
            back = Sheet(title, SHEET.columns, SHEET.groups)
            assert in_readers_language(back) is back
    assert said("销售") == "销售"


def test_words_with_values_are_said_in_english_only_where_somebody_asks_for_it() -> None:
    with written_in("en"):
        assert said("第 2 / 5 站") == "stop 2 of 5"
        assert said("2026-11-01 至 2026-11-30") == "2026-11-01 to 2026-11-30"
        assert day_text(date(2026, 11, 2)) == "Mon 2 Nov 2026"
    assert day_text(date(2026, 11, 2)) == "11月2日 周一"


def test_accounts_and_causes_of_the_ledger_have_english_words() -> None:
    with written_in("en"):
        words = [*all_said(WORDS).values(), *all_said(CAUSES).values()]
    assert [text for text in words if not text.isascii()] == []


def test_no_text_of_the_english_catalogue_is_chinese_and_all_keep_their_values() -> None:
    with (paths.PACKAGE_DIR / "translations" / "en" / "LC_MESSAGES" / "messages.po").open("rb") as file:
        texts = [(str(text.id), str(text.string)) for text in read_po(file, locale="en") if text.id]
    assert [english for _, english in texts if re.search("[\u4e00-\u9fff]", english)] == []
    holes = [(set(re.findall(r"\{\w+\}", one)), set(re.findall(r"\{\w+\}", other))) for one, other in texts]
    assert [pair for pair in holes if pair[0] != pair[1]] == []
