"""The commission plan on its page: the rates in force, a new one, what it would have changed, and its end."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from wtforms import RadioField, SelectField, TextAreaField
from wtforms.fields import SelectChoice
from wtforms.validators import Length

from groupbuy.commissions import plan, service, what_if
from groupbuy.commissions.models import CommissionRule
from groupbuy.commissions.plan import TARGETS
from groupbuy.commissions.rules import Rate, Scope, Tier
from groupbuy.commissions.what_if import Effect
from groupbuy.db import db
from groupbuy.db.transaction import in_transaction
from groupbuy.http.row_ids import row_id
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import BadInput
from groupbuy.kernel.money import BASIS, format_yuan, parse_percent, parse_yuan
from groupbuy.kernel.width import half_width
from groupbuy.web.admin import saving
from groupbuy.web.admin.blueprint import actor, blueprint
from groupbuy.web.admin.commissions import tabs
from groupbuy.web.admin.conflicts import SeenForm
from groupbuy.web.admin.fields import PercentField, YuanField, optional
from groupbuy.web.admin.listing import (
    Column,
    Rows,
    file_of,
)
from groupbuy.web.kit.filters import percent
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l


class RuleForm(SeenForm):
    """One rate of the plan; ``seen`` is the newest that stood on the page."""

    scope = SelectField(_l("Holds for"))
    target = SelectField(_l("Which"), validate_choice=False)
    how = RadioField(
        _l("Reckoned"),
        choices=[
            SelectChoice("percent", _l("As a percentage")),
            SelectChoice("fixed", _l("Per unit")),
            SelectChoice("tiers", _l("By turnover of the round")),
        ],
        default="percent",
    )
    rate_bp = PercentField(_l("Percentage"), validators=optional())
    fixed_fen = YuanField(_l("Amount per unit (yuan)"), validators=optional())
    tiers = TextAreaField(
        _l("Tiers"),
        validators=[Length(max=2000)],
        description=_l("A line per tier: turnover from (yuan), percentage. The first begins at 0."),
    )


def scope_name(scope: str) -> str:
    """Return what a scope is called."""
    names = {
        Scope.PRODUCT: _("A product"),
        Scope.CATEGORY: _("A category"),
        Scope.LEADER: _("A leader"),
        Scope.LEVEL: _("A leader level"),
        Scope.DEFAULT: _("Everything else"),
    }
    return names[Scope(scope)]


def rate_text(plain: dict[str, Any]) -> str:
    """Say a rate in words."""
    rate = Rate.from_json(plain)
    if rate.rate_bp is not None:
        return percent(rate.rate_bp)
    if rate.fixed_fen is not None:
        return _("%(amount)s per unit", amount=format_yuan(rate.fixed_fen))
    return "，".join(f"≥{format_yuan(tier.from_fen)} {percent(tier.rate_bp)}" for tier in rate.tiers)


@blueprint.route("/commissions/plan", methods=["GET", "POST"])
def commissions_plan() -> ResponseReturnValue:
    """Show the rates in force, and put a new one in force from now on."""
    form = RuleForm(scope=request.args.get("scope", "default"))
    form.scope.choices = [SelectChoice(scope.value, scope_name(scope)) for scope in Scope]
    scope = Scope(form.scope.data) if form.scope.data in list(Scope) else Scope.DEFAULT
    form.target.choices = _targets(scope)

    def store() -> None:
        plan.replace(
            scope=scope,
            target_id=_target(form, scope),
            rate=_rate(form),
            newest=row_id(form.seen.data),
            now=utc_now(),
            actor=actor().name,
        )

    if request.form.get("do") == "scope":
        return _plan_page(form, scope, 200)
    if request.form.get("do") == "preview":
        return _preview(form, scope)
    if form.validate_on_submit() and saving.stored(form, store):
        flash(_("The rate is in force for orders from now on."), "ok")
        return redirect(url_for("admin.commissions_plan"), 303)
    return _plan_page(form, scope, 409 if form.clashed else 422 if form.errors else 200)


def _target(form: RuleForm, scope: Scope) -> int:
    target_id = (row_id(form.target.data) or 0) if scope in TARGETS else 0
    if scope in TARGETS and target_id not in {choice.value for choice in form.target.choices}:
        raise BadInput("required", "Choose what the rate is for.", param="target")
    return target_id


def _preview(form: RuleForm, scope: Scope) -> ResponseReturnValue:
    """Show what the rate would have changed in the last rounds; nothing is put in force."""
    effects: Sequence[Effect] | None = None
    if form.validate():
        try:
            target_id, rate = _target(form, scope), _rate(form)
            service.check_amount(scope, target_id, rate)
            effects = what_if.what_if(scope=scope, target_id=target_id, rate=rate)
        except BadInput as error:
            saving.blame(form, error)
    return _plan_page(form, scope, 422 if effects is None else 200, effects)


def _plan_page(
    form: RuleForm, scope: Scope, status: int, effects: Sequence[Effect] | None = None
) -> ResponseReturnValue:
    rules = _in_force()
    names = _names(rules)
    form.seen.data = str(plan.newest())
    page = file_of("commission-rates", _rates(rules, names)) or render_template(
        "admin/commission_plan.html",
        form=form,
        scope=scope,
        has_target=scope in TARGETS,
        rules=rules,
        names=names,
        scope_name=scope_name,
        rate_text=rate_text,
        effects=effects,
        rounds=what_if.ROUNDS,
        tabs=tabs("admin.commissions_plan"),
    )
    return page, status


def _in_force() -> list[CommissionRule]:
    rules = db.session.scalars(select(CommissionRule).where(CommissionRule.valid_to.is_(None)))
    order = [scope.value for scope in Scope]
    return sorted(rules, key=lambda rule: (order.index(rule.scope), rule.target_id))


def _rates(rules: Sequence[CommissionRule], names: Mapping[tuple[str, int], str]) -> Rows:
    """Return the rates in force as a file takes them along."""
    columns = (
        Column(_("Holds for"), lambda rule: scope_name(rule.scope)),
        Column(_("Which"), lambda rule: names.get((rule.scope, rule.target_id)), "name", width=24),
        Column(_("Rate"), lambda rule: rate_text(rule.rate), width=30),
        Column(_("In force since"), lambda rule: rule.valid_from, "moment", width=17),
    )
    return Rows(_("Rates in force"), columns, rules)


def _targets(scope: Scope) -> list[SelectChoice]:
    if scope not in TARGETS:
        return []
    table, label = TARGETS[scope]
    rows = db.session.execute(select(table.id, label, table.name).order_by(label).limit(2000))
    return [SelectChoice(row[0], row[1] if row[1] == row[2] else f"{row[1]} {row[2]}") for row in rows]


def _names(rules: Any) -> dict[tuple[str, int], str]:
    """Return the names of what rates hold for, in one query a scope."""
    names: dict[tuple[str, int], str] = {}
    for scope, (table, _label) in TARGETS.items():
        ids = [rule.target_id for rule in rules if rule.scope == scope]
        rows = db.session.execute(select(table.id, table.name).where(table.id.in_(ids))) if ids else ()
        names |= {(scope.value, row[0]): row[1] for row in rows}
    return names


def _rate(form: RuleForm) -> Rate:
    if form.how.data == "percent":
        if form.rate_bp.data is None:
            raise BadInput("required", "Fill in the percentage.", param="rate_bp")
        return Rate(rate_bp=form.rate_bp.data)
    if form.how.data == "fixed":
        if form.fixed_fen.data is None:
            raise BadInput("required", "Fill in the amount per unit.", param="fixed_fen")
        return Rate(fixed_fen=form.fixed_fen.data)
    lines = [line for line in (form.tiers.data or "").splitlines() if line.strip()]
    if not lines:
        raise BadInput("required", "Fill in the tiers.", param="tiers")
    return Rate(tiers=tuple(_tier(line) for line in lines))


def _tier(line: str) -> Tier:
    cells = half_width(line).replace(",", " ").replace("%", " ").replace("¥", " ").split()
    try:
        start, rate = cells
        from_fen = parse_yuan(start)
        if from_fen < 0:
            raise BadInput("inconsistent", "Tiers begin at 0 and rise.", param="tiers")
        return Tier(from_fen, _checked(parse_percent(rate)))
    except (ValueError, OverflowError) as error:
        raise BadInput(
            "not_a_number", f"This tier cannot be read: {line.strip()[:60]}", param="tiers"
        ) from error


def _checked(rate_bp: int) -> int:
    """Return a rate; raise BadInput in percent, as it was typed."""
    if not 0 <= rate_bp <= BASIS:
        raise BadInput("out_of_range", "A percentage is between 0 and 100.", param="tiers")
    return rate_bp


@blueprint.post("/commissions/plan/<int:rule_id>/end")
def commissions_end(rule_id: int) -> ResponseReturnValue:
    """End a rate without a successor."""
    who = actor().name
    in_transaction(lambda: plan.end(rule_id=rule_id, now=utc_now(), actor=who))
    flash(_("The rate has ended."), "ok")
    return redirect(url_for("admin.commissions_plan"), 303)
