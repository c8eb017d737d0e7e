"""The rows of a roll-call as they are looked over before they become orders."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from flask import render_template
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from wtforms import BooleanField, FieldList, Form, FormField, HiddenField, StringField
from wtforms.validators import Length

from groupbuy.campaigns import storefront
from groupbuy.campaigns.models import Round
from groupbuy.db import db
from groupbuy.flows.ordering import MAX_REMARK
from groupbuy.leaders.models import Leader
from groupbuy.members.models import Resident
from groupbuy.members.rollcall.people import Street
from groupbuy.members.rollcall.shelf import Shelf
from groupbuy.members.rollcall.values import Person, Product
from groupbuy.pickup.rules import door
from groupbuy.web.kit.forms import KeyedForm
from groupbuy.web.kit.i18n import lazy_gettext as _l

MAX_ROWS = 300


class RowForm(Form):  # type: ignore[misc]  # WTForms ships no types.
    """One line as it was understood, to be corrected."""

    line = HiddenField(validators=[Length(max=1000)])
    place = HiddenField(validators=[Length(max=8)])
    use = BooleanField(_l("Order"))
    who = StringField(_l("Resident"), validators=[Length(max=120)])
    goods = StringField(_l("Goods"), validators=[Length(max=500)])
    remark = StringField(_l("Remark"), validators=[Length(max=MAX_REMARK)])


class RollCallForm(KeyedForm):
    """All lines; the key makes each of them one order however often they are sent."""

    rows = FieldList(FormField(RowForm), max_entries=MAX_ROWS)


@dataclass(frozen=True, slots=True)
class Known:
    """What a roll-call is read against: the goods of the round and the leader's residents."""

    shelf: Shelf
    street: Street
    labels: Mapping[str, str]
    by_label: Mapping[str, str]


@dataclass(slots=True)
class Remarks:
    """What the page says about a row: notes, and errors beside the fields."""

    notes: list[str] = field(default_factory=list)
    who: str = ""
    goods: str = ""
    refusal: str = ""

    @property
    def is_wrong(self) -> bool:
        """Tell whether the row cannot be ordered as it is."""
        return bool(self.who or self.goods or self.refusal)


def known_to(leader: Leader, round_: Round) -> Known:
    """Return what a roll-call of a leader's residents in a round is read against."""
    goods = storefront.goods_of_rounds(round_ids=[round_.id], leader_id=leader.id)
    mine = select(Resident).where(Resident.leader_id == leader.id, Resident.active).order_by(Resident.id)
    residents = db.session.scalars(mine).all()
    people = [Person(one.code, one.name, str(door(one.building, one.room)), one.phone) for one in residents]
    labels = {one.code: f"{one.door} {one.name} · {one.code}".strip() for one in people}
    return Known(
        Shelf([Product(one.product_code, one.name, one.spec or "") for one in goods]),
        Street(people),
        labels,
        {label: code for code, label in labels.items()},
    )


def review_page(
    round_: Round, known: Known, form: RollCallForm, remarks: Sequence[Remarks], status: int = 200
) -> ResponseReturnValue:
    """Show the rows to look over, each with its remarks."""
    page = render_template(
        "leader/roll_call_review.html",
        round=round_,
        form=form,
        rows=list(zip(form.rows, remarks, strict=True)),
        people=sorted(known.by_label),
        shelf=[known.shelf.labels[one.code] for one in known.shelf.products],
        chosen=sum(1 for row in form.rows if row.use.data),
    )
    return page, status
