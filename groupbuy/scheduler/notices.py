"""The jobs that take notices to phones: text messages outside the quiet hours, and WeChat."""

from collections.abc import Callable, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from groupbuy.config import Settings
from groupbuy.db import db
from groupbuy.db.transaction import transaction
from groupbuy.kernel.clock import utc_now
from groupbuy.messaging.codes import TextSender
from groupbuy.notices import fitting, sending
from groupbuy.notices.sending import Outgoing
from groupbuy.notices.wechat import SubscribeSender
from groupbuy.scheduler.mails import note_failure, note_outcome
from groupbuy.scheduler.work import Handler, Postponed

Send = Callable[[Outgoing], str]


def by_text(texts: TextSender, settings: Settings) -> Send:
    """Return how a notice leaves as a text message."""
    outcome = "accepted" if settings.sms_url else "printed"

    def send(notice: Outgoing) -> str:
        texts.tell(notice.address, notice.body, reference=notice.reference)
        return outcome

    return send


def by_wechat(subscriptions: SubscribeSender) -> Send:
    """Return how a notice leaves as a WeChat subscribe message, whose subject is the template."""
    return lambda notice: subscriptions.send(
        notice.address, notice.subject, fitting.wechat_fields(notice.body)
    )


def handler(send: Send, *, zone: ZoneInfo) -> Handler:
    """Return how notices leave by one channel."""

    def act(payload: Mapping[str, Any]) -> str:
        message_id = payload["message"]
        until = sending.waits_until(message_id, now=utc_now(), zone=zone)
        db.session.rollback()
        if until is not None:
            raise Postponed(until, sending.QUIET)
        with transaction():
            notice = sending.take_in_hand(message_id)
        try:
            return send(notice)
        except Exception as error:
            with transaction():
                sending.put_back(message_id, error=f"{type(error).__name__}: {error}"[:500])
            raise

    return Handler(record=note_outcome, act=act, give_up=note_failure, patience=sending.PATIENCE)
