"""Roles, from the highest to the lowest, what they may be used for, and what a password must be."""

from collections.abc import Iterable, Mapping
from datetime import timedelta

from groupbuy.kernel.errors import BadInput

ROLES = (
    "operator",
    "finance",
    "warehouse",
    "customer_service",
    "leader",
    "supplier",
    "pickup_verifier",
    "resident",
)
STAFF_ROLES = ("operator", "finance", "warehouse", "customer_service")

# What a token can be good for, and the roles that can do it at all.
SCOPES: Mapping[str, frozenset[str]] = {
    "rounds:read": frozenset(ROLES),
    "orders:read": frozenset({"operator", "customer_service", "leader", "resident"}),
    "orders:write": frozenset({"operator", "leader", "resident"}),
    "pickups:write": frozenset({"leader", "pickup_verifier"}),
    "shares:write": frozenset({"leader", "pickup_verifier"}),
    "documents:read": frozenset({"operator", "finance", "warehouse", "leader", "supplier", "resident"}),
    "reports:read": frozenset({"operator", "finance"}),
    "purchasing:read": frozenset({"operator", "warehouse", "finance", "supplier"}),
    "purchasing:write": frozenset({"operator", "supplier"}),
    "warehouse:read": frozenset({"operator", "warehouse"}),
    "warehouse:write": frozenset({"operator", "warehouse"}),
    "catalog:read": frozenset(STAFF_ROLES),
    "catalog:write": frozenset({"operator"}),
    "people:read": frozenset({"operator", "customer_service", "leader"}),
    "leaders:write": frozenset({"operator", "leader"}),
    "campaigns:write": frozenset({"operator"}),
    "imports:write": frozenset({"operator"}),
    "webhooks:write": frozenset({"operator"}),
    "notices:write": frozenset({"operator"}),
    "account:write": frozenset(ROLES),
    "users:read": frozenset({"operator"}),
    "users:write": frozenset({"operator"}),
    "money:read": frozenset({"operator", "finance", "leader"}),
    "money:write": frozenset({"operator", "finance", "leader"}),
}

# What one account may send on a day; the operators' desk takes whole catalogues.
MAX_FILES, MAX_FILE_BYTES = 60, 100 * 1024 * 1024
MAX_STAFF_FILES, MAX_STAFF_FILE_BYTES = 600, 1024 * 1024 * 1024

# A browser that is left alone, and one that is used all day, by what a stranger could do with it.
IDLE_STAFF, LONGEST_STAFF = timedelta(hours=2), timedelta(hours=12)
IDLE_PEOPLE, LONGEST_PEOPLE = timedelta(days=14), timedelta(days=60)

# What a browser says of itself, the telling word first: every other one claims to be Safari and Mozilla.
_BROWSERS = {"MicroMessenger": "WeChat", "Edg": "Edge", "Firefox": "Firefox", "Chrome": "Chrome"}
_BROWSERS |= {"Safari": "Safari"}
_SYSTEMS = {"iPhone": "iPhone", "iPad": "iPad", "Android": "Android", "Windows": "Windows", "Mac OS": "Mac"}
_SYSTEMS |= {"Linux": "Linux"}

# For so long after signing in, or proving it again, may be changed what a thief would change first.
PROOF_LASTS = timedelta(minutes=15)

FREE_TRIES = 5
LONGEST_DELAY_S = 900
MIN_PASSWORD = 8
MAX_PASSWORD = 128

# The most used passwords of public breach lists that pass the length rule.
COMMON_PASSWORDS = frozenset(
    """
    12345678 123456789 1234567890 password password1 qwertyuiop 11111111 00000000 88888888 66666666
    87654321 abcd1234 1qaz2wsx qwerty123 iloveyou 147258369 123123123 987654321 11223344 a1234567
    5201314520 woaini1314 12341234 1234qwer qwer1234 aa123456 asdfghjkl 123456abc abc12345
    """.split()  # noqa: SIM905 - a list of words is read more easily as words.
)


def highest(roles: set[str]) -> str:
    """Return the highest of the roles somebody has; raise ValueError for none."""
    return min(roles, key=ROLES.index)


def check_password(password: str, *, phone: str) -> None:
    """Raise BadInput unless the password is 8 to 128 characters, uncommon and not the phone."""
    if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
        raise BadInput(
            "password_length",
            f"A password has {MIN_PASSWORD} to {MAX_PASSWORD} characters.",
            param="password",
        )
    if password.lower() in COMMON_PASSWORDS or password == phone:
        raise BadInput("password_common", "This password is too easy to guess.", param="password")


def scopes_of(role: str) -> list[str]:
    """Return everything that a role can be used for, in a fixed order."""
    return [scope for scope, roles in SCOPES.items() if role in roles]


def check_scopes(scopes: Iterable[str], *, role: str) -> None:
    """Raise BadInput for a scope that the role does not have."""
    if strange := sorted(set(scopes) - set(scopes_of(role))):
        raise BadInput("scope", f"A {role} has no scope {strange[0]}.", param="scopes")


def session_limits(role: str) -> tuple[timedelta, timedelta]:
    """Return how long a browser's session lasts unused, and in all."""
    if role in STAFF_ROLES:
        return IDLE_STAFF, LONGEST_STAFF
    return IDLE_PEOPLE, LONGEST_PEOPLE


def upload_limits(role: str) -> tuple[int, int]:
    """Return how many files and bytes an account may send on a day."""
    if role in STAFF_ROLES:
        return MAX_STAFF_FILES, MAX_STAFF_FILE_BYTES
    return MAX_FILES, MAX_FILE_BYTES


def device_name(agent: str) -> str:
    """Return ``WeChat · iPhone`` for what a browser says of itself, its first words where it is unknown."""
    found = [
        next((name for word, name in known.items() if word in agent), None) for known in (_BROWSERS, _SYSTEMS)
    ]
    return " · ".join(name for name in found if name) or agent[:40]


def guess_delay_s(failures: int, free: int) -> int:
    """Return the seconds to wait after so many wrong tries: none, then 2, 4, 8 … up to 15 minutes."""
    if failures < free:
        return 0
    return int(min(2 ** min(failures - free + 1, 20), LONGEST_DELAY_S))
