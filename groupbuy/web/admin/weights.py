"""Weighing at sorting (称重): how far it is, typing and scanning bag by bag, and settling."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from flask import current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import BooleanField, FieldList, Form, FormField, HiddenField, StringField
from wtforms.validators import Length

from groupbuy.campaigns.models import Round
from groupbuy.campaigns.queries import get_round
from groupbuy.config import Settings
from groupbuy.db.transaction import in_transaction
from groupbuy.finance.dials import dials
from groupbuy.flows import weighing
from groupbuy.flows.weighing import Entry
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import GroupbuyError, NotFound
from groupbuy.kernel.money import format_yuan
from groupbuy.web.admin.blueprint import actor, blueprint
from groupbuy.web.kit.asking import ask_first
from groupbuy.web.kit.forms import PageForm
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l
from groupbuy.web.kit.i18n import translate_sentence
from groupbuy.weighing import queries
from groupbuy.weighing.queries import WeighedLine

MAX_TYPED = 200


class LineForm(Form):  # type: ignore[misc]  # WTForms ships no types.
    """What one line weighs; ``seen`` is how many weights it had when the page was made."""

    class Meta(PageForm.Meta):
        csrf = False

    order_no = HiddenField()
    product_code = HiddenField()
    seen = HiddenField()
    grams = StringField(_l("Grams"), validators=[Length(max=MAX_TYPED)])


class WeightsForm(PageForm):
    """The weights of a leader's bags."""

    lines = FieldList(FormField(LineForm), max_entries=weighing.MAX_ENTRIES)
    sure = BooleanField(_l("Yes, these weights are right"))


@dataclass(frozen=True, slots=True)
class LeaderProgress:
    """How far a leader's weighed goods are: lines, those without a weight, and fen more or less."""

    code: str
    name: str
    lines: int
    missing: int
    pending: int
    difference_fen: int


def scale_layouts() -> tuple[str, ...]:
    """Return the layouts of the scale's barcodes."""
    settings: Settings = current_app.extensions["groupbuy_settings"]
    return settings.scale_barcodes


@blueprint.get("/rounds/<name>/weights")
def weights(name: str) -> ResponseReturnValue:
    """Show leader by leader what is weighed, what is not, and the difference in money."""
    round_ = get_round(name)
    lines = queries.weighed_lines(round_.id)
    return render_template(
        "admin/weights.html",
        round=round_,
        leaders=_progress(lines),
        missing=sum(line.missing for line in lines),
        pending=sum(line.pending for line in lines),
        settlements=queries.settlements_of(round_.id),
    )


def _progress(lines: Sequence[WeighedLine]) -> list[LeaderProgress]:
    cap_bp = dials().weight_cap_bp
    found = []
    for (code, name), group in groupby(lines, key=lambda line: (line.leader_code, line.leader)):
        theirs = list(group)
        difference = sum(line.due_fen(cap_bp) - line.estimate_fen for line in theirs)
        missing, pending = sum(line.missing for line in theirs), sum(line.pending for line in theirs)
        found.append(LeaderProgress(code, name, len(theirs), missing, pending, difference))
    return found


@blueprint.route("/rounds/<name>/weights/of/<code>", methods=["GET", "POST"])
def weights_leader(name: str, code: str) -> ResponseReturnValue:
    """Type or scan what the goods of a leader's bags weigh; a second weight replaces the first."""
    round_ = get_round(name)
    lines = _of_leader(round_, code)
    form = WeightsForm(data=None if request.form else _empty(lines))
    unlikely = False
    if form.validate_on_submit():
        try:
            new = in_transaction(lambda: _enter(name, form))
        except GroupbuyError as error:
            _blame(form, error, lines)
            unlikely = error.code == "unlikely_weight"
        else:
            flash(_("%(count)s weights were entered.", count=new), "ok")
            return redirect(url_for("admin.weights_leader", name=name, code=code), 303)
    page = render_template(
        "admin/weigh.html",
        round=round_,
        leader=lines[0].leader,
        form=form,
        lines={(line.order_no, line.product_code): line for line in lines},
        history=queries.history_of([line.line_id for line in lines]),
        cap_bp=dials().weight_cap_bp,
        unlikely=unlikely,
        missing=sum(line.missing for line in lines),
    )
    return page, 422 if form.errors else 200


