"""What a channel's calls are answered, and what a forgery of one looks like."""

from collections.abc import Sequence
from dataclasses import replace

from groupbuy.payments.simulator.serving import Call

# A call: what is sent, and the statuses that are right for it.
Sent = tuple[Call, frozenset[int]]
TAKEN, FORGED, STRANGE = frozenset({204}), frozenset({401}), frozenset({404})


def forgeries(true: Call, old: Call) -> Sequence[Call]:
    """Return calls that are not genuine: an old one, changed ones, and ones that somebody else has signed."""
    return [
        old,
        replace(true, body=true.body[:-1]),
        replace(true, body=true.body.replace(b'"id"', b'"ID"')),
        replace(true, headers={**true.headers, "Wechatpay-Serial": "A" * 40}),
        replace(true, headers={**true.headers, "Wechatpay-Signature": "QUJD"}),
    ]
