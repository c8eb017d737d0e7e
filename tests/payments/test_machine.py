"""A channel that is a dictionary, driven at random on both databases."""

from flask import Flask
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from tests.payments.channel_machine import Channel


def test_whatever_a_channel_says_and_when_the_books_are_right(app: Flask) -> None:
    run_state_machine_as_test(
        Channel, settings=settings(max_examples=6, stateful_step_count=25, deadline=None)
    )
