"""Below how many units a product's stock is low: over all warehouses, and in each of them."""

from wtforms import FieldList, Form, FormField, HiddenField

from groupbuy.catalog.models import Product
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
    """Below how many units a stock is low."""

    least = WholeField(_l("Low below, over all warehouses"), validators=optional())
    places = FieldList(FormField(PlaceForm), max_entries=MOST_PLACES)


def least_form(product_id: int) -> LeastForm:
    """Return the form with what has been chosen; the warehouses stand in it where there are several."""
    known, chosen = places.all_places(), alerts.least_by_place(product_id)
    rows = [{"warehouse": place.code, "least": chosen.get(place.id)} for place in known]
    shown = rows if len(known) > 1 or chosen else []
    form = LeastForm(formdata=None, data={"least": alerts.least_of(product_id), "places": shown})
    name_places(form)
    return form


def name_places(form: LeastForm) -> None:
    """Name the warehouses of a form beside their fields."""
    names = {place.code: place.name for place in places.all_places()}
    for row in form.places:
        place = names.get(row.warehouse.data or "", row.warehouse.data)
        row.least.label.text = _("Low below in %(place)s", place=place)


def store(product: Product, form: LeastForm) -> None:
    """Keep below how many units a product's stock is low."""
    now, who = utc_now(), actor().name
    alerts.set_least(product=product, least=form.least.data, now=now, actor=who)
    for row in form.places:
        place = places.get(row.warehouse.data or "")
        alerts.set_least(product=product, least=row.least.data, now=now, actor=who, warehouse=place)
