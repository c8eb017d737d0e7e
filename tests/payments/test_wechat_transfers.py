"""WeChat's transfers to persons: the adapter against the simulator, which verifies and signs everything."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from groupbuy.config import ConfigError
from groupbuy.kernel.clock import utc_now
from groupbuy.payments.gateways import (
    ChannelAway,
    ChannelRefused,
    FoundTransfer,
    NotGenuine,
    Sending,
    TransferGateway,
)
from groupbuy.payments.simulator.server import Simulator
from groupbuy.payments.simulator.serving import Fault, running
from groupbuy.payments.simulator.transfers import OVERDUE, PATH
from tests.payments.channel import channel, make_simulator, settings_for

Side = tuple[Simulator, TransferGateway]


@pytest.fixture
def side(tmp_path: Path) -> Iterator[Side]:
    with channel(tmp_path) as (simulator, gateway):
        assert gateway.transfers is not None
        yield simulator, gateway.transfers


def sending(number: str = "T1", amount: int = 1980, payee: str = "o-li") -> Sending:
    return Sending(number, amount, payee, "李四")


def test_a_transfer_waits_for_its_payee_and_is_paid_once_confirmed(side: Side) -> None:
    simulator, gateway = side
    assert gateway.query("T1") == FoundTransfer("T1", "unknown")
    sent = gateway.send(sending())
    assert (sent.state, bool(sent.package), bool(sent.transaction)) == ("waiting", True, True)
    assert gateway.send(sending()) == sent
    assert list(simulator.transfers.by_number) == ["T1"]
    assert gateway.query("T1").state == "waiting"
    simulator.confirm("T1")
    paid = gateway.query("T1")
    assert (paid.state, paid.amount_fen, paid.transaction) == ("success", 1980, sent.transaction)
    with pytest.raises(ChannelRefused, match="INVALID_REQUEST"):
        gateway.send(sending(amount=1))


def test_a_name_is_sent_from_two_thousand_yuan_on_and_only_wechat_can_read_it(side: Side) -> None:
    simulator, gateway = side
    gateway.send(sending("T1", 199_999))
    gateway.send(sending("T2", 200_000))
    assert [one.name for one in simulator.transfers.by_number.values()] == [None, "李四"]


@pytest.mark.parametrize(("state", "reason"), [("FAIL", "ACCOUNT_FROZEN"), ("CANCELLED", "MERCHANT_CANCEL")])
def test_a_transfer_that_has_ended_without_money_has_failed(side: Side, state: str, reason: str) -> None:
    simulator, gateway = side
    gateway.send(sending())
    simulator.confirm("T1", state, reason)
    found = gateway.query("T1")
    assert (found.state, found.reason) == ("failed", reason)


def test_what_nobody_confirms_is_taken_back_after_a_day(side: Side) -> None:
    simulator, gateway = side
    gateway.send(sending())
    simulator.transfers.by_number["T1"].asked_at -= OVERDUE
    assert gateway.query("T1").state == "failed"


@pytest.mark.parametrize("fault", [Fault(PATH), Fault(PATH, after=True), Fault(PATH, status=429)])
def test_a_failure_leaves_the_outcome_unknown_and_the_repeat_harmless(side: Side, fault: Fault) -> None:
    simulator, gateway = side
    simulator.faults.append(fault)
    with pytest.raises(ChannelAway):
        gateway.send(sending())
    gateway.send(sending())
    assert list(simulator.transfers.by_number) == ["T1"]


def test_a_call_of_the_end_is_read_and_a_changed_or_old_one_is_not(tmp_path: Path) -> None:
    with channel(tmp_path) as (simulator, gateway):
        assert gateway.transfers is not None
        gateway.transfers.send(sending())
        simulator.confirm("T1")
        call = simulator.tell("T1")
        notice = gateway.read_notice(call.headers, call.body, now=utc_now())
        assert isinstance(notice.said, FoundTransfer)
        assert (notice.said.number, notice.said.state, notice.said.amount_fen) == ("T1", "success", 1980)
        with pytest.raises(NotGenuine):
            gateway.read_notice(call.headers, call.body.replace(b"T", b"U"), now=utc_now())
        with pytest.raises(NotGenuine):
            gateway.read_notice(call.headers, call.body, now=utc_now() + timedelta(minutes=6))


def test_without_a_scene_nothing_is_transferred(tmp_path: Path) -> None:
    with channel(tmp_path, WECHAT_TRANSFER_SCENE="") as (_, gateway):
        assert gateway.transfers is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"WECHAT_TRANSFER_REMARK": "长" * 33},
        {"WECHAT_TRANSFER_REPORT": "岗位类型"},
        {"WECHAT_APP_ID": "wxother", "WECHAT_SECRET": "s"},
    ],
)
def test_settings_that_wechat_would_refuse_are_refused_at_the_start(
    tmp_path: Path, wrong: dict[str, str]
) -> None:
    with running(make_simulator()) as simulator, pytest.raises(ConfigError):
        settings_for(simulator, tmp_path, **wrong)


def test_a_transfer_is_called_back_until_its_payee_has_confirmed_it(side: Side) -> None:
    simulator, gateway = side
    gateway.send(sending())
    assert gateway.call_back("T1").state == "processing"
    # Called back once more, and too late for the payee: it is still under way, then over.
    assert gateway.call_back("T1").state == "processing"
    simulator.confirm("T1")
    found = gateway.query("T1")
    assert gateway.call_back("T1").state == "failed"
    assert (found.state, found.reason) == ("failed", "MERCHANT_CANCEL")


def test_what_its_payee_has_confirmed_is_not_called_back(side: Side) -> None:
    simulator, gateway = side
    with pytest.raises(ChannelRefused, match="NOT_FOUND"):
        gateway.call_back("T1")
    gateway.send(sending())
    simulator.confirm("T1")
    with pytest.raises(ChannelRefused, match="INVALID_REQUEST"):
        gateway.call_back("T1")
    assert gateway.query("T1").state == "success"
