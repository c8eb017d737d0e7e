"""A small application around the kit: sample pages that use every layout and macro."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from zoneinfo import ZoneInfo

from flask import Blueprint, Flask, abort, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf import CSRFProtect
from jinja2 import ChoiceLoader, FileSystemLoader
from sqlalchemy.exc import OperationalError
from wtforms import BooleanField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired, Length

from groupbuy import paths
from groupbuy.kernel.errors import NotFound, RuleBroken
from groupbuy.web import kit
from groupbuy.web.kit.assets import food_picture
from groupbuy.web.kit.forms import KeyedForm

TEMPLATES = Path(__file__).resolve().parent / "kit_templates"


class SampleForm(KeyedForm):
    """One field of each kind."""

    name = StringField("姓名", validators=[InputRequired(), Length(max=5)])
    kind = SelectField("分类", choices=[SelectChoice("fruit", "水果"), SelectChoice("greens", "蔬菜")])
    note = TextAreaField("备注")
    mode = RadioField(
        "缺货时",
        choices=[SelectChoice("refund", "退款"), SelectChoice("substitute", "替换")],
        default="refund",
    )
    agree = BooleanField("我同意隐私政策", validators=[InputRequired()])


class SamplePages:
    """What Flask-SQLAlchemy's pagination offers, at its third page of twelve."""

    page, pages, total, has_prev, has_next = 3, 12, 236, True, True

    def iter_pages(self, **_edges: int) -> list[int | None]:
        """Return page numbers with gaps."""
        return [1, 2, 3, 4, None, 12]


def sample_app() -> Flask:
    """Return an application with the kit and one page per layout."""
    app = Flask("groupbuy", template_folder=str(paths.templates_dir()), static_folder=str(paths.static_dir()))
    app.config["SECRET_KEY"] = "a key for sample pages only"
    app.jinja_loader = ChoiceLoader([FileSystemLoader(paths.templates_dir()), FileSystemLoader(TEMPLATES)])
    CSRFProtect(app)
    kit.install(app, zone=ZoneInfo("Asia/Shanghai"), insecure_http=True)
    app.register_blueprint(_menu_targets())
    _add_pages(app)
    _add_failures(app)
    return app


def offers() -> list[SimpleNamespace]:
    """Return a product in stock and a sold-out one."""
    common = {
        "list_fen": 4580,
        "step": 1,
        "needed": 0,
        "url": "",
        "note": "糖心率90%",
        "facts": "每人限购3件",
    }
    apple = {
        "key": "apple",
        "name": "冰糖心苹果",
        "price_fen": 2990,
        "picture": food_picture("apple"),
        "tint": 0,
    }
    berry = {
        "key": "berry",
        "name": "草莓",
        "price_fen": 2580,
        "picture": food_picture("strawberry"),
        "tint": 3,
    }
    stock = {"sold": 86, "limit": 120, "quantity": 1, "max": 3, "tag": "爆款", "sold_out": False}
    gone = {"sold": 80, "limit": 80, "quantity": 0, "max": 0, "tag": "", "sold_out": True}
    return [SimpleNamespace(**common, **apple, **stock), SimpleNamespace(**common, **berry, **gone)]


def _menu_targets() -> Blueprint:
    admin = Blueprint("admin", __name__, url_prefix="/admin")
    for name in ("dashboard", "orders", "leaders"):
        admin.add_url_rule(f"/{name}", name, lambda: "")
    return admin


def _add_pages(app: Flask) -> None:
    @app.get("/round")
    def round_page() -> str:
        return render_template("round.html", offers=offers(), until=datetime.now(UTC) + timedelta(hours=2))

    @app.get("/desk")
    def desk() -> str:
        return render_template("desk.html", until=datetime.now(UTC))

    @app.get("/campaigns")
    def campaigns() -> str:
        chart = {
            "xAxis": {"type": "category", "data": ["11-22"]},
            "yAxis": {},
            "series": [{"type": "bar", "data": [12]}],
        }
        return render_template("campaigns.html", pages=SamplePages(), chart=chart)

    @app.get("/code")
    def code() -> str:
        return render_template("code.html")

    @app.route("/form", methods=["GET", "POST"])
    def form() -> ResponseReturnValue:
        form = SampleForm()
        if form.validate_on_submit():
            flash("已保存", "ok")
            return redirect("/desk", 303)
        return render_template("form.html", form=form)

    @app.get("/cancel")
    def cancel() -> str:
        return render_template(
            "confirm.html",
            layout="resident/base.html",
            question="取消这张订单？",
            consequences=["3 件商品退回库存"],
            action="/buy",
            deed="取消订单",
            back="/desk",
            danger=True,
        )

    @app.post("/buy")
    def buy() -> ResponseReturnValue:
        return {key: text for key, text in request.form.items() if key != "csrf_token"}


def _add_failures(app: Flask) -> None:
    @app.get("/closed")
    def closed() -> str:
        raise RuleBroken("round_closed", "This round has closed.")

    @app.get("/hidden")
    def hidden() -> str:
        raise NotFound("unknown_order", "There is no such order.")

    @app.get("/broken")
    def broken() -> str:
        raise ZeroDivisionError

    @app.get("/away")
    def away() -> str:
        raise OperationalError("SELECT 1", {}, Exception("server closed the connection"))

    @app.get("/status/<int:status>")
    def status(status: int) -> str:
        abort(status)
