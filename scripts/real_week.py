"""Turn a week or the year of real grocery baskets into the files that ``groupbuy import`` reads.

A household's most used store is its community and leader, a manufacturer is a supplier, a basket is
an order, a week is a campaign with one round. Prices are medians of what was paid before discounts,
a dollar for a yuan. What the baskets do not tell (costs, cases, limits, commissions, people) is
invented in the same way each time.
"""

import argparse
import csv
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median

import invented
from baskets import Article, Line, draw, read_articles, read_lines, stores_of_households

LEADERS = 100
WEEKS = range(1, 54)
FIRST_MONDAY = datetime(2016, 12, 26)  # noqa: DTZ001 - a day of the shop's calendar, not a moment
UNKNOWN = Article()
CASE_SIZES = (1, 6, 8, 10, 12, 20, 24)
MINIMUMS = ("", "50.00", "100.00", "300.00")
CATEGORIES = {
    "GROCERY": "粮油副食",
    "FROZEN GROCERY": "冷冻食品",
    "PRODUCE": "蔬菜水果",
    "MEAT": "肉禽",
    "MEAT-PCKGD": "肉制品",
    "SEAFOOD": "水产",
    "SEAFOOD-PCKGD": "水产制品",
    "DELI": "熟食",
    "PASTRY": "烘焙",
    "DRUG GM": "日用百货",
    "COSMETICS": "个人护理",
    "NUTRITION": "营养健康",
    "FLORAL": "鲜花绿植",
}
Row = tuple[str | int, ...]
HEADS = {
    "suppliers": "code,name,contact,phone,email,min_order_yuan",
    "products": "code,name,category,supplier_code,unit,case_size,cost_yuan,price_yuan,spec",
    "leaders": "code,name,phone,community,address,route,commission_percent",
    "residents": "code,name,phone,leader_code,room,building",
    "offers": "campaign_code,campaign_name,opens_at,closes_at,pickup_date,product_code,price_yuan,"
    "limit_units,per_buyer_limit,min_units",
    "orders": "order_ref,campaign_code,resident_code,placed_at,product_code,quantity",
}


def main() -> None:
    """Write the files and say how large they are."""
    options = _arguments()
    options.out.mkdir(parents=True, exist_ok=True)
    articles = read_articles()
    homes = stores_of_households(LEADERS)
    counts = _write(options.out, "leaders", leader_rows(homes))
    counts += _write(options.out, "residents", resident_rows(homes))
    worths: dict[int, list[float]] = defaultdict(list)
    for week in WEEKS[: options.weeks] if options.year else [options.week]:
        suffix = f"-{week:02d}" if options.year else ""
        lines = read_lines(week, articles)
        for line in lines:
            worths[line.product].append(line.worth_cents / line.quantity)
        counts += _write(options.out, "offers", offer_rows(week, lines), suffix)
        counts += _write(options.out, "orders", order_rows(week, lines), suffix)
    prices = {product: middle(unit_worths) for product, unit_worths in sorted(worths.items())}
    counts += _write(options.out, "products", product_rows(prices, articles))
    counts += _write(options.out, "suppliers", supplier_rows(prices, articles))
    print(", ".join(f"{rows:,} rows of {kind}" for kind, rows in counts.items()), f"in {options.out}")


def leader_rows(homes: dict[int, int]) -> Iterator[Row]:
    """Yield a leader for each store that is somebody's most used one; some rates end in a half percent."""
    for order, store in enumerate(sorted(set(homes.values()))):
        estate = invented.community(order)
        address = f"{estate} {invented.building('leader', store)} {invented.door('leader', store)}"
        percent = f"{(draw('commission', store, 15) + 10) / 2:g}"
        name, phone = invented.person("leader", store), invented.phone("leader", order)
        yield _leader(store), name, phone, estate, address, f"{draw('route', store, 8) + 1}号线", percent


def resident_rows(homes: dict[int, int]) -> Iterator[Row]:
    """Yield a resident for each household."""
    for order, (household, store) in enumerate(homes.items()):
        name, phone = invented.person("resident", household), invented.phone("resident", order)
        building = invented.building("resident", household)
        yield (
            _resident(household),
            name,
            phone,
            _leader(store),
            invented.door("resident", household),
            building,
        )


