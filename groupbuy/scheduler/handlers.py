"""The kinds of jobs there are and how each is done."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from groupbuy.accounts.telling import TELL_JOB
from groupbuy.app.outside import payment_gateways_of
from groupbuy.campaigns import lifecycle
from groupbuy.config import Settings
from groupbuy.db.unhurried import be_unhurried
from groupbuy.delivery.planning import ROUTES_JOB
from groupbuy.flows import closing
from groupbuy.jobs import files
from groupbuy.jobs.service import Patience
from groupbuy.messaging.codes import TextSender
from groupbuy.messaging.posting import HttpPoster
from groupbuy.messaging.senders import ConsoleSender, MailSender, SmtpSender
from groupbuy.messaging.service import MAIL_JOB
from groupbuy.messaging.webhooks import WEBHOOK_JOB
from groupbuy.notices.telling import SMS_JOB, WECHAT_JOB
from groupbuy.notices.wechat import SubscribeSender
from groupbuy.scheduler import account_notes, mails, notices, payments, report_files, route_plans, webhooks
from groupbuy.scheduler.mails import Render
from groupbuy.scheduler.work import Handler

# A round must close, whatever it takes; people wait for it.
UNTIL_CLOSED = Patience(first=timedelta(seconds=1), longest=timedelta(seconds=30), attempts=None)


def handlers_for(
    settings: Settings, render: Render, *, texts: TextSender, subscriptions: SubscribeSender
) -> Mapping[str, Handler]:
    """Return the handler of each kind of job, with the gateways that the settings name."""
    sender: MailSender = SmtpSender(settings.smtp_url) if settings.smtp_url else ConsoleSender()

    def close(payload: Mapping[str, Any], _: object, now: datetime) -> str:
        be_unhurried()
        round_ = lifecycle.lock_round(payload["round_id"])
        return closing.close_round(round_=round_, now=now, zone=settings.timezone)

    channels = payment_gateways_of(settings)
    grace = timedelta(minutes=settings.pay_grace_minutes)
    return payments.handlers(channels, grace=grace, base_url=settings.base_url) | {
        files.FILE_JOB: report_files.handler(),
        ROUTES_JOB: route_plans.handler(),
        closing.CLOSE_JOB: Handler(record=close, patience=UNTIL_CLOSED),
        MAIL_JOB: mails.handler(sender, render, mail_from=settings.mail_from),
        TELL_JOB: account_notes.handler(texts),
        SMS_JOB: notices.handler(notices.by_text(texts, settings), zone=settings.timezone),
        WECHAT_JOB: notices.handler(notices.by_wechat(subscriptions), zone=settings.timezone),
        WEBHOOK_JOB: webhooks.handler(HttpPoster()),
    }
