"""The demonstration region, loaded through the same imports and use cases that operators use."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select

from groupbuy.accounts import queries as accounts
from groupbuy.accounts import service
from groupbuy.campaigns import lifecycle
from groupbuy.campaigns.models import Campaign, Round
from groupbuy.campaigns.queries import due_to_open
from groupbuy.campaigns.recurrence import Kind, Recurrence
from groupbuy.campaigns.rules import Window
from groupbuy.campaigns.service import CampaignPlan, OfferPlan, create_campaign
from groupbuy.catalog.models import Product, Supplier
from groupbuy.catalog.service import save_supplier
from groupbuy.cli.demo import catalogue, people
from groupbuy.db import db
from groupbuy.documents.reading import Table
from groupbuy.flows import planning
from groupbuy.flows.importing import import_file
from groupbuy.kernel.money import plain_yuan
from groupbuy.purchasing.delivering import set_delivery_place

ACTOR = "demo"
DAILY = "FRESH"


@dataclass(frozen=True, slots=True)
class Login:
    """Somebody who can sign in to the demonstration."""

    role: str
    name: str
    phone: str
    password: str


def load(*, now: datetime, zone: ZoneInfo) -> list[Login]:
    """Load the region and give its three people new passwords; loading it again only does the latter."""
    for kind, headers, rows in _files():
        table = Table(tuple(headers.split(",")), [(n, tuple(map(str, r))) for n, r in enumerate(rows, 2)])
        result = import_file(kind=kind, table=table, now=now, zone=zone, actor=ACTOR)
        if result.faults:
            raise RuntimeError(f"the demonstration's {kind}: {result.faults[0]}")
    _hang_pictures()
    _agree_on_terms(now)
    set_delivery_place(address=catalogue.WAREHOUSE, now=now, actor=ACTOR)
    logins = _logins(now)
    if db.session.scalar(select(Campaign.id).where(Campaign.code == DAILY)) is None:
        _daily_campaign(now, zone)
    return logins


def _files() -> list[tuple[str, str, Sequence[Sequence[object]]]]:
    products = [_product_row(item) for item in catalogue.ITEMS]
    suppliers = [(c, n, who, phone, "", minimum) for c, n, who, phone, minimum, _ in catalogue.SUPPLIERS]
    leaders = [
        (code, name, people.leader_phone(place), community, address, route, rate)
        for place, (code, name, community, address, route, rate) in enumerate(people.LEADERS)
    ]
    return [
        ("suppliers", "code,name,contact,phone,email,min_order_yuan", suppliers),
        (
            "products",
            "code,name,category,supplier_code,unit,case_size,cost_yuan,price_yuan,list_price_yuan,spec,"
            "temperature_zone",
            products,
        ),
        ("leaders", "code,name,phone,community,address,route,commission_percent", leaders),
        ("residents", "code,name,phone,leader_code,room", people.residents()),
    ]


def _product_row(item: catalogue.Item) -> Sequence[object]:
    prices = [plain_yuan(fen) for fen in (item.cost_fen, item.price_fen, item.list_price_fen)]
    trade = (item.code, item.name, item.category, item.supplier, item.unit, item.case_size)
    return (*trade, *prices, item.spec, item.zone)


def _hang_pictures() -> None:
    pictures = {item.code: f"vendor/food/{item.picture}.webp" for item in catalogue.ITEMS}
    for product in db.session.scalars(select(Product).where(Product.code.in_(pictures))):
        product.picture = pictures[product.code]
    db.session.flush()


def _agree_on_terms(now: datetime) -> None:
    terms = {code: agreed for code, *_, agreed in catalogue.SUPPLIERS}
    # Terms that somebody has changed since stay as they are.
    unset = select(Supplier).where(Supplier.code.in_(terms), Supplier.terms.is_(None))
    for supplier in db.session.scalars(unset).all():
        save_supplier(supplier=supplier, values={"terms": terms[supplier.code]}, now=now, actor=ACTOR)


def _logins(now: datetime) -> list[Login]:
    _, resident_name, resident_phone, _, _ = people.residents()[0]
    persons = (
        ("operator", people.OPERATOR[1], people.OPERATOR[0]),
        ("leader", people.LEADERS[0][1], people.leader_phone(0)),
        ("resident", resident_name, resident_phone),
    )
    return [_login(role, name, phone, now) for role, name, phone in persons]


def _login(role: str, name: str, phone: str, now: datetime) -> Login:
    password = secrets.token_urlsafe(9)
    account = accounts.find_account(phone) or service.account_for(phone=phone, name=name, now=now)
    service.grant_role(account=account, role=role, now=now, actor=ACTOR)
    service.set_password(account=account, password=password, now=now, actor=ACTOR)
    return Login(role, name, phone, password)


def offers() -> list[OfferPlan]:
    """Return the whole catalogue as offers."""
    ids = {row.code: row.id for row in db.session.execute(select(Product.code, Product.id))}
    return [
        OfferPlan(
            product_id=ids[item.code],
            price_fen=item.price_fen,
            list_price_fen=item.list_price_fen,
            limit_units=item.limit,
            per_buyer_limit=item.per_buyer,
            min_units=item.min_units,
        )
        for item in catalogue.ITEMS
    ]


def _daily_campaign(now: datetime, zone: ZoneInfo) -> None:
    """Publish a campaign with a round every day, open from the evening before."""
    today = now.astimezone(zone).date()
    plan = CampaignPlan(
        name="每日鲜选", recurrence=Recurrence(Kind.DAILY, today), opens="00:00", closes="24:00"
    )
    campaign = create_campaign(code=DAILY, plan=plan, offers=offers(), now=now, actor=ACTOR)
    planning.publish(campaign=campaign, now=now, zone=zone, actor=ACTOR)
    # Today's round began at midnight; nobody is late to open it.
    for round_ in due_to_open(now):
        lifecycle.open_round(round_=round_, now=now, actor=ACTOR)


def quick_round(*, now: datetime, opens_in: timedelta, lasts: timedelta, zone: ZoneInfo) -> Round:
    """Make a round that opens in a moment and closes soon after."""
    local = now.astimezone(zone)
    code = f"SHOW-{local:%Y%m%d-%H%M%S}"
    plan = CampaignPlan(name="金秋水果生鲜团", recurrence=Recurrence(Kind.ONCE, local.date()))
    campaign = create_campaign(code=code, plan=plan, offers=offers(), now=now, actor=ACTOR)
    window = Window(now + opens_in, now + opens_in + lasts, local.date() + timedelta(days=1))
    return planning.make_round(
        campaign=campaign, name=code, window=window, day=local.date(), now=now, actor=ACTOR
    )
