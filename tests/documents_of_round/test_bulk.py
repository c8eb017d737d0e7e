"""A big round is written by several processes, the same files as by one."""

from groupbuy.app import round_folder
from groupbuy.campaigns.heads import Goods, RoundHead
from groupbuy.leaders.heads import LeaderHead
from groupbuy.orders.by_goods import GoodsTotal, GoodsTotals, LeaderGoods, add_up
from groupbuy.orders.sheets import LEADERS_IN_BLOCK, Place, blocks, matrix_block

HEAD = RoundHead("C1", "周日鲜果日", "11月22日 周日 22:00", "11月23日 周一", "2026-11-22", "C1")


def leader(number: int, route: str) -> LeaderHead:
    return LeaderHead(number, f"L{number}", f"团长{number}", "13900000000", route, "", "")


def files(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_several_processes_write_the_same_files(market, monkeypatch):
    orders = [(place, {"P1": place + 1, "P2": 2}) for place in range(6)]
    round_ = market.close_a_round(orders, [990, 1990, 500], 1)
    market.documents(round_)
    alone = files(market.folder)
    monkeypatch.setattr(round_folder, "FEW", 0)
    market.documents(round_)
    assert files(market.folder) == alone


def test_leaders_are_cut_into_blocks_by_route_in_the_order_of_their_codes():
    leaders = [leader(number, "城东10线" if number % 2 else "城东2线") for number in range(1, 47)]
    cut = blocks([*leaders, leader(99, "")])
    assert [(block[0].route, len(block)) for block in cut] == [
        ("城东2线", LEADERS_IN_BLOCK),
        ("城东2线", 3),
        ("城东10线", LEADERS_IN_BLOCK),
        ("城东10线", 3),
        ("", 1),
    ]
    assert [one.code for one in cut[0][:3]] == ["L2", "L4", "L6"]


def test_a_block_leaves_out_goods_that_nobody_in_it_ordered():
    goods = {n: Goods(n, f"P{n}", f"商品{n}", "", "份", "常温", n) for n in range(3)}
    cells = [
        LeaderGoods(1, 2, 100, 5, 5, 500),
        LeaderGoods(2, 2, 100, 1, 1, 100),
        LeaderGoods(2, 0, 300, 1, 3, 900),
    ]
    sheet = matrix_block(HEAD, [leader(1, ""), leader(2, "")], cells, goods, Place(1, 1, ""))
    assert list(sheet.rows()) == [("P0", "商品0", None, 3, 3, 900), ("P2", "商品2", 5, 1, 6, 600)]


def test_goods_sold_at_two_prices_are_one_row_of_the_matrix():
    goods = {0: Goods(0, "P0", "商品0", "", "份", "常温", 0)}
    cells = [LeaderGoods(1, 0, 100, 1, 5, 500), LeaderGoods(1, 0, 90, 1, 2, 180)]
    sheet = matrix_block(HEAD, [leader(1, "")], cells, goods, Place(1, 1, ""))
    assert list(sheet.rows()) == [("P0", "商品0", 7, 7, 680)]


def test_what_leaders_ordered_at_one_price_is_one_row_of_the_pick_list():
    cells = [
        LeaderGoods(1, 2, 100, 5, 6, 600),
        LeaderGoods(2, 2, 100, 1, 1, 100),
        LeaderGoods(2, 2, 90, 1, 2, 180),
    ]
    totals: GoodsTotals = {}
    add_up(totals, cells[:1])
    add_up(totals, cells[1:])
    assert list(totals.values()) == [GoodsTotal(2, 100, 6, 2, 7, 700), GoodsTotal(2, 90, 1, 1, 2, 180)]
