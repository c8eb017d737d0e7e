"""Import files of any size, the same on every run."""

import csv
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

CODE = "BENCH"
OPENS, CLOSES, PICKUP = "2026-11-22 08:00", "2026-11-22 22:00", "2026-11-23"
PLACED = "2026-11-22 12:00:00"


@dataclass(frozen=True)
class Size:
    """How much to make; every leader has ten residents."""

    leaders: int
    orders: int
    lines: int
    products: int = 300
    suppliers: int = 30
    opens: str = OPENS
    closes: str = CLOSES

    @property
    def residents(self) -> int:
        """Return the number of residents."""
        return self.leaders * 10


def write_files(size: Size, folder: Path) -> None:
    """Write the six import files of a round into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / "suppliers.csv", "code,name,contact,phone,email,min_order_yuan", _suppliers(size))
    product_columns = "code,name,category,supplier_code,unit,case_size,cost_yuan,price_yuan"
    _write(folder / "products.csv", product_columns, _products(size))
    _write(
        folder / "leaders.csv", "code,name,phone,community,address,route,commission_percent", _leaders(size)
    )
    _write(folder / "residents.csv", "code,name,phone,leader_code,room", _residents(size))
    offer_columns = (
        "campaign_code,campaign_name,opens_at,closes_at,pickup_date,product_code,price_yuan,"
        "limit_units,per_buyer_limit,min_units"
    )
    _write(folder / "offers.csv", offer_columns, _offers(size))
    order_columns = "order_ref,campaign_code,resident_code,placed_at,product_code,quantity"
    _write(folder / "orders.csv", order_columns, _orders(size))


def _write(path: Path, header: str, rows: Iterable[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header.split(","))
        writer.writerows(rows)


def _suppliers(size: Size) -> Iterator[Sequence[object]]:
    for number in range(size.suppliers):
        yield (f"S{number:03}", f"供应商{number}", "", "", "", "")


def _products(size: Size) -> Iterator[Sequence[object]]:
    for number in range(size.products):
        price = 300 + number * 37 % 4700
        supplier, case = f"S{number % size.suppliers:03}", 1 + number % 24
        cost = f"{price * 7 // 10 / 100:.2f}"
        yield (
            f"P{number:05}",
            f"商品{number} 约500g",
            f"品类{number % 12}",
            supplier,
            "份",
            case,
            cost,
            f"{price / 100:.2f}",
        )


def _leaders(size: Size) -> Iterator[Sequence[object]]:
    for number in range(size.leaders):
        rate = f"{8 + number % 9 / 2}"
        phone = f"138{number:08}"
        yield (
            f"L{number:04}",
            f"团长{number}",
            phone,
            f"小区{number}",
            f"{number}号楼1层",
            f"R{number // 20:02}",
            rate,
        )


def _residents(size: Size) -> Iterator[Sequence[object]]:
    for number in range(size.residents):
        room = f"{1 + number % 20}-{1 + number % 4}-{100 + number % 30}"
        yield (f"R{number:06}", f"居民{number}", f"139{number:08}", f"L{number % size.leaders:04}", room)


def _offers(size: Size) -> Iterator[Sequence[object]]:
    for number in range(size.products):
        price = f"{(300 + number * 37 % 4700) / 100:.2f}"
        yield (CODE, "大团", size.opens, size.closes, PICKUP, f"P{number:05}", price, "", "", "")


def _orders(size: Size) -> Iterator[Sequence[object]]:
    chance = random.Random(20261122)
    rest = size.lines
    for number in range(size.orders):
        average = rest / (size.orders - number)
        count = max(1, min(size.products, round(chance.uniform(0.5, 1.5) * average)))
        if number == size.orders - 1:
            count = max(1, min(size.products, rest))
        rest -= count
        resident = f"R{chance.randrange(size.residents):06}"
        for product in chance.sample(range(size.products), count):
            yield (f"O{number:07}", CODE, resident, PLACED, f"P{product:05}", chance.randint(1, 3))
