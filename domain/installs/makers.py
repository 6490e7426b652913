"""A maker's own serial format, as a pattern that cannot run away."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

import msgspec

LONGEST: Final = 64

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
_PATTERN_LONGEST: Final = 160
_OPEN_COUNTS: Final = 3
_CHOICES: Final = 6


@lru_cache(maxsize=512)
def _compiled(pattern: str) -> re.Pattern[str]:
    if len(pattern) > _PATTERN_LONGEST:
        raise ValueError(f"a pattern has at most {_PATTERN_LONGEST} characters")
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
        compiled = re.compile(pattern, re.ASCII)
    except re.error as error:
        raise ValueError(f"not a pattern: {error}") from error
    if "serial" not in compiled.groupindex:
        raise ValueError("a pattern names its serial: (?P<serial>…)")
    return compiled


class MakerFormat(msgspec.Struct, frozen=True):
    """How one maker writes the serials of a model.

    `pattern` must match the whole text and names its parts `(?P<serial>…)` and, if the text says it, `(?P<model>…)`.
    Raises ValueError when a pattern could run away.
    """

    model: str
    pattern: str

    def __post_init__(self) -> None:
        _compiled(self.pattern)

    def read(self, text: str) -> tuple[str, str] | None:
        """The model and the serial, if the text is of this format."""
        match = _compiled(self.pattern).fullmatch(text) if len(text) <= LONGEST else None
        if match is None or not match["serial"]:
            return None
        return match.groupdict().get("model") or self.model, match["serial"]


def read_makers(text: str, makers: Sequence[MakerFormat]) -> list[tuple[str, str]]:
    """Every different model and serial these formats find in the text, in their order."""
    return list(dict.fromkeys(found for maker in makers if (found := maker.read(text)) is not None))