def supplier_rows(prices: dict[int, int], articles: dict[int, Article]) -> Iterator[Row]:
    """Yield a supplier for each manufacturer of these products."""
    makers = sorted({articles.get(product, UNKNOWN).manufacturer for product in prices})
    for order, maker in enumerate(makers):
        contact, phone = invented.person("supplier", maker), invented.phone("supplier", order)
        minimum = MINIMUMS[draw("minimum", maker, len(MINIMUMS))]
        yield _supplier(maker), invented.firm(maker), contact, phone, f"s{maker}@example.com", minimum


def product_rows(prices: dict[int, int], articles: dict[int, Article]) -> Iterator[Row]:
    """Yield the products; their cost is 60 to 84 percent of the price."""
    for product, price in prices.items():
        article = articles.get(product, UNKNOWN)
        cost = max(1, price * (60 + draw("cost", product, 25)) // 100)
        yield (
            _product(product),
            f"{article.kind or article.category or '其他商品'} {product}",
            CATEGORIES.get(article.department, "其他"),
            _supplier(article.manufacturer),
            "件",
            CASE_SIZES[draw("case", product, len(CASE_SIZES))],
            yuan(cost),
            yuan(price),
            article.size,
        )


def offer_rows(week: int, lines: list[Line]) -> Iterator[Row]:
    """Yield what the week offers; no limit refuses an order, a few thresholds are missed."""
    opens = FIRST_MONDAY + timedelta(weeks=week - 1)
    round_of_week = (campaign(week), f"第{week}周社区团购", f"{opens:%Y-%m-%d} 00:00")
    last_day = opens + timedelta(days=6)
    ends = (f"{last_day:%Y-%m-%d} 24:00", f"{last_day + timedelta(days=2):%Y-%m-%d}")
    worths: dict[int, list[float]] = defaultdict(list)
    units: Counter[int] = Counter()
    by_buyer: dict[int, Counter[int]] = defaultdict(Counter)
    for line in lines:
        worths[line.product].append(line.worth_cents / line.quantity)
        units[line.product] += line.quantity
        by_buyer[line.product][line.household] += line.quantity
    for product in sorted(worths):
        limits = _limits(week * 100_000_000 + product, units[product], max(by_buyer[product].values()))
        yield *round_of_week, *ends, _product(product), yuan(middle(worths[product])), *limits


def _limits(number: int, sold: int, largest_buyer: int) -> Row:
    """Return stock limit and per-buyer limit, both large enough, and threshold, one in 200 too high."""
    stock = sold + draw("stock", number, 50) if draw("limited", number, 5) == 0 else ""
    buyer = largest_buyer + draw("buyer", number, 5) if draw("per buyer", number, 10) == 0 else ""
    threshold = draw("threshold", number, 200)
    if threshold == 0:
        return stock, buyer, sold + 1 + draw("missed by", number, 20)
    return stock, buyer, (sold + 1) // 2 if threshold < 10 else ""


def order_rows(week: int, lines: list[Line]) -> Iterator[Row]:
    """Yield the order lines; an order is placed when the basket was paid."""
    for line in lines:
        placed_at = f"{line.bought_at:%Y-%m-%d %H:%M:%S}"
        order, buyer = f"B{line.basket}", _resident(line.household)
        yield order, campaign(week), buyer, placed_at, _product(line.product), line.quantity


def campaign(week: int) -> str:
    """Return the code of the week's campaign, which is also its round's name."""
    return f"W{week:02d}"


def middle(unit_worths: list[float]) -> int:
    """Return the median in fen, half up, at least 1."""
    return max(1, int(median(unit_worths) + 0.5))


def yuan(fen: int) -> str:
    """Return fen as yuan with two decimals."""
    return f"{fen // 100}.{fen % 100:02d}"


def _leader(store: int) -> str:
    return f"L{store:05d}"


def _resident(household: int) -> str:
    return f"R{household:04d}"


def _supplier(maker: int) -> str:
    return f"S{maker:04d}"


def _product(product: int) -> str:
    return f"P{product}"


def _write(folder: Path, kind: str, rows: Iterable[Row], suffix: str = "") -> Counter[str]:
    with (folder / f"{kind}{suffix}.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADS[kind].split(","))
        count = 0
        for row in rows:
            writer.writerow(row)
            count += 1
    return Counter({kind: count})


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/real_week", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder for the files")
    parser.add_argument("--week", type=int, choices=WEEKS, default=52, metavar="1-53", help="default 52")
    parser.add_argument("--year", action="store_true", help="all weeks, as offers-NN.csv and orders-NN.csv")
    parser.add_argument("--weeks", type=int, choices=WEEKS, default=53, metavar="1-53", help="only the first")
    return parser.parse_args()


if __name__ == "__main__":
    main()
