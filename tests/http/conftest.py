"""The town of the API's tests."""

from tests.api.conftest import clock, town

__all__ = ["clock", "town"]
