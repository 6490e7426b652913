"""A maker's own serial format, as a pattern that cannot run away."""

import re
from collections.abc import Sequence
from typing import Final

import msgspec

from domain.kit.patterns import compiled

LONGEST: Final = 64


def _of_serials(pattern: str) -> re.Pattern[str]:
    found = compiled(pattern)
    if "serial" not in found.groupindex:
        raise ValueError("a pattern names its serial: (?P<serial>…)")
    return found


class MakerFormat(msgspec.Struct, frozen=True):
    """How one maker writes the serials of a model.

    `pattern` must match the whole text and names its parts `(?P<serial>…)` and, if the text says it, `(?P<model>…)`.
    Raises ValueError when a pattern could run away.
    """

    model: str
    pattern: str

    def __post_init__(self) -> None:
        _of_serials(self.pattern)

    def read(self, text: str) -> tuple[str, str] | None:
        """The model and the serial, if the text is of this format."""
        match = _of_serials(self.pattern).fullmatch(text) if len(text) <= LONGEST else None
        if match is None or not match["serial"]:
            return None
        return match.groupdict().get("model") or self.model, match["serial"]


def read_makers(text: str, makers: Sequence[MakerFormat]) -> list[tuple[str, str]]:
    """Every different model and serial these formats find in the text, in their order."""
    return list(dict.fromkeys(found for maker in makers if (found := maker.read(text)) is not None))
