"""The chosen rows of a roll-call become orders."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue

from groupbuy.db import db
from groupbuy.flows.ordering import Wish
from groupbuy.kernel.errors import GroupbuyError
from groupbuy.leaders.models import Leader
from groupbuy.members.rollcall.values import SERIOUS
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import ngettext, translate_sentence
from groupbuy.web.leader.blueprint import blueprint, for_leaders, round_of, the_leader
from groupbuy.web.leader.on_behalf import MAX_KEY, place_for
from groupbuy.web.leader.roll_call_review import Known, Remarks, RollCallForm, RowForm, known_to, review_page


@dataclass(frozen=True, slots=True)
class Ready:
    """A row that can be ordered."""

    index: int
    resident_code: str
    wishes: Sequence[Wish]
    remark: str
    place: str


@blueprint.post("/rounds/<name>/roll-call/orders")
@for_leaders
def roll_call_place(name: str) -> ResponseReturnValue:
    """Place the chosen lines as orders once all of them are sound; what is refused stays on the page."""
    leader, form = the_leader(), RollCallForm()
    round_ = round_of(leader, name)
    known = known_to(leader, round_)
    remarks = [Remarks() for _row_ in form.rows]
    if not form.validate():
        return review_page(round_, known, form, remarks, 422)
    ready = [_check(index, row.form, known, remarks[index]) for index, row in enumerate(form.rows)]
    chosen = [one for one in ready if one is not None]
    if any(one.is_wrong for one in remarks):
        return review_page(round_, known, form, remarks, 422)
    if not chosen:
        flash(_("Choose at least one line."), "wait")
        return review_page(round_, known, form, remarks, 422)
    placed = _place_all(leader, name, form, chosen, remarks)
    if placed:
        text = ngettext("%(num)s order placed.", "%(num)s orders placed.", len(placed))
        flash(text, "ok")
    if len(placed) < len(chosen):
        db.session.expire_all()
        for index in placed:
            form.rows[index].use.data = False
            remarks[index].notes = [_("Ordered.")]
        return review_page(round_of(the_leader(), name), known, form, remarks, 409)
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
