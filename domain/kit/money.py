"""How many digits a currency has behind its point."""

MINOR_DIGITS = {"JPY": 0, "KRW": 0, "VND": 0, "CLP": 0, "ISK": 0, "XAF": 0, "XOF": 0, "XPF": 0} | dict.fromkeys(
    ("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3
)
"""Source: ISO 4217; all others have two."""


def minor_digits(currency: str) -> int:
    """Return the digits of a currency: two for EUR, none for JPY."""
    return MINOR_DIGITS.get(currency, 2)
