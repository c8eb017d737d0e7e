"""The shapes of channels' bills: days, differences, and what was done about them."""

from typing import Annotated, Literal

from pydantic import Field

from groupbuy.api.v1.shapes import Page, ProblemDetail, Shape
from groupbuy.flows import settling_bills, settling_bills_together
from groupbuy.http.reading import Body, Query, Text
from groupbuy.kernel.money import MAX_FEN

Channel = Literal["wechat", "alipay"]
Kind = Literal["pay", "refund"]
Deed = Literal["explain", "book", "receive"]
Against = Literal["differences", "held"]
# Fen of one of the books; null is not there at all.
Said = Annotated[int, Field(strict=True, ge=-MAX_FEN, le=MAX_FEN)] | None

Reason = Annotated[Text, Field(min_length=1, max_length=settling_bills.MAX_REASON)]


class ChannelBillQuery(Page):
    """Which days; all that were fetched."""


class ChannelBillShape(Shape):
    """A day of a channel's book: when it was fetched, and on how many numbers it differs from ours."""

    channel: Channel
    day: str
    fetched_at: str
    differences: int


class ChannelBillsShape(Shape):
    """A page of days, the latest first."""

    items: list[ChannelBillShape]
    next_cursor: str | None


class MissingBillQuery(Query):
    """Which month, such as 2026-11; this one, if none is named."""

    month: Annotated[str, Field(max_length=7)] | None = None


class MissingBillShape(Shape):
    """A day whose bill was not fetched: how far its fetching is, what went wrong, and when it is tried again.

    ``unasked``: nobody has asked for it; ``queued``: it is being fetched; ``again``: it is tried again by
    itself; ``failed``: it was given up.
    """

    channel: Channel
    day: str
    state: Literal["unasked", "queued", "again", "failed"]
    error: str | None
    next_at: str | None


class MissingBillsShape(Shape):
    """The days of a month whose bill was not fetched."""

    items: list[MissingBillShape]


class AskedBillShape(Shape):
    """A day whose bill is being fetched; soon it stands in the list, or why not among the missing."""

    channel: Channel
    day: str


class BillDifferenceQuery(Page):
    """Which differences; all of the day."""


class BillDifferenceShape(Shape):
    """A payment or refund on which the books do not agree; null is not there at all."""

    kind: Kind
    number: str
    ours_fen: int | None
    theirs_fen: int | None


class BillDifferencesShape(Shape):
    """A page of differences, by kind and number."""

    items: list[BillDifferenceShape]
    next_cursor: str | None


class SeenDifference(Body):
    """A difference as it was listed."""

    kind: Kind
    number: Annotated[Text, Field(min_length=1, max_length=64)]
    ours_fen: Said
    theirs_fen: Said


class SettlementOfDifference(SeenDifference):
    """What is done about a difference, which is as it was listed.

    ``book`` moves what the bill has above ours against ``account``; ``receive`` takes the bill's word for a
    payment of ours that is not paid here.
    """

    deed: Deed
    account: Against | None = None
    reason: Reason


class SettlementOfSeveral(Body):
    """What is done about several differences, which are as they were listed, for one reason."""

    differences: Annotated[list[SeenDifference], Field(min_length=1, max_length=settling_bills_together.MOST)]
    deed: Deed
    account: Against | None = None
    reason: Reason


class SettledDifferenceShape(Shape):
    """What somebody has done about a difference; ``asked`` waits for a second person."""

    id: int
    kind: Kind
    number: str
    deed: Deed
    account: Against | None
    ours_fen: int | None
    theirs_fen: int | None
    amount_fen: int
    reason: str
    state: Literal["asked", "done"]
    asked_at: str
    decided_at: str | None


class SettledTogether(Shape):
    """What was done about several differences at once."""

    items: list[SettledDifferenceShape]


class RefusedDifference(Shape):
    """A difference that could not be settled with the others, and why."""

    kind: Kind
    number: str
    code: str
    message: str


class NoneSettled(Shape):
    """Which of several differences were refused; none of them is settled."""

    refused: list[RefusedDifference]
    error: ProblemDetail


class SettledDifferencesShape(Shape):
    """A page of what was done about a day's differences, in order."""

    items: list[SettledDifferenceShape]
    next_cursor: str | None
