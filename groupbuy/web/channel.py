"""What payment channels call: no page, no session; a signature over the raw body says who it is."""

import structlog
from flask import Blueprint, Response, jsonify, request
from flask.typing import ResponseReturnValue

from groupbuy.db.transaction import in_transaction
from groupbuy.flows import paying
from groupbuy.http.charging import charging_here
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import GroupbuyError, NotFound
from groupbuy.payments.gateways import NotGenuine

blueprint = Blueprint("channel", __name__)
MOST_BYTES = 65_536

log = structlog.get_logger()


@blueprint.post("/pay/notify/<channel>")
def notify(channel: str) -> ResponseReturnValue:
    """Take in a call of a channel; whatever is not acknowledged is called again by the channel's schedule."""
    here = charging_here()
    if channel not in here.gateways:
        raise NotFound("unknown_channel", "There is no such channel.")
    request.max_content_length = MOST_BYTES
    try:
        notice = here.gateways[channel].read_notice(dict(request.headers), request.get_data(), now=utc_now())
        result = in_transaction(
            lambda: paying.take_notice(channel=channel, notice=notice, now=utc_now(), grace=here.grace)
        )
    except NotGenuine as error:
        log.warning("notice_refused", channel=channel, code=error.code)
        return _refusal(channel, error, 401)
    except GroupbuyError as error:
        log.warning("notice_not_taken", channel=channel, code=error.code)
        return _refusal(channel, error, error.status)
    log.info("notice_taken", channel=channel, result=result)
    return Response("success", mimetype="text/plain") if channel == "alipay" else ("", 204)


def _refusal(channel: str, error: GroupbuyError, status: int) -> ResponseReturnValue:
    """Return a refusal as the channel's documents ask for it."""
    if channel == "alipay":
        return Response("fail", status, mimetype="text/plain")
    return jsonify({"code": "FAIL", "message": error.code}), status
