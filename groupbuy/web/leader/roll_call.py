"""A roll-call of the group chat becomes orders: paste, look, correct, confirm."""

from collections.abc import Mapping, Sequence

from flask import render_template
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from wtforms import TextAreaField
from wtforms.validators import InputRequired, Length

from groupbuy.campaigns.models import Round
from groupbuy.db import db
from groupbuy.flows.ordering import MAX_REMARK
from groupbuy.leaders.models import Leader
from groupbuy.members.models import Resident
from groupbuy.members.rollcall.reading import read_roll_call
from groupbuy.members.rollcall.values import Doubt, Entry
from groupbuy.orders.models import Order
from groupbuy.orders.queries import lines_of
from groupbuy.orders.rules import OrderState
from groupbuy.web.kit.forms import PageForm
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l
from groupbuy.web.leader.blueprint import blueprint, for_leaders, round_of, the_leader
from groupbuy.web.leader.roll_call_review import Known, Remarks, RollCallForm, known_to, review_page

MAX_TEXT = 20_000
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
    known = known_to(leader, round_)
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
    return review_page(round_, known, review, notes)


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
