"""T13: a model of rounds and orders in plain dictionaries, told the same things as the platform."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

PRICE_FEN = 990
PAY_WITHIN = timedelta(minutes=15)


@dataclass
class ModelRound:
    """A round: ``limits`` and ``shares`` by product code."""

    opens_at: datetime
    closes_at: datetime
    prepaid: bool
    limits: dict[str, int]
    shares: dict[str, int]
    state: str = "scheduled"

    def sells(self, now: datetime) -> bool:
        """Tell whether an order is in time."""
        return self.state in ("scheduled", "open") and self.opens_at <= now < self.closes_at


@dataclass
class ModelOrder:
    """An order of a resident: quantities by product code."""

    round: int
    resident: int
    lines: dict[str, int]
    state: str
    expires_at: datetime | None = None
    paid_fen: int = 0
    paid: bool = False

    @property
    def amount_fen(self) -> int:
        """Return what is to be delivered."""
        return 0 if self.state == "cancelled" else PRICE_FEN * sum(self.lines.values())


@dataclass
class Model:
    """All rounds and orders; every deed tells whether it is done or refused."""

    rounds: dict[int, ModelRound] = field(default_factory=dict)
    orders: dict[int, ModelOrder] = field(default_factory=dict)

    def held(self, round_id: int, code: str, resident: int | None = None) -> int:
        """Return the units that orders hold, of all or of one resident."""
        return sum(
            order.lines.get(code, 0)
            for order in self.orders.values()
            if order.round == round_id and order.state != "cancelled" and resident in (None, order.resident)
        )

    def fits(self, round_id: int, resident: int, lines: dict[str, int], old: dict[str, int]) -> bool:
        """Tell whether stock and shares allow new lines in place of old ones."""
        round_ = self.rounds[round_id]
        more = {code: units - old.get(code, 0) for code, units in lines.items()}
        return all(
            delta <= 0
            or (
                self.held(round_id, code) + delta <= round_.limits[code]
                and self.held(round_id, code, resident) + delta <= round_.shares[code]
            )
            for code, delta in more.items()
        )

    def may_place(self, round_id: int, resident: int, lines: dict[str, int], now: datetime) -> bool:
        """Tell whether an order would be taken."""
        return self.rounds[round_id].sells(now) and self.fits(round_id, resident, lines, {})

    def place(
        self, order_id: int, round_id: int, resident: int, lines: dict[str, int], now: datetime
    ) -> None:
        """Take an order."""
        round_ = self.rounds[round_id]
        state = "awaiting_payment" if round_.prepaid else "confirmed"
        expires_at = min(now + PAY_WITHIN, round_.closes_at) if round_.prepaid else None
        self.orders[order_id] = ModelOrder(round_id, resident, dict(lines), state, expires_at)

    def change(self, order_id: int, lines: dict[str, int], now: datetime) -> bool:
        """Give an order other lines."""
        order = self.orders[order_id]
        round_ = self.rounds[order.round]
        if not round_.sells(now) or order.state == "cancelled" or (round_.prepaid and order.paid_fen):
            return False
        if not self.fits(order.round, order.resident, lines, order.lines):
            return False
        order.lines = dict(lines)
        return True

    def cancel(self, order_id: int, now: datetime) -> bool:
        """Cancel an order."""
        order = self.orders[order_id]
        if order.state == "cancelled":
            return True
        if not self.rounds[order.round].sells(now):
            return False
        order.state = "cancelled"
        return True

    def pay(self, order_id: int) -> bool:
        """Mark an order paid."""
        order = self.orders[order_id]
        if order.state == "cancelled":
            return False
        if not (order.paid and order.paid_fen >= order.amount_fen):
            order.paid_fen, order.paid, order.state = order.amount_fen, True, "confirmed"
        return True

    def tick(self, now: datetime) -> None:
        """Open, close and time out what is due."""
        for number, round_ in self.rounds.items():
            if round_.state in ("scheduled", "open") and round_.closes_at <= now:
                round_.state = "closed"
                self._time_out(number, None)
            elif round_.state == "scheduled" and round_.opens_at <= now:
                round_.state = "open"
            self._time_out(number, now)
            if round_.prepaid and round_.state == "closed":
                self._pay_back(number)

    def _pay_back(self, round_id: int) -> None:
        """Give back what was paid on cancelled orders; none is so dear here that somebody has to look."""
        for order in self.orders.values():
            if order.round == round_id:
                order.paid_fen = min(order.paid_fen, order.amount_fen)

    def _time_out(self, round_id: int, now: datetime | None) -> None:
        for order in self.orders.values():
            waits = order.round == round_id and order.state == "awaiting_payment"
            if waits and (now is None or (order.expires_at is not None and order.expires_at <= now)):
                order.state = "cancelled"
