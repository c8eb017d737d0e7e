"""Addresses of pages and operations that cost nothing until they are used."""

from collections.abc import Callable
from functools import cache
from typing import Any

from flask import Flask
from werkzeug.routing import Rule

Build = Callable[..., tuple[str, str]]


class LazyRule(Rule):
    """An address whose builders are compiled when the first link to it is made.

    Werkzeug compiles two functions per address at the start, which took most of the time that it takes to
    build our application. Should a release rename what is overridden here, only that time comes back.
    """

    def _compile_builder(self, append_unknown: bool = True) -> Build:
        compiled = cache(lambda: Rule._compile_builder(self, append_unknown))

        def build(rule: Rule, **values: Any) -> tuple[str, str]:
            return compiled()(rule, **values)

        return build


class Groupbuy(Flask):
    """A Flask application with addresses that are compiled when needed."""

    url_rule_class = LazyRule
