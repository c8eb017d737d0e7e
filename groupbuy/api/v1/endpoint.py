"""How an operation is declared: route, roles, scope, shapes; and what happens around its view."""

import contextlib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from typing import Any

from flask import Blueprint, Response, request
from pydantic import BaseModel
from spectree import Response as Answers
from werkzeug.http import generate_etag

from groupbuy.accounts.rules import SCOPES
from groupbuy.api.v1.describing import spec
from groupbuy.api.v1.shapes import Problem
from groupbuy.flows.taking import Unproved
from groupbuy.http import idempotency
from groupbuy.http.guards import SAFE, refuse_forgery, require
from groupbuy.http.idempotency import Answer, answer_once, answer_unseen, find_answer, write_json
from groupbuy.http.identity import Identity, remembered_identity
from groupbuy.http.quotas import count_upload
from groupbuy.http.reading import check_size, read_body, read_query
from groupbuy.http.rights import NARROWED_OPERATIONS
from groupbuy.http.setup import answer_program
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import GroupbuyError, NotAllowed
from groupbuy.kernel.repeats import Key

Shape = type[BaseModel] | None
View = Callable[..., Any]
PREFIX = "/api/v1"
blueprint = Blueprint("api_v1", __name__, url_prefix=PREFIX)
blueprint.register_error_handler(Exception, answer_program)


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of the API; ``roles`` None is for everybody."""

    method: str
    rule: str
    name: str
    scope: str | None
    roles: frozenset[str] | None
    body: Shape = None
    query: Shape = None
    uploads: tuple[str, ...] = ()
    reads: bool = False
    looks: str | None = None
    moment: str | None = None

    @property
    def writes(self) -> bool:
        """Tell whether the operation changes something."""
        return self.method not in SAFE and not self.reads


OPERATIONS: dict[str, Operation] = {}
EVERYWHERE = (400, 401, 403, 404, 408, 409, 413, 415, 422, 429, 503)


def endpoint(
    method: str,
    rule: str,
    *,
    answers: Mapping[int, Shape],
    scope: str | None,
    roles: Collection[str] | None = None,
    body: Shape = None,
    query: Shape = None,
    uploads: tuple[str, ...] = (),
    reads: bool = False,
    looks: str | None = None,
    moment: str | None = None,
) -> Callable[[View], View]:
    """Declare an operation. The view gets ``identity`` and, where declared, ``body`` and ``query``.

    It returns (status, JSON value), or a finished Response. A view that writes runs inside a
    transaction, again where the database asks for it, and once per idempotency key. The roles are
    those of the scope unless fewer are named. ``uploads`` are the media types of a file as the body, which
    is counted before that transaction begins, unless it is a repeat under its key; ``reads`` marks a POST
    that changes nothing. ``looks`` names the role for which the statement that writes
    looks itself whether the token is good, by ``identity.proof``, and whether nothing has been answered
    under the view's ``key``; the view raises Unproved when nothing was written. ``moment`` names the field
    that says when the answer was made; an answer that differs in nothing else is still the same.
    """

    def declare(view: View) -> View:
        allowed = frozenset(roles) if roles is not None else SCOPES[scope or ""]
        operation = Operation(
            method, PREFIX + rule, view.__name__, scope, allowed, body, query, uploads, reads, looks, moment
        )
        OPERATIONS[view.__name__] = operation
        _register(rule, operation, partial(_answer, operation, view), view, answers)
        return view

    return declare


def public(
    method: str, rule: str, *, answers: Mapping[int, Shape], body: Shape = None
) -> Callable[[View], View]:
    """Declare an operation that nobody need be signed in for; its view keeps its own transactions."""

    def declare(view: View) -> View:
        operation = Operation(method, PREFIX + rule, view.__name__, None, None, body)
        OPERATIONS[view.__name__] = operation
        _register(rule, operation, partial(_answer_anybody, operation, view), view, answers)
        return view

    return declare


def _register(rule: str, operation: Operation, run: View, view: View, answers: Mapping[int, Shape]) -> None:
    def handle(**values: Any) -> Response:
        response: Response = run(**values)
        return response

    handle.__name__, handle.__doc__ = view.__name__, view.__doc__
    shapes: dict[str, Any] = {f"HTTP_{status}": Problem for status in EVERYWHERE}
    shapes |= {f"HTTP_{status}": shape for status, shape in answers.items()}
    documented = spec.validate(
        json=operation.body,
        query=operation.query,
        resp=Answers(**shapes),
        tags=[rule.split("/")[1]],
        skip_validation=True,
        validation_error_status=422,
        operation_id=view.__name__,
    )
    blueprint.add_url_rule(rule, view.__name__, documented(handle), methods=[operation.method])


def _answer_anybody(operation: Operation, view: View, **values: Any) -> Response:
    check_size()
    if operation.body is not None:
        values["body"] = read_body(operation.body)
    status, value = view(**values)
    return _respond(Answer(status, write_json(value)))


def _answer(operation: Operation, view: View, **values: Any) -> Response:
    known = remembered_identity() if operation.looks else None
    if known is not None and known.role == operation.looks:
        # Whatever else comes of it: who asks is looked at before anybody is told.
        with contextlib.suppress(Unproved, GroupbuyError):
            return _work(operation, view, known, values)
    return _work(operation, view, None, values)


def _work(operation: Operation, view: View, known: Identity | None, values: dict[str, Any]) -> Response:
    identity = require(operation.roles or (), scope=operation.scope, identity=known)
    if identity.limited and operation.scope is not None and operation.name not in NARROWED_OPERATIONS:
        raise NotAllowed("limited", "You deal with some leaders only; this is about all of them.")
    refuse_forgery(identity)
    check_size(operation.uploads)
    key = _key(operation, identity)
    if operation.body is not None:
        values |= {"body": read_body(operation.body)}
    if operation.query is not None:
        values |= {"query": read_query(operation.query)}
    if operation.looks:
        values |= {"key": key}
    if operation.uploads and find_answer(key) is None:
        count_upload(identity, len(request.get_data()))
    work = partial(view, identity=identity, **values)
    if operation.writes:
        answering = answer_once if known is None else answer_unseen
        return _respond(answering(key, work, now=utc_now()))
    found = work()
    return found if isinstance(found, Response) else _polled(operation, *found)


def _key(operation: Operation, identity: Identity) -> Key | None:
    text = request.headers.get(idempotency.HEADER)
    if text is None or not operation.writes:
        return None
    asked = f"{operation.method} {request.full_path}\n".encode() + request.get_data()
    return Key(identity.account_id, idempotency.check_key(text), sha256(asked).hexdigest())


def _respond(answer: Answer) -> Response:
    response = Response(answer.body, answer.status, mimetype="application/json")
    response.headers["Cache-Control"] = "no-store"
    if answer.replayed:
        response.headers["Idempotency-Replayed"] = "true"
    return response


def _polled(operation: Operation, status: int, value: Any) -> Response:
    """Answer with an ETag of what is true now; who has it already gets 304 without a body."""
    moment = operation.moment
    response = _respond(Answer(status, write_json(value)))
    response.headers["Vary"] = "Authorization, Cookie"
    lasting = value if moment is None else {name: part for name, part in value.items() if name != moment}
    response.set_etag(generate_etag(write_json(lasting).encode()))
    response.make_conditional(request)
    return response
