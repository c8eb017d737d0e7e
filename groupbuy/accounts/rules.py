"""Roles, from the highest to the lowest, and what a password must be."""

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
