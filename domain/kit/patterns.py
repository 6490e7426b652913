"""Patterns that master data may hold: none of them can run away, and all mean the same on the server and on a phone."""

import re
from functools import lru_cache
from typing import Final

# The part of the regular-expression language in which few open counts mean little backtracking: characters and classes
# with counts, plain groups, alternatives, and "?" after a group. A count after a group is not in it.
_TOKEN: Final = re.compile(
    r"""
    (?: \\[dw] | \\[^A-Za-z0-9\s] | \[\^?(?:[\w./\ \#:+]|-(?!-))+\] | [\w\ .:;,/\#"'=@&!%<>~-] )  # a character
        (?: (?P<open> [+*] | \{\d{1,2},\d{1,2}\} ) | \{\d{1,2}\} | (?P<maybe> \? ) )?
    | \( (?: \?P<(?:serial|model)> | \?: )?
    | \) (?P<group_maybe> \? )?
    | (?P<either> \| )
    """,
    re.VERBOSE | re.ASCII,
)
_LONGEST: Final = 160
_OPEN_COUNTS: Final = 3
_CHOICES: Final = 6


@lru_cache(maxsize=512)
def compiled(pattern: str) -> re.Pattern[str]:
    r"""Return the pattern, with `\d` and `\w` as ASCII has them. Raises ValueError for one that could run away."""
    if len(pattern) > _LONGEST:
        raise ValueError(f"a pattern has at most {_LONGEST} characters")
    at = open_counts = choices = 0
    while at < len(pattern):
        token = _TOKEN.match(pattern, at)
        if token is None:
            raise ValueError(f"a pattern cannot hold {pattern[at : at + 8]!r}")
        at = token.end()
        open_counts += bool(token["open"])
        choices += bool(token["maybe"] or token["group_maybe"] or token["either"])
    if open_counts > _OPEN_COUNTS or choices > _CHOICES:
        raise ValueError(f"a pattern has at most {_OPEN_COUNTS} open counts and {_CHOICES} choices")
    try:
        return re.compile(pattern, re.ASCII)
    except re.error as error:
        raise ValueError(f"not a pattern: {error}") from error
