"""How a caller is recognised: by digits, whatever stands between them and before them."""

same_line_digits = 8
"""How many last digits make two numbers the same line: enough to tell lines apart, few enough that a country code, a
trunk zero or an outside-line prefix does not matter."""


def phone_digits(phone: str) -> str:
    """Return the ASCII digits of a phone number."""
    return "".join(c for c in phone if c in "0123456789")


def line_of(phone: str) -> str | None:
    """Return the last digits of a phone number, in reverse: what the index of contacts is sorted by.

    None for a number too short to be anybody's.
    """
    digits = phone_digits(phone)
    return digits[: -same_line_digits - 1 : -1] if len(digits) >= 5 else None
