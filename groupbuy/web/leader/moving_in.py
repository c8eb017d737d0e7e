"""Moving in from another app: send its export workbook, look, correct, confirm."""

from collections.abc import Mapping
from datetime import timedelta

from flask import current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms.fields import SelectChoice

from groupbuy.campaigns.listing import Viewer, rounds_page
from groupbuy.campaigns.rules import RoundState
from groupbuy.config import Settings
from groupbuy.db import db
from groupbuy.db.transaction import in_transaction
from groupbuy.documents.faults import UnreadableTable
from groupbuy.flows.moving import matching
from groupbuy.flows.moving.cells import key
from groupbuy.flows.moving.flow import Moved, NotMoved, Person, Plan, move_in
from groupbuy.flows.moving.matching import Standing
from groupbuy.flows.moving.planning import plan_of, usual_codes, wishes_of
from groupbuy.flows.moving.reading import read_export
from groupbuy.flows.moving.values import Purchase
from groupbuy.http.guards import signed_in
from groupbuy.kernel.clock import utc_now
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import translate_sentence
from groupbuy.web.kit.uploads import keep, kept
from groupbuy.web.leader.blueprint import blueprint, for_leaders, round_of, the_leader
from groupbuy.web.leader.moving_forms import MAX_FILE, MovingForm, UploadForm, by_place
from groupbuy.web.leader.moving_view import Desk, cards, chosen_codes, options, product_rows, sums
from groupbuy.web.leader.moving_words import difference_text

MOST_ROUNDS = 40


@blueprint.get("/moving-in")
@for_leaders
def moving_in() -> ResponseReturnValue:
    """Ask for the workbook."""
    form = UploadForm(round=request.args.get("round", ""))
    return _upload_page(form)


def _upload_page(form: UploadForm) -> ResponseReturnValue:
    form.round.choices = _targets()
    return render_template("leader/moving_in.html", form=form), 422 if form.errors else 200


def _targets() -> list[SelectChoice]:
    viewer = Viewer(leader_ids=[the_leader().id])
    found = rounds_page(viewer=viewer, state=RoundState.OPEN, now=utc_now(), after=None, most=MOST_ROUNDS)
    open_ones = [
        SelectChoice(one.name, _("Also its orders, into %(round)s", round=one.title))
        for one in found
        if one.payment == "to_leader"
    ]
    return [SelectChoice("", _("Residents and the price list")), *open_ones]


@blueprint.post("/moving-in")
@for_leaders
def moving_in_read() -> ResponseReturnValue:
    """Keep the workbook if it can be read, and go on to the check; nothing is taken over yet."""
    form = UploadForm()
    form.round.choices = _targets()
    if not form.validate():
        return _upload_page(form)
    content = form.file.data.read(MAX_FILE + 1)
    if len(content) > MAX_FILE:
        form.file.errors = [_("The file is larger than 20 MB.")]
        return _upload_page(form)
    try:
        read_export(content)
    except UnreadableTable as error:
        form.file.errors = [translate_sentence(fault.message) for fault in error.faults[:5]]
        return _upload_page(form)
    token = keep(content, form.file.data.filename or "export.xlsx")
    return redirect(url_for("leader.moving_in_check", token=token, round=form.round.data or None), 303)


def _desk(token: str) -> Desk:
    """Read the workbook again with what is here now; raise NotFound for a file or round of somebody else."""
    leader, export = the_leader(), read_export(kept(token).read_bytes())
    name = request.args.get("round", "")
    round_ = round_of(leader, name) if name else None
    phones = [one.phone for one in export.customers.values() if one.phone]
    return Desk(
        leader,
        round_,
        export,
        matching.choices_of(round_, leader, export.products),
        matching.standings(leader, phones),
        matching.taken_before(leader, [one.ref for one in export.purchases]),
    )


