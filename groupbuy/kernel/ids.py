"""Numbers that go outside: they cannot be guessed or walked, and a slip of a digit shows."""

import secrets

# Crockford's base 32 without I, L, O, U: nothing here is mistaken for something else when read aloud.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE_DIGITS = 8
_VALUE = {character: value for value, character in enumerate(ALPHABET)}


def order_number() -> str:
    """Return a fresh order number: twelve random characters and one check character."""
    # 32 characters divide 256, so every one is as likely as any other.
    body = "".join([ALPHABET[byte % 32] for byte in secrets.token_bytes(12)])
    return body + check_character(body)


def check_character(body: str) -> str:
    """Return the character that makes a weighted sum over the alphabet come out even.

    Odd weights are units modulo 32, so every single wrong character is caught.
    """
    return ALPHABET[sum([(2 * place + 1) * _VALUE[c] for place, c in enumerate(body)]) % 32]


def is_order_number(text: str) -> bool:
    """Tell whether a text is a well-formed order number with the right check character."""
    return len(text) == 13 and set(text) <= set(ALPHABET) and check_character(text[:-1]) == text[-1]


def pickup_code() -> str:
    """Return eight digits, the last of which is a check digit (Luhn, ISO/IEC 7812-1)."""
    body = f"{secrets.randbelow(10 ** (CODE_DIGITS - 1)):0{CODE_DIGITS - 1}d}"
    return body + luhn_digit(body)


def luhn_digit(body: str) -> str:
    """Return the Luhn check digit of a string of digits."""
    total = 0
    for place, char in enumerate(reversed(body)):
        doubled = int(char) * (2 if place % 2 == 0 else 1)
        total += doubled - 9 if doubled > 9 else doubled
    return str(-total % 10)


def is_pickup_code(text: str) -> bool:
    """Tell whether a text is eight ASCII digits with the right check digit."""
    return (
        len(text) == CODE_DIGITS and text.isascii() and text.isdigit() and luhn_digit(text[:-1]) == text[-1]
    )


def token() -> str:
    """Return a secret of 256 bits for links, leases and bearer tokens."""
    return secrets.token_urlsafe(32)
