"""A roll-call of the group chat becomes orders: paste, look, correct, confirm."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from wtforms import BooleanField, FieldList, Form, FormField, HiddenField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length

from groupbuy.campaigns import storefront
from groupbuy.campaigns.models import Round
from groupbuy.db import db
from groupbuy.flows.ordering import MAX_REMARK, Wish
from groupbuy.kernel.errors import GroupbuyError
from groupbuy.leaders.models import Leader
from groupbuy.members.models import Resident
from groupbuy.members.rollcall.people import Street
from groupbuy.members.rollcall.reading import read_roll_call
from groupbuy.members.rollcall.shelf import Shelf
from groupbuy.members.rollcall.values import SERIOUS, Doubt, Entry, Person, Product
from groupbuy.orders.models import Order
from groupbuy.orders.queries import lines_of
from groupbuy.orders.rules import OrderState
from groupbuy.pickup.rules import door
from groupbuy.web.kit.forms import KeyedForm, PageForm
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l
from groupbuy.web.kit.i18n import ngettext, translate_sentence
from groupbuy.web.leader.blueprint import blueprint, for_leaders, round_of, the_leader
from groupbuy.web.leader.on_behalf import MAX_KEY, place_for

MAX_TEXT = 20_000
MAX_ROWS = 300
DOUBTS: Mapping[Doubt, object] = {
    Doubt.UNKNOWN_PERSON: _l("Nobody of yours is called so or lives there; choose the resident."),
    Doubt.SEVERAL_PEOPLE: _l("Several residents fit; choose the right one."),
    Doubt.NAME_DIFFERS: _l("Found by the room; the name is another."),
    Doubt.ROOM_DIFFERS: _l("Found by the name; the room is another."),
    Doubt.NO_GOODS: _l("No goods found in this line."),
    Doubt.SEVERAL_GOODS: _l("Several goods fit; write the name in full."),
    Doubt.GUESSED_GOODS: _l("A name was guessed; please compare."),
    Doubt.UNCLEAR_QUANTITY: _l("The quantity is not clear."),
    Doubt.PARTLY_CANCELLED: _l("Part of the line is cancelled; please compare."),
    Doubt.CANCELLED: _l("Cancelled in the chat."),
    Doubt.REPEATED: _l("This resident stands here before: this makes one more order."),
    Doubt.SAME_AGAIN: _l("The same as in an earlier line."),
}


class PasteForm(PageForm):
    """The text of the chat."""

    text = TextAreaField(
        _l("Roll-call text"), validators=[InputRequired(_l("Paste the text.")), Length(max=MAX_TEXT)]
    )


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


@dataclass(frozen=True, slots=True)
class Ready:
    """A row that can be ordered."""

    index: int
    resident_code: str
    wishes: Sequence[Wish]
    remark: str
    place: str


def _known(leader: Leader, round_: Round) -> Known:
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


@blueprint.get("/rounds/<name>/roll-call")
@for_leaders
def roll_call(name: str) -> ResponseReturnValue:
    """Ask for the text."""
    return _paste_page(round_of(the_leader(), name), PasteForm())


def _paste_page(round_: Round, form: PasteForm, status: int = 200) -> ResponseReturnValue:
    return render_template("leader/roll_call.html", round=round_, form=form), status


@blueprint.post("/rounds/<name>/roll-call")
@for_leaders
def roll_call_read(name: str) -> ResponseReturnValue:
    """Show how the text was understood; nothing is ordered yet."""
    leader, form = the_leader(), PasteForm()
    round_ = round_of(leader, name)
    if not form.validate():
        return _paste_page(round_, form, 422)
    known = _known(leader, round_)
    entries = read_roll_call(form.text.data, known.shelf, known.street)
    if not entries:
        form.text.errors = [_("No line of this text looks like an order.")]
        return _paste_page(round_, form, 422)
    ordered = _ordered_before(leader, round_)
    notes = [_notes(entry, ordered) for entry in entries]
    review = RollCallForm(formdata=None)
    for place, (entry, remarks) in enumerate(zip(entries, notes, strict=True)):
        review.rows.append_entry(_row(entry, place, known, use=entry.is_sound and not remarks.refusal))
        remarks.refusal = ""
    return _review_page(round_, known, review, notes)


def _row(entry: Entry, place: int, known: Known, *, use: bool) -> dict[str, object]:
    return {
        "line": entry.text[:1000],
        "place": str(place),
        "use": use,
        "who": known.labels.get(entry.person, ""),
        "goods": known.shelf.write(entry.items),
        "remark": entry.remark[:MAX_REMARK],
    }


def _ordered_before(leader: Leader, round_: Round) -> Mapping[str, Sequence[frozenset[tuple[str, int]]]]:
    """Return the goods of the orders that residents have in the round already, by resident."""
    alive = select(Order.id, Resident.code).join(Resident, Resident.id == Order.resident_id)
    rows = db.session.execute(
        alive.where(
            Order.round_id == round_.id, Order.leader_id == leader.id, Order.state != OrderState.CANCELLED
        )
    ).all()
    lines: dict[int, set[tuple[str, int]]] = {}
    for line in lines_of([row.id for row in rows]):
        lines.setdefault(line.order_id, set()).add((line.product_code, line.quantity))
    found: dict[str, list[frozenset[tuple[str, int]]]] = {}
    for order_id, code in rows:
        found.setdefault(code, []).append(frozenset(lines.get(order_id, ())))
    return found


def _notes(entry: Entry, ordered: Mapping[str, Sequence[frozenset[tuple[str, int]]]]) -> Remarks:
    """Return what to say about an entry; a refusal takes it out of the selection."""
    remarks = Remarks([_doubt(one, entry) for one in entry.doubts])
    former = ordered.get(entry.person, ())
    if frozenset(entry.items) in former:
        remarks.refusal = _("This order has been placed already.")
        remarks.notes.append(remarks.refusal)
    elif former and Doubt.CANCELLED not in entry.doubts:
        remarks.notes.append(_("This resident has an order in this round: this makes one more."))
    return remarks


def _doubt(doubt: Doubt, entry: Entry) -> str:
    if doubt is Doubt.UNKNOWN_GOODS:
        return _("Not on offer: %(goods)s", goods=" ".join(entry.unknown))
    return str(DOUBTS[doubt])


def _review_page(
    round_: Round, known: Known, form: RollCallForm, remarks: Sequence[Remarks], status: int = 200
) -> ResponseReturnValue:
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


@blueprint.post("/rounds/<name>/roll-call/orders")
@for_leaders
def roll_call_place(name: str) -> ResponseReturnValue:
    """Place the chosen lines as orders once all of them are sound; what is refused stays on the page."""
    leader, form = the_leader(), RollCallForm()
    round_ = round_of(leader, name)
    known = _known(leader, round_)
    remarks = [Remarks() for _row_ in form.rows]
    if not form.validate():
        return _review_page(round_, known, form, remarks, 422)
    ready = [_check(index, row.form, known, remarks[index]) for index, row in enumerate(form.rows)]
    chosen = [one for one in ready if one is not None]
    if any(one.is_wrong for one in remarks):
        return _review_page(round_, known, form, remarks, 422)
    if not chosen:
        flash(_("Choose at least one line."), "wait")
        return _review_page(round_, known, form, remarks, 422)
    placed = _place_all(leader, name, form, chosen, remarks)
    if placed:
        text = ngettext("%(num)s order placed.", "%(num)s orders placed.", len(placed))
        flash(text, "ok")
    if len(placed) < len(chosen):
        db.session.expire_all()
        for index in placed:
            form.rows[index].use.data = False
            remarks[index].notes = [_("Ordered.")]
        return _review_page(round_of(the_leader(), name), known, form, remarks, 409)
    return redirect(url_for("leader.orders", round=name), 303)


def _check(index: int, row: RowForm, known: Known, remarks: Remarks) -> Ready | None:
    """Return a chosen row as it can be ordered, or say beside its fields what is wrong."""
    if not row.use.data:
        return None
    resident = known.by_label.get((row.who.data or "").strip())
    if resident is None:
        remarks.who = _("Choose a resident from the list.")
    goods = known.shelf.read(row.goods.data or "")
    if SERIOUS.intersection(goods.doubts) or goods.rest or not goods.items:
        wrong = " ".join((*goods.unknown, goods.rest)).strip()
        remarks.goods = _("Not understood: %(goods)s", goods=wrong or row.goods.data or "–")
    if resident is None or remarks.goods:
        return None
    wishes = [Wish(code, quantity) for code, quantity in goods.items]
    return Ready(index, resident, wishes, row.remark.data or "", row.place.data or str(index))


def _place_all(
    leader: Leader, name: str, form: RollCallForm, chosen: Sequence[Ready], remarks: Sequence[Remarks]
) -> list[int]:
    """Place each row in a transaction of its own; return the rows that became orders."""
    key, placed = f"rollcall:{leader.id}:{(form.submission_key.data or '')[:MAX_KEY]}", []
    for one in chosen:
        try:
            place_for(
                leader,
                name,
                one.resident_code,
                one.wishes,
                remark=one.remark,
                key=f"{key}:{one.place}",
            )
            placed.append(one.index)
        except GroupbuyError as error:
            remarks[one.index].refusal = translate_sentence(error.message)
    return placed