@blueprint.get("/moving-in/<token>")
@for_leaders
def moving_in_check(token: str) -> ResponseReturnValue:
    """Show how the workbook was understood."""
    desk = _desk(token)
    codes = usual_codes(desk.export, desk.matches(), with_orders=desk.round is not None)
    form = MovingForm(formdata=None)
    for at, product in enumerate(desk.export.products):
        form.products.append_entry({"at": str(at), "choice": codes[key(product.label)]})
    for at, one in enumerate(desk.customers):
        usable = bool(one.phone) and not desk.standings.get(one.phone, Standing()).elsewhere
        entry = {"at": str(at), "use": usable, "name": one.name, "phone": one.phone, "room": one.room}
        form.people.append_entry(entry)
    for at, purchase in enumerate(desk.export.purchases if desk.round else ()):
        form.orders.append_entry({"at": str(at), "use": _is_usual(desk, purchase, codes)})
    return _check_page(token, desk, form, {})


def _is_usual(desk: Desk, purchase: Purchase, codes: Mapping[str, str]) -> bool:
    elsewhere = desk.standings.get(purchase.customer, Standing()).elsewhere
    orderable = bool(wishes_of(purchase, codes)[0])
    return purchase.is_sound and orderable and not elsewhere and purchase.ref not in desk.taken


def _check_page(
    token: str, desk: Desk, form: MovingForm, refused: Mapping[str, str], status: int = 200
) -> ResponseReturnValue:
    codes = chosen_codes(desk, form)
    for at, row in by_place(form.products).items():
        row.choice.choices = options(desk, at)
    shown = cards(desk, form, codes, refused)
    page = render_template(
        "leader/moving_in_check.html",
        token=token,
        desk=desk,
        form=form,
        products=product_rows(desk, form),
        unsure=[one for one in shown if one.needs_a_look],
        sound=[one for one in shown if not one.needs_a_look],
        differences=[difference_text(one) for one in desk.export.differences],
        sums=sums(desk, form, codes),
    )
    return page, status


@blueprint.post("/moving-in/<token>")
@for_leaders
def moving_in_confirm(token: str) -> ResponseReturnValue:
    """Take over what is chosen, all of it or nothing."""
    desk, form = _desk(token), MovingForm()
    if not form.validate() or "look" in request.form:
        return _check_page(token, desk, form, {}, 422 if form.errors else 200)
    plan = _plan(desk, form)
    try:
        moved = in_transaction(lambda: _move(plan))
    except NotMoved as error:
        db.session.expire_all()
        refused = {name: translate_sentence(fault.message) for name, fault in error.faults.items()}
        flash(_("Nothing has been taken over; look at what is marked."), "bad")
        return _check_page(token, _desk(token), form, refused, 409)
    kept(token).unlink(missing_ok=True)
    flash(_said(moved), "ok")
    name = request.args.get("round", "")
    target = url_for("leader.orders", round=name) if name else url_for("leader.residents")
    return redirect(target, 303)


def _plan(desk: Desk, form: MovingForm) -> Plan:
    people = by_place(form.people)
    orders = by_place(form.orders)
    chosen = [
        Person(one.key, row.name.data or "", row.phone.data or "", (row.room.data or "").strip())
        for at, one in enumerate(desk.customers)
        if (row := people.get(at)) is not None and row.use.data
    ]
    refs = {one.ref for at, one in enumerate(desk.export.purchases) if at in orders and orders[at].use.data}
    return plan_of(desk.export, chosen_codes(desk, form), chosen, refs, paid=form.paid.data)


def _move(plan: Plan) -> Moved:
    settings: Settings = current_app.extensions["groupbuy_settings"]
    leader, name = the_leader(), request.args.get("round", "")
    return move_in(
        leader=leader,
        round_=round_of(leader, name) if name else None,
        plan=plan,
        now=utc_now(),
        actor=signed_in().actor,
        pay_within=timedelta(minutes=settings.order_timeout_minutes),
    )


def _said(moved: Moved) -> str:
    return _(
        "Taken over: %(residents)s residents, %(drafts)s products to review, %(orders)s orders. Here before: "
        "%(known)s residents, %(known_orders)s orders.",
        residents=moved.residents,
        drafts=moved.drafts,
        orders=moved.orders,
        known=moved.known_residents,
        known_orders=moved.known_orders,
    )
