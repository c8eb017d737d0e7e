"""The page that says what a deed will do before it does it."""

from collections.abc import Sequence
from typing import Any

from flask import render_template, request
from flask.typing import ResponseReturnValue

from groupbuy.web.kit.forms import PageForm


def ask_first(
    role: str,
    question: str,
    consequences: Sequence[str],
    *,
    deed: str | None,
    back: str,
    form: PageForm | None = None,
    danger: bool = False,
    **values: Any,
) -> ResponseReturnValue:
    """Ask on a page of a role's desk, with what a yes will do; 422 where the answer was refused.

    The answer goes to this address, or to ``action``. ``form`` asks for what the deed needs besides. Without
    a deed the page only tells why it cannot be done.
    """
    page = render_template(
        "confirm.html",
        layout=f"{role}/base.html",
        question=question,
        consequences=consequences,
        deed=deed,
        back=back,
        form=form,
        danger=danger,
        **({"action": request.path} | values),
    )
    return page, 422 if form is not None and form.errors else 200
