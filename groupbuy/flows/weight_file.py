"""Weights from a file: one row for each line of an order."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from groupbuy.audit.actor import Actor
from groupbuy.campaigns.models import Round
from groupbuy.documents.faults import Fault, UnreadableTable, of_file
from groupbuy.flows import weighing
from groupbuy.flows.delivery_file import Rows, filled_rows
from groupbuy.flows.weighing import Entry

REQUIRED = ("order_no", "product_code", "grams")
# What the template says beside them for whoever stands at the scale; it is not read.
SHOWN = ("leader", "resident", "product", "pieces", "expected_grams")


def read_weights(table: Rows, *, known: Collection[tuple[str, str]]) -> list[tuple[int, Entry]]:
    """Return the weights of a table with their row numbers; rows without grams are left out.

    ``known`` are the lines by order number and product code. Raise UnreadableTable with every fault.
    """
    for column in REQUIRED:
        if column not in table.headers:
            raise of_file("missing_column", f"The file has no column {column}.")
    for column in table.headers:
        if column not in (*REQUIRED, *SHOWN):
            raise of_file("unknown_column", f"Weights have no column {column}.")
    faults: list[Fault] = []
    first: dict[tuple[str, str], int] = {}
    found = []
    for number, cells in filled_rows(table):
        key = (cells.get("order_no", ""), cells.get("product_code", ""))
        _check(number, key, cells, known, first, faults)
        if cells.get("grams"):
            found.append((number, Entry(*key, cells["grams"])))
    if faults:
        raise UnreadableTable(faults)
    if not found:
        raise of_file("required", "The file has no weights yet.")
    return found


def _check(
    number: int,
    key: tuple[str, str],
    cells: Mapping[str, str],
    known: Collection[tuple[str, str]],
    first: dict[tuple[str, str], int],
    faults: list[Fault],
) -> None:
    if key not in known:
        faults.append(Fault(number, "order_no", "unknown_line", "This order has no such weighed goods."))
    elif cells.get("grams") and first.setdefault(key, number) != number:
        faults.append(Fault(number, "grams", "duplicate", f"Row {first[key]} weighs this line already."))


def enter_rows(
    *,
    round_: Round,
    rows: Sequence[tuple[int, Entry]],
    layouts: Sequence[str],
    now: datetime,
    actor: Actor,
    sure: bool = False,
) -> int:
    """Enter the weights of a file's rows, all or none; return how many are new.

    Raise UnreadableTable with every row that is refused, and what ``weighing.enter_weights`` raises.
    """
    entries = [entry for _number, entry in rows]
    errors = weighing.refused(round_=round_, entries=entries, layouts=layouts, sure=sure)
    if errors:
        raise UnreadableTable(
            [
                Fault(rows[place][0], error.param or "grams", error.code, error.message)
                for place, error in errors.items()
            ]
        )
    return weighing.enter_weights(
        round_=round_, entries=entries, layouts=layouts, now=now, actor=actor, from_file=True, sure=sure
    )
