"""What every test gets: databases, commands, browsers, and guards that nobody has to ask for."""

import os

from hypothesis import HealthCheck, settings

pytest_plugins = [
    "tests.support.run_folder",
    "tests.support.memory",
    "tests.support.leaving_out",
    "tests.support.guards",
    "tests.support.databases",
    "tests.support.applications",
    "tests.support.commands",
    "tests.support.browsers",
    "tests.support.cables",
]

settings.register_profile(
    "groupbuy",
    # Two busy cores make a duration say nothing about the code.
    deadline=None,
    derandomize="CI" in os.environ,
    suppress_health_check=[
        # Examples that write to a real database take their time.
        HealthCheck.too_slow,
        # A database fixture lives through all examples of a property: each example opens its own round.
        HealthCheck.function_scoped_fixture,
    ],
)
settings.load_profile("groupbuy")