def _of_leader(round_: Round, code: str) -> list[WeighedLine]:
    lines = [line for line in queries.weighed_lines(round_.id) if line.leader_code == code]
    if not lines:
        raise NotFound("unknown_leader", "This leader has no weighed goods in the round.")
    return lines


def _empty(lines: Sequence[WeighedLine]) -> dict[str, object]:
    rows = [
        {"order_no": line.order_no, "product_code": line.product_code, "seen": str(line.number)}
        for line in lines
    ]
    return {"lines": rows}


def _enter(name: str, form: WeightsForm) -> int:
    filled = [row for row in form.lines if (row.grams.data or "").strip()]
    if not filled:
        return 0
    return weighing.enter_weights(
        round_=get_round(name),
        entries=[
            Entry(
                row.order_no.data or "",
                row.product_code.data or "",
                row.grams.data,
                _number(row.seen.data or ""),
            )
            for row in filled
        ],
        layouts=scale_layouts(),
        now=utc_now(),
        actor=actor(),
        sure=bool(form.sure.data),
    )


def _number(text: str) -> int | None:
    """Return a small whole number, None for any other text."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 9 else None


def _blame(form: WeightsForm, error: GroupbuyError, lines: Sequence[WeighedLine]) -> None:
    """Put an error beside the line that it is about."""
    sentence = translate_sentence(error.message)
    place = (error.param or "").removeprefix("lines[").partition("].")[0]
    filled = [row for row in form.lines if (row.grams.data or "").strip()]
    number = _number(place)
    if number is not None and number < len(filled):
        row = filled[number]
        row.grams.errors = [*row.grams.errors, sentence]
        whose = {(one.order_no, one.product_code): f"{one.resident} · {one.name}" for one in lines}
        key = (row.order_no.data or "", row.product_code.data or "")
        sentence = f"{whose.get(key, ' '.join(key))}: {sentence}"
    form.form_errors.append(sentence)


@blueprint.route("/rounds/<name>/weights/settle", methods=["GET", "POST"])
def weights_settle(name: str) -> ResponseReturnValue:
    """Say what settling changes, and do it once."""
    round_, back = get_round(name), url_for("admin.weights", name=name)
    form = PageForm()
    if form.validate_on_submit() and _settle(name, form):
        return redirect(back, 303)
    cap_bp = dials().weight_cap_bp
    pending = [line for line in queries.weighed_lines(round_.id) if line.pending]
    changes = [line.due_fen(cap_bp) - line.amount_fen for line in pending]
    return ask_first(
        "admin",
        _("Settle the weights of %(round)s?", round=round_.title),
        [
            _("%(lines)s order lines are brought to what they weigh.", lines=len(pending)),
            _(
                "%(less)s is owed back, %(more)s more is due.",
                less=format_yuan(-sum(fen for fen in changes if fen < 0)),
                more=format_yuan(sum(fen for fen in changes if fen > 0)),
            ),
            _("Residents are told once; sheets, commissions and books follow."),
        ],
        deed=_("Settle"),
        back=back,
        form=form,
    )


def _settle(name: str, form: PageForm) -> bool:
    who = actor()
    try:
        done = in_transaction(
            lambda: weighing.settle_weights(round_=get_round(name), now=utc_now(), actor=who)
        )
    except GroupbuyError as error:
        form.form_errors.append(translate_sentence(error.message))
        return False
    if done is None:
        flash(_("Nothing has been weighed since the last time."), "wait")
    else:
        flash(_("%(lines)s order lines are settled.", lines=done.lines), "ok")
    return True
