"""A prepaid round with a resident who pays through the simulated channel; time stands at ``building.NOW``."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from groupbuy.analytics import invariants
from groupbuy.db import db
from groupbuy.db.transaction import in_transaction
from groupbuy.finance import queries, rules, service
from groupbuy.finance.rules import Entry
from groupbuy.flows import bookkeeping, ordering, paying
from groupbuy.flows.paying import Way
from groupbuy.http.charging import open_payment
from groupbuy.orders.models import Order
from groupbuy.payments.gateways import PAID, Found
from groupbuy.payments.models import ChannelPayment, ChannelRefund
from groupbuy.payments.simulator.serving import Call, Channel
from groupbuy.scheduler.setup import handlers_of
from groupbuy.scheduler.tick import tick_until_idle
from tests import building
from tests.building import ACTOR, NOW, ZONE

NATIVE = Way("wechat", "native")
GRACE = timedelta(minutes=30)


@dataclass
class Shop:
    """An application with its channel, and one order of ¥19.80 that waits for its payment."""

    app: Flask
    client: FlaskClient
    simulator: Channel
    order_id: int
    resident_id: int
    channel: str = "wechat"

    @property
    def order(self) -> Order:
        """Return the order as it is stored now."""
        db.session.rollback()
        db.session.expire_all()
        return db.session.get_one(Order, self.order_id)

    def begin(self, *, now: datetime = NOW, from_wallet: bool = False, way: Way = NATIVE) -> str:
        """Begin to pay and open the payment at the channel; return its number."""
        payment = in_transaction(
            lambda: paying.pay_order(
                order=self.order_row(), way=way, from_wallet=from_wallet, now=now, actor=ACTOR
            )
        )
        assert payment is not None
        number = payment.number
        with self.app.test_request_context():
            open_payment(number, back="/")
        return number

    def order_row(self) -> Order:
        """Return the order within a transaction."""
        return db.session.get_one(Order, self.order_id)

    def payment(self, number: str) -> ChannelPayment:
        """Return a payment as it is stored now."""
        db.session.rollback()
        db.session.expire_all()
        found = db.session.scalar(select(ChannelPayment).where(ChannelPayment.number == number))
        assert found is not None
        return found

    def refunds(self) -> list[ChannelRefund]:
        """Return all refunds through the channel."""
        db.session.rollback()
        db.session.expire_all()
        return list(db.session.scalars(select(ChannelRefund).order_by(ChannelRefund.id)))

    def send(self, call: Call, **headers: str) -> int:
        """Call the platform as the channel does; return its status."""
        answer = self.client.post(
            f"/pay/notify/{self.channel}", data=call.body, headers={**call.headers, **headers}
        )
        return answer.status_code

    def tell(self, number: str) -> int:
        """Let the channel tell of a payment or a refund."""
        return self.send(self.simulator.tell(number))

    def arrive(self, number: str, *, now: datetime = NOW, amount_fen: int = 1980) -> str:
        """Take in that a payment was made, without the channel."""
        found = Found(number, PAID, amount_fen, transaction=f"T{number}", at=now)
        return in_transaction(
            lambda: paying.take_found(channel=self.channel, found=found, now=now, grace=GRACE)
        )

    def tick(self, now: datetime) -> None:
        """Let the scheduler do what is due."""
        tick_until_idle(now=now, zone=ZONE, handlers=handlers_of(self.app), note=lambda _: None)

    def fill_wallet(self, fen: int) -> None:
        """Put money into the resident's wallet."""
        entry = Entry(rules.CASH_DESK, rules.wallet(self.resident_id), fen, "gift", str(fen))
        in_transaction(lambda: service.post([entry], at=NOW, actor="test"))

    def wallet(self) -> int:
        """Return what is in the resident's wallet, in fen."""
        db.session.rollback()
        return queries.available(rules.wallet(self.resident_id))

    def at_channel(self) -> int:
        """Return what the books say the channel holds, in fen."""
        db.session.rollback()
        return queries.balance(rules.channel(self.channel))


def open_shop(app: Flask, client: FlaskClient, simulator: Channel, **columns: Any) -> Shop:
    """Place an order of ¥19.80 in a prepaid round."""
    offers = columns.pop("offers", None)
    product = building.add_product(building.add_supplier())
    round_ = building.add_round([product], offers=offers, **{"payment": "prepaid"} | columns)
    resident = building.add_resident(building.add_leader())
    order = building.place(round_, resident, {"P1": 2})
    return Shop(app, client, simulator, order.id, resident.id)


def open_paid_shop(app: Flask, client: FlaskClient, simulator: Channel) -> Shop:
    """Place an order of ¥19.80, of which the wallet pays ¥5.00 and the channel ¥14.80."""
    shop = open_shop(app, client, simulator)
    shop.fill_wallet(500)
    number = shop.begin(from_wallet=True)
    simulator.pay(number)
    shop.tell(number)
    return shop


def open_cancelled_shop(app: Flask, client: FlaskClient, simulator: Channel) -> Shop:
    """Place such an order and cancel it: all of it is owed back."""
    shop = open_paid_shop(app, client, simulator)
    in_transaction(
        lambda: ordering.cancel_order(order=shop.order_row(), reason="不要了", now=NOW, actor=ACTOR)
    )
    return shop


def broken_invariants(now: datetime) -> list[str]:
    """Return what is wrong once the books are kept."""
    in_transaction(lambda: bookkeeping.keep_books(now=now))
    db.session.rollback()
    found = invariants.check_all(now=now, at_rest=False)
    return [f"{one.name}: {one.examples}" for one in found if one.violations]
