"""Signing in with WeChat: there and back, and linking it to an account once both were proved."""

import hmac
import secrets
from datetime import datetime, timedelta

from flask import flash, redirect, request, session, url_for
from flask.typing import ResponseReturnValue

from groupbuy.accounts import queries, wechat
from groupbuy.accounts.gateways import WechatFailed, WechatSite
from groupbuy.accounts.rules import STAFF_ROLES
from groupbuy.db.transaction import in_transaction
from groupbuy.http.guards import signed_in
from groupbuy.http.identity import Identity, current_identity
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import NotFound
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import translate_sentence
from groupbuy.web.signin import blueprint as room
from groupbuy.web.signin import visit
from groupbuy.web.signin.blueprint import blueprint
from groupbuy.web.signin.sign_in import go_on

STATE = "wechat_state"
STATE_LASTS = timedelta(minutes=10)
MAX_CODE = 512


@blueprint.get("/wechat")
def wechat_begin() -> ResponseReturnValue:
    """Send the browser to WeChat with a fresh state, which this browser alone can bring back."""
    site, state = _site(), secrets.token_hex(16)
    next_ = visit.own_path(request.args.get("next"))
    session[STATE] = {"state": state, "at": utc_now().isoformat(), "next": next_}
    return redirect(
        site.authorize_url(back=room.own_address(url_for("signin.wechat_back")), state=state), 303
    )


def _site() -> WechatSite:
    site = room.wechat()
    if site is None:
        raise NotFound("no_wechat", "Signing in with WeChat is not set up here.")
    return site


@blueprint.get("/wechat/back")
def wechat_back() -> ResponseReturnValue:
    """Take the code that WeChat sent the browser back with; each state is good once, in its own browser."""
    site, kept = _site(), session.pop(STATE, None)
    code = request.args.get("code", "")
    if kept is None or not _fits(kept) or not 0 < len(code) <= MAX_CODE:
        return _refuse(_("WeChat's answer does not belong to this visit; please try again."), None)
    try:
        openid = site.openid_of(code)
    except WechatFailed as error:
        return _refuse(translate_sentence(error.message), kept["next"])
    identity = current_identity()
    return _enter(openid, kept["next"]) if identity is None else _link(identity, openid, kept["next"])


def _fits(kept: dict[str, str]) -> bool:
    fresh = datetime.fromisoformat(kept["at"]) + STATE_LASTS > utc_now()
    return fresh and hmac.compare_digest(kept["state"].encode(), request.args.get("state", "").encode())


def _refuse(sentence: str, next_: str | None) -> ResponseReturnValue:
    flash(sentence, "bad")
    return redirect(url_for("signin.sign_in", next=next_), 303)


def _enter(openid: str, next_: str | None) -> ResponseReturnValue:
    """Let a linked user in; ask a new one for the phone, which is the second proof."""
    account = wechat.account_of(openid)
    if account is None:
        visit.note_openid(openid)
        flash(_("Sign in by phone this once; from then on WeChat is enough."), "info")
        return redirect(url_for("signin.sign_in", next=next_), 303)
    if queries.roles_of(account.id) & set(STAFF_ROLES):
        return _refuse(_("Staff sign in by phone."), next_)
    return go_on(account, next_)


def _link(identity: Identity, openid: str, next_: str | None) -> ResponseReturnValue:
    if visit.link_wechat(identity, openid):
        flash(_("WeChat is linked: from now on it lets you in without a code."), "ok")
    else:
        flash(_("This WeChat cannot be linked: it belongs to another account, or to staff."), "bad")
    return redirect(next_ or visit.start_page(), 303)


@blueprint.post("/wechat/unlink")
def wechat_unlink() -> ResponseReturnValue:
    """Let nobody in from WeChat any more."""
    identity = signed_in()
    in_transaction(
        lambda: wechat.unlink(account_id=identity.account_id, now=utc_now(), actor=identity.actor.name)
    )
    flash(_("WeChat is no longer linked."), "ok")
    return redirect(visit.start_page(), 303)
