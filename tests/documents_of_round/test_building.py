"""The builder of rounds that other tests stand on."""

from tests import building


def test_a_built_round_closes_with_its_orders(app):
    supplier = building.add_supplier()
    products = [building.add_product(supplier, code) for code in ("P1", "P2")]
    resident = building.add_resident(building.add_leader(), room="3-201")
    round_ = building.add_round(products, offers={"P2": {"min_units": 100}})
    building.place(round_, resident, {"P1": 2, "P2": 1})
    assert building.close(app, round_).state == "closed"
