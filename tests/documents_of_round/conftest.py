"""Rounds with orders, closed, and their documents."""

from collections.abc import Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from groupbuy.app.round_folder import write_round
from groupbuy.campaigns.models import Round
from groupbuy.commissions.rules import Rate, Scope, Tier
from groupbuy.config import Settings
from tests import building
from tests.documents_of_round.reading import Read, read_all


class Market:
    """Two suppliers, three leaders of two residents each; any number of rounds."""

    def __init__(self, app: Flask, settings: Settings, folder: Path) -> None:
        self.app, self.settings, self.folder = app, settings, folder
        self.suppliers = [building.add_supplier(f"S{n}", min_order_fen=n * 50_000) for n in range(2)]
        leaders = [building.add_leader(f"L{n}", route=f"城东{n // 2}线") for n in range(3)]
        self.residents = [
            building.add_resident(leaders[n // 2], f"居民{n}", room=f"{n}-201") for n in range(6)
        ]
        building.set_commission(Rate(tiers=(Tier(0, 333), Tier(1_000_000, 777))))
        self.numbers = count(1)

    def close_a_round(
        self, orders: Sequence[tuple[int, Mapping[str, int]]], prices: Sequence[int], least: int
    ) -> Round:
        """Close a round of three products; of the third at least some units are to be sold."""
        number = next(self.numbers)
        products = [
            building.add_product(
                self.suppliers[place % 2],
                f"P{place + 1}-{number}",
                price_fen=price,
                cost_fen=price // 2,
                case_size=place * 5 + 1,
            )
            for place, price in enumerate(prices)
        ]
        building.set_commission(Rate(fixed_fen=7), Scope.PRODUCT, products[1].id)
        offers = {f"P3-{number}": {"min_units": least}}
        round_ = building.add_round(products, f"C{number}", offers=offers)
        for place, wishes in orders:
            quantities = {f"{code}-{number}": units for code, units in wishes.items()}
            building.place(round_, self.residents[place], quantities)
        return building.close(self.app, round_)

    def documents(self, round_: Round) -> list[tuple[dict[str, Any], Read]]:
        """Write the documents of a round and read them back."""
        folder = self.folder / round_.name
        write_round(
            settings=self.settings,
            round_name=round_.name,
            folder=folder,
            suffixes=["xlsx"],
            printed_at=building.NOW,
            note=lambda *_: None,
        )
        return read_all(folder)


@pytest.fixture
def market(app: Flask, settings: Settings, tmp_path: Path) -> Market:
    """Return a market without any round."""
    return Market(app, settings, tmp_path / "documents")
