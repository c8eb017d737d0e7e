"""What a round's delivery costs is shared over its orders at the cut-off, and their residents are told."""

from datetime import datetime

from groupbuy.campaigns.models import Round
from groupbuy.kernel.money import format_yuan
from groupbuy.notices import telling
from groupbuy.notices.reach import recipient
from groupbuy.notices.rules import RESIDENT
from groupbuy.notices.telling import Notice
from groupbuy.orders import fees


def share(*, round_: Round, now: datetime) -> None:
    """Share the freight of a locked round that closes, and tell who pays a share of it."""
    fees.share_at_close(round_)
    tell_of_shares(round_=round_, now=now)


def tell_of_shares(*, round_: Round, now: datetime) -> None:
    """Tell each resident once what the freight adds, and what all the orders of the round come to."""
    telling.tell(
        (
            Notice(
                f"freight-{round_.id}-{one.resident_id}",
                "freight_shared",
                recipient(RESIDENT, one.resident_id),
                {
                    "round": round_.title,
                    "freight": format_yuan(one.freight_fen),
                    "amount": format_yuan(one.amount_fen),
                    "due": format_yuan(one.due_fen),
                },
            )
            for one in fees.shared_by(round_)
        ),
        now=now,
    )
