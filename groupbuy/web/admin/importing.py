"""Imports: a template to fill in, a preview of what a file would do, faults marked in it, and the deed."""

from pathlib import Path

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import SelectField
from wtforms.fields import SelectChoice

from groupbuy.db.transaction import in_transaction
from groupbuy.documents import xlsx
from groupbuy.documents.faults import UnreadableTable
from groupbuy.documents.reading import read_table
from groupbuy.documents.templates import TemplateColumn, write_template
from groupbuy.flows.importing.flow import KINDS, ImportResult, import_file
from groupbuy.flows.importing.kind import Kind
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import NotFound
from groupbuy.web.admin.blueprint import actor, blueprint
from groupbuy.web.admin.products import tabs
from groupbuy.web.admin.sent_files import SHOWN_FAULTS, FileForm, marked, name_of, taken
from groupbuy.web.kit.downloads import attachment
from groupbuy.web.kit.filters import zone
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l
from groupbuy.web.kit.i18n import ngettext
from groupbuy.web.kit.uploads import kept

KIND_NAMES = {
    "suppliers": _l("Suppliers"),
    "products": _l("Products"),
    "sources": _l("Further suppliers of products"),
    "leaders": _l("Leaders"),
    "residents": _l("Residents"),
    "offers": _l("Campaigns with offers"),
    "orders": _l("Orders"),
}
# What the columns of all kinds mean, for the sheet 填写说明 of the template.
EXPLANATIONS = {
    "code": "唯一编号，再次导入同一编号即更新",
    "name": "名称，原样保存",
    "category": "分类名称，没有则新建",
    "supplier_code": "供应商编号，须已存在",
    "unit": "销售单位，如 份、盒、斤",
    "product_code": "商品编号，须已存在",
    "share_percent": "这家供应商的比例（%），其余归商品自己的供应商",
    "daily_limit": "这家供应商每天最多供应多少个销售单位，空白为不限",
    "split_by": "按比例（share）或按价格（price），同一商品各行一致",
    "own_limit": "商品自己的供应商每天最多供应多少，空白为不限",
    "case_size": "每箱多少个销售单位，空白为 1",
    "cost_yuan": "每销售单位进价（元），最多两位小数",
    "price_yuan": "每销售单位售价（元），最多两位小数",
    "list_price_yuan": "划线价（元）",
    "shelf_place": "货位，如 A-03-2，最多 16 个字符；拣货单按货位排序",
    "min_order_yuan": "起订金额（元），低于此金额的采购单需人工确认",
    "phone": "手机号 11 位",
    "leader_code": "团长编号，须已存在",
    "room": "房号，如 3-2-501",
    "campaign_code": "活动编号，同一编号为同一活动",
    "opens_at": "开团时间，如 2026-11-22 08:00",
    "closes_at": "截单时间，可写 24:00",
    "pickup_date": "提货日期，如 2026-11-23",
    "limit_units": "库存上限，空白为不限",
    "per_buyer_limit": "每人限购，空白为不限",
    "min_units": "成团数量，空白为不设",
    "commission_percent": "团长自己的佣金比例（%），空白为按方案",
    "order_ref": "外部订单号，同一订单多行",
    "placed_at": "下单时间",
    "quantity": "数量，整数",
}


class UploadForm(FileForm):
    """Ask for a file and what it holds."""

    kind = SelectField(_l("What the file holds"))


@blueprint.route("/products/import", methods=["GET", "POST"])
def products_import() -> ResponseReturnValue:
    """Take a file in and show what it would do; nothing is stored yet."""
    form = UploadForm(kind=request.args.get("kind", "products"))
    form.kind.choices = [SelectChoice(kind, str(KIND_NAMES[kind])) for kind in KINDS]
    kind = form.kind.data
    if sent := taken(form, lambda token: url_for("admin.products_import_check", kind=kind, token=token)):
        return sent
    page = render_template(
        "admin/import.html", form=form, tabs=tabs("admin.products_import"), kinds=KIND_NAMES, known=KINDS
    )
    return page, 422 if form.errors else 200


@blueprint.get("/products/import/<kind>/template.xlsx")
def products_import_template(kind: str) -> ResponseReturnValue:
    """Download a workbook to fill in."""
    columns = [
        TemplateColumn(column.name, column.required, EXPLANATIONS.get(column.name, ""), _example(column.name))
        for column in _kind(kind).columns
    ]
    content = write_template(str(KIND_NAMES[kind]), columns)
    return attachment(content, f"{kind}.xlsx", xlsx.CONTENT_TYPE)


def _example(name: str) -> str:
    examples = {"phone": "13812345678", "price_yuan": "9.90", "room": "3-2-501", "case_size": "12"}
    return examples.get(name, "")


def _kind(kind: str) -> Kind:
    if kind not in KINDS:
        raise NotFound("unknown_kind", f"There is no import of {kind}.")
    return KINDS[kind]


@blueprint.get("/products/import/<kind>/<token>")
def products_import_check(kind: str, token: str) -> ResponseReturnValue:
    """Show what a file would do: a dry run."""
    _kind(kind)
    path = kept(token)
    result = _run(kind, path, dry_run=True)
    page = render_template(
        "admin/import_check.html",
        kind=kind,
        kind_name=KIND_NAMES[kind],
        token=token,
        name=name_of(path),
        result=result,
        shown=SHOWN_FAULTS,
        tabs=tabs("admin.products_import"),
    )
    return page, 422 if result.faults else 200


@blueprint.get("/products/import/<kind>/<token>/marked.xlsx")
def products_import_marked(kind: str, token: str) -> ResponseReturnValue:
    """Give the file back with what is wrong marked in it."""
    _kind(kind)
    path = kept(token)
    result = _run(kind, path, dry_run=True)
    return marked(path, result.faults, f"{kind}-marked.xlsx")


@blueprint.post("/products/import/<kind>/<token>")
def products_import_store(kind: str, token: str) -> ResponseReturnValue:
    """Store a file that has been looked at; with a fault nothing is stored."""
    _kind(kind)
    path = kept(token)
    result = _run(kind, path, dry_run=False)
    if result.faults:
        return redirect(url_for("admin.products_import_check", kind=kind, token=token), 303)
    path.unlink(missing_ok=True)
    flash(
        ngettext("%(num)s row imported.", "%(num)s rows imported.", result.imported)
        + _(" %(created)s new, %(updated)s changed.", created=result.created, updated=result.updated),
        "ok",
    )
    return redirect(url_for("admin.products_import", kind=kind), 303)


def _run(kind: str, path: Path, *, dry_run: bool) -> ImportResult:
    """Import a kept file; what cannot be read at all comes back as faults."""
    try:
        table = read_table(path)
    except UnreadableTable as error:
        return ImportResult(0, 0, 0, tuple(error.faults))
    now, who = utc_now(), actor().name
    return in_transaction(
        lambda: import_file(kind=kind, table=table, now=now, zone=zone(), actor=who, dry_run=dry_run)
    )
