"""Shapes that several resources share. Times are ISO 8601 UTC with Z, money is integer fen."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from groupbuy.campaigns.rules import MAX_NAME, MAX_QUANTITY
from groupbuy.http.reading import Query, Text
from groupbuy.http.row_ids import MAX_ROW_ID

MAX_PAGE = 200
USUAL_PAGE = 50

Code = Annotated[Text, Field(min_length=1, max_length=MAX_NAME)]
# Strict, so that neither a text nor a truth value is taken for a number.
RowNumber = Annotated[int, Field(strict=True, ge=1, le=MAX_ROW_ID)]
Quantity = Annotated[int, Field(ge=1, le=MAX_QUANTITY)]
Name = Annotated[Text, Field(min_length=1, max_length=200)]


class Shape(BaseModel):
    """Base of what the API answers."""

    model_config = ConfigDict(extra="forbid")


class ProblemDetail(Shape):
    """What went wrong; ``param`` names the input at fault."""

    type: str
    code: str
    message: str
    param: str | None


class Problem(Shape):
    """Every answer from 400 on."""

    error: ProblemDetail


class Page(Query):
    """Where a list goes on and how long a page is."""

    cursor: Annotated[Text, Field(max_length=200)] | None = None
    limit: Annotated[int, Field(ge=1, le=MAX_PAGE)] = USUAL_PAGE


RoundStateName = Literal[
    "draft",
    "scheduled",
    "open",
    "closing",
    "closed",
    "ordered",
    "received",
    "dispatched",
    "completed",
    "cancelled",
]

Json = dict[str, Any]
