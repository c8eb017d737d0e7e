"""Signing for the day's goods, on a phone between the boxes."""

from collections.abc import Mapping, Sequence
from datetime import date

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import FieldList, Form, FormField, HiddenField, SelectChoice, SelectField, StringField
from wtforms.validators import InputRequired, Length

from groupbuy.db.transaction import in_transaction
from groupbuy.delivery import brought, missing, queries
from groupbuy.delivery.models import DeliveryStop
from groupbuy.delivery.service import MAX_TEXT
from groupbuy.flows import signing
from groupbuy.flows.signing import Count
from groupbuy.http.guards import signed_in
from groupbuy.http.row_ids import row_id
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import GroupbuyError, NotFound
from groupbuy.web.admin import saving
from groupbuy.web.admin.fields import WholeField
from groupbuy.web.kit.forms import PageForm
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l
from groupbuy.web.leader.blueprint import blueprint, for_leaders, the_leader
from groupbuy.web.leader.counting import Wares, wares_of

REASONS = [
    SelectChoice("", _l("As sent")),
    SelectChoice("missing", _l("Missing")),
    SelectChoice("damaged", _l("Damaged")),
]


class GoodsLineForm(Form):  # type: ignore[misc]  # WTForms ships no types.
    """What came of one product."""

    class Meta(PageForm.Meta):
        csrf = False

    offer = HiddenField()
    got = WholeField(_l("Came"), validators=[InputRequired()])
    reason = SelectField(_l("Why"), choices=REASONS)


class SignForm(PageForm):
    """All goods of a stop."""

    stop = HiddenField()
    later = HiddenField()
    lines = FieldList(FormField(GoodsLineForm), max_entries=2000)
    note = StringField(_l("Remark"), validators=[Length(max=MAX_TEXT)])


@blueprint.get("/goods")
@for_leaders
def goods() -> ResponseReturnValue:
    """Go to the goods that wait to be signed for, or say that there are none."""
    waiting = queries.days_to_sign(the_leader().id)
    if waiting:
        return redirect(url_for("leader.goods_of_day", day=waiting[0].isoformat()), 303)
    return render_template("leader/goods.html", stop=None)


@blueprint.route("/goods/<day>", methods=["GET", "POST"])
@for_leaders
def goods_of_day(day: str) -> ResponseReturnValue:
    """Show a day's goods; sign for them, and say what was missing, also when that shows only later."""
    mine = _stops(day)
    stop = _chosen(mine)
    found = missing.discrepancies(stop_id=stop.id)
    told = {one.offer_id for one in found}
    lines = wares_of([one for one in brought.goods_of_stop(stop) if one.offer_id not in told])
    form = SignForm(data=_as_sent(stop, lines))
    # A form that was sent twice, or from a page of before, signs nothing anew.
    later = bool(request.form.get("later"))
    if later is bool(stop.signed_at) and form.validate_on_submit():
        thanks = _("Noted.") if later else _("Thank you: the goods are signed for.")
        try:
            in_transaction(lambda: _store(stop.id, form, later, lines))
        except GroupbuyError as error:
            _blame(form, error)
        else:
            flash(thanks, "ok")
            return redirect(url_for("leader.goods_of_day", day=day, stop=stop.id), 303)
    page = render_template(
        "leader/goods.html",
        stop=stop,
        stops=mine,
        form=form,
        lines={one.key: one for one in lines},
        found=found,
    )
    return page, 422 if form.errors else 200


def _stops(day: str) -> list[DeliveryStop]:
    try:
        return queries.stops_that_left(date.fromisoformat(day), the_leader().id)
    except ValueError:
        return []


def _chosen(stops: Sequence[DeliveryStop]) -> DeliveryStop:
    """Return the stop that the address or the form names, else the first that is not signed for."""
    named = request.values.get("stop")
    wanted = [stop for stop in stops if named is None or stop.id == row_id(named)]
    if not wanted:
        raise NotFound("unknown_stop", "There is no such stop.")
    return next((stop for stop in wanted if stop.signed_at is None), wanted[-1])


def _as_sent(stop: DeliveryStop, lines: Sequence[Wares]) -> dict[str, object]:
    sent = [{"offer": one.key, "got": one.units, "reason": ""} for one in lines]
    return {"stop": str(stop.id), "later": "1" if stop.signed_at else "", "lines": sent}


def _store(stop_id: int, form: SignForm, later: bool, lines: Sequence[Wares]) -> None:
    counts = _counts(form, {one.key: one for one in lines})
    now, actor, mine = utc_now(), signed_in().actor, [the_leader().id]
    if later:
        signing.report_later(stop_id=stop_id, leader_ids=mine, counts=counts, now=now, actor=actor)
    else:
        note = form.note.data
        signing.sign(stop_id=stop_id, leader_ids=mine, counts=counts, now=now, actor=actor, note=note)


def _counts(form: SignForm, wares: Mapping[str, Wares]) -> dict[int, Count]:
    counts: dict[int, Count] = {}
    for row in form.lines:
        got, reason = row.got.data or 0, row.reason.data or None
        found = wares.get(row.offer.data or "")
        # What names no goods is refused with those that were not sent: nothing is signed for by mistake.
        counts |= found.counts(got, reason) if found else {row_id(row.offer.data) or 0: Count(got, reason)}
    return counts


def _blame(form: SignForm, error: GroupbuyError) -> None:
    offer = (error.param or "").removeprefix("lines[").removesuffix("]")
    for row in form.lines:
        if offer in (row.offer.data or "").split("-"):
            row.reason.errors = [*row.reason.errors, saving.sentence_of(error)]
            form.form_errors.append(_("Please correct the marked fields."))
            return
    saving.blame(form, error)
