"""Where a product stands on the shelves; below how many units its stock is low, in all and by warehouse."""

from wtforms import FieldList, Form, FormField, HiddenField, StringField
from wtforms.validators import Length

from groupbuy.catalog import service as catalog
from groupbuy.catalog.models import Product
from groupbuy.catalog.rules import MAX_SHELF_PLACE
from groupbuy.kernel.clock import utc_now
from groupbuy.warehouse import alerts
from groupbuy.warehouse import warehouses as places
from groupbuy.web.admin.blueprint import actor
from groupbuy.web.admin.fields import WholeField, optional
from groupbuy.web.kit.forms import PageForm
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l

MOST_PLACES = 500


class PlaceForm(Form):  # type: ignore[misc]  # WTForms ships no types.
    """Below how many units a stock is low in one warehouse."""

    class Meta(PageForm.Meta):
        csrf = False

    warehouse = HiddenField()
    least = WholeField(_l("Low below"), validators=optional())


class LeastForm(PageForm):
    """Where a product stands, and below how many units its stock is low."""

    shelf_place = StringField(_l("Shelf place"), validators=[Length(max=MAX_SHELF_PLACE)])
    least = WholeField(_l("Low below, over all warehouses"), validators=optional())
    places = FieldList(FormField(PlaceForm), max_entries=MOST_PLACES)


def least_form(product: Product) -> LeastForm:
    """Return the form with what has been chosen; the warehouses stand in it where there are several."""
    known, chosen = places.all_places(), alerts.least_by_place(product.id)
    rows = [{"warehouse": place.code, "least": chosen.get(place.id)} for place in known]
    shown = rows if len(known) > 1 or chosen else []
    stored = {"shelf_place": product.shelf_place, "least": alerts.least_of(product.id), "places": shown}
    form = LeastForm(formdata=None, data=stored)
    name_places(form)
    return form


def name_places(form: LeastForm) -> None:
    """Name the warehouses of a form beside their fields."""
    names = {place.code: place.name for place in places.all_places()}
    for row in form.places:
        place = names.get(row.warehouse.data or "", row.warehouse.data)
        row.least.label.text = _("Low below in %(place)s", place=place)


def store(product: Product, form: LeastForm) -> None:
    """Keep where a product stands, and below how many units its stock is low."""
    now, who = utc_now(), actor().name
    shelf = (form.shelf_place.data or "").strip() or None
    catalog.place_product(product=product, shelf_place=shelf, now=now, actor=who)
    alerts.set_least(product=product, least=form.least.data, now=now, actor=who)
    for row in form.places:
        place = places.get(row.warehouse.data or "")
        alerts.set_least(product=product, least=row.least.data, now=now, actor=who, warehouse=place)
