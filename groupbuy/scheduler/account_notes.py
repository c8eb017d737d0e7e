"""The job that tells a phone what was changed about its account."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from groupbuy.accounts import telling
from groupbuy.db import db
from groupbuy.messaging.codes import TextSender
from groupbuy.scheduler.work import Handler


def handler(texts: TextSender) -> Handler:
    """Return how such notes leave."""

    def act(payload: Mapping[str, Any]) -> bool:
        message = telling.message(payload)
        db.session.rollback()
        if message is None:
            return False
        texts.tell(*message)
        return True

    def record(_payload: Mapping[str, Any], told: bool, _now: datetime) -> str:
        return "told" if told else "the account is gone"

    return Handler(record=record, act=act, patience=telling.PATIENCE)
