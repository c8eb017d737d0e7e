"""A table written by hand carries its titles in its cells, for the cards of a phone."""

from markupsafe import Markup, escape

from groupbuy.web.kit.cards import cards

TABLE = """<table class="table goods">
<thead><tr><th scope="col">Code</th><th scope="col" class="num">Say "how" <b>many</b></th>
<th scope="col">Note</th></tr></thead>
<tbody><tr><td class="nowrap">A1</td><td class="num">{}</td><td></td></tr></tbody>
<tfoot><tr><th scope="row" colspan="2">Total</th><td class="name">9 <svg></svg></td></tr></tfoot></table>"""


def shown_with(units: object) -> Markup:
    # The text is a template's, as this one is.
    return cards(Markup(TABLE.format(units)))  # noqa: S704


def test_each_cell_knows_what_stands_above_it() -> None:
    shown = shown_with(7)
    assert '<td role="cell" data-label="Code" class="card-head nowrap"><div>A1</div></td>' in shown
    assert '<td role="cell" data-label="Say &quot;how&quot; many" class="num"><div>7</div></td>' in shown
    assert '<td role="cell" data-label="Note" class="blank"><div></div></td>' in shown


def test_a_cell_over_several_columns_has_no_title_and_the_next_keeps_its_own() -> None:
    shown = shown_with(7)
    assert '<th role="rowheader" data-label="" scope="row" colspan="2"><div>Total</div></th>' in shown
    assert '<td role="cell" data-label="Note" class="card-head name"><div>9 <svg></svg></div></td>' in shown


def test_the_table_keeps_its_roles_and_its_classes() -> None:
    shown = shown_with(7)
    assert '<table role="table" class="table table-cards goods">' in shown
    assert shown.count('role="columnheader"') == 3
    assert shown.count('role="rowgroup"') == 3
    assert shown.count('role="row"') == 3


def test_what_people_typed_stays_as_escaped_as_it_was() -> None:
    typed = escape('</td><script>"\\1"</script>')
    assert f"<div>{typed}</div>" in shown_with(typed)


def test_a_table_without_a_head_stays_as_it_is() -> None:
    plain = Markup('<table class="table"><tbody><tr><td>1</td></tr></tbody></table>')
    assert cards(plain) == plain
