"""Several differences with a channel's bill settled for one reason, all of them or none."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from operator import itemgetter

from groupbuy.db import db
from groupbuy.flows.settling_bills import About, Wish, checked, settle_found
from groupbuy.kernel.errors import BadInput, NotFound, RuleBroken
from groupbuy.payments.bill_differences import Difference, differences
from groupbuy.payments.models import BillSettlement
from groupbuy.payments.reconciling import lock_bill

MOST = 500
# A difference of a day: its kind and number.
Key = tuple[str, str]


class NotSettled(RuleBroken):
    """Say why none of several was settled; ``refused`` are by kind and number."""

    def __init__(self, refused: Mapping[Key, NotFound | RuleBroken]) -> None:
        sentence = "None of them is settled; look at what is marked."
        super().__init__("not_settled", sentence)
        self.refused = refused


def settle_together(
    *,
    channel: str,
    day: date,
    seen: Collection[Difference],
    deed: str,
    account: str | None,
    reason: str,
    now: datetime,
    actor: str,
) -> Sequence[BillSettlement]:
    """Settle differences of a fetched day as they were looked at; the same again right after is no other.

    Each is judged as alone. Where what they come to, whichever way each goes, is above the limit, all of
    them wait for a second person. Raise BadInput, NotFound for the bill, NotSettled with each that was
    refused; then nothing was done.
    """
    if not 1 <= len(seen) <= MOST:
        raise BadInput("out_of_range", f"Choose between 1 and {MOST} differences.", param="differences")
    wishes = {
        (one.kind, one.number): checked(one.kind, Wish(deed, reason, one.ours_fen, one.theirs_fen, account))
        for one in seen
    }
    with db.session.begin_nested():
        lock_bill(channel=channel, day=day)
        return _settle(channel, day, wishes, now, actor)


def _settle(
    channel: str, day: date, wishes: Mapping[Key, Wish], now: datetime, actor: str
) -> Sequence[BillSettlement]:
    found = {(one.kind, one.number): one for one in differences(channel=channel, day=day)}
    together_fen = sum(abs(found[key].amount_fen) for key in wishes if key in found)
    done, refused = [], dict[Key, NotFound | RuleBroken]()
    for key, wish in sorted(wishes.items(), key=itemgetter(0)):
        about = About(channel, day, *key)
        try:
            row = settle_found(found.get(key), about, wish, together_fen=together_fen, now=now, actor=actor)
        except (NotFound, RuleBroken) as error:
            refused[key] = error
        else:
            done.append(row)
    if refused:
        raise NotSettled(refused)
    return done
