"""Totals read back from the files agree with one another and with the report, to the fen and the unit."""

from collections import defaultdict

from hypothesis import given, settings
from hypothesis import strategies as st

from groupbuy.analytics.report import round_report

SALES = ("pickup_sheet", "sorting_list", "pick_list", "matrix")
ORDERS = st.lists(
    st.tuples(
        st.integers(0, 5),
        st.dictionaries(st.sampled_from(["P1", "P2", "P3"]), st.integers(1, 400), min_size=1),
    ),
    min_size=1,
    max_size=12,
)


# Seven fen of each unit are commission, and no commission is above the price.
@given(orders=ORDERS, prices=st.lists(st.integers(7, 99_999), min_size=3, max_size=3), data=st.data())
@settings(max_examples=8)
def test_documents_and_report_agree(market, orders, prices, data):
    round_ = market.close_a_round(orders, prices, data.draw(st.integers(1, 40)))
    report = round_report(round_)
    files = market.documents(round_)
    by_kind, by_owner = defaultdict(list), {}
    for file, found in files:
        assert (found.units, found.amount_fen) == (found.total_units, found.total_amount_fen)
        assert found.units == file["units"]
        assert found.amount_fen in (None, file["amount_fen"])
        by_kind[file["kind"]].append(file)
        by_owner[file["kind"], file.get("leader") or file.get("supplier")] = (
            file["units"],
            file["amount_fen"],
        )
    for kind in SALES if report.orders else ():
        assert sum(file["units"] for file in by_kind[kind]) == report.units
        assert sum(file["amount_fen"] for file in by_kind[kind]) == report.amount_fen
    for leader in report.leaders:
        assert by_owner.pop(("pickup_sheet", leader.code)) == (leader.units, leader.amount_fen)
        assert by_owner.pop(("sorting_list", leader.code)) == (leader.units, leader.amount_fen)
        statement = by_owner.pop(("commission_statement", leader.code))
        assert statement == (leader.units, leader.commission_fen)
    for supplier in report.suppliers:
        assert by_owner.pop(("purchase_order", supplier.code)) == (supplier.units, supplier.cost_fen)
    assert {kind for kind, _ in by_owner} == ({"pick_list", "matrix"} if report.orders else set())
