"""The figures of money are set together with what hangs on them."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from groupbuy.catalog import disposal
from groupbuy.finance import dials
from groupbuy.kernel.errors import BadInput


def set_figures(*, values: Mapping[str, int], now: datetime, actor: str) -> None:
    """Set figures; raise BadInput as ``set_dials`` does, and ``before_disposal``.

    What nobody has scanned must not count as fetched before perishables of it may be disposed of.
    """
    hours = values.get("confirm_hours")
    if hours is not None and hours != dials.hold("confirm_hours"):
        _check_confirmation(hours)
    dials.set_dials(values=values, now=now, actor=actor)


def _check_confirmation(hours: int) -> None:
    longest = (disposal.longest() or timedelta()) // timedelta(hours=1)
    if 0 < hours <= longest:
        raise BadInput(
            "before_disposal",
            f"Perishables wait up to {longest} hours for their disposal: choose more hours, or 0.",
            param="confirm_hours",
        )
