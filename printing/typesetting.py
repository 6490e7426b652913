"""Setting text in columns: breaking it into lines of a width.

Text goes to the page character by character and never through reportlab's markup parser: a tag in data is only text.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from printing.fonts import Typeface
from printing.right_to_left import Direction, direction, has_right_to_left, visual
from printing.style import Style

Align = Literal["left", "right"]
NEVER_FIRST = frozenset("，。、；：？！）】》」』〉”’·…％%,.;:?!)]}")
NEVER_LAST = frozenset("（【《「『〈“‘([{")
ELLIPSIS = "..."
FIT_MAX = 400
"""No single line of A4 takes more characters; what comes after is not even measured."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text in a column: (distance from the column's left edge, printable text, style), and its height."""

    leading: float
    spans: tuple[tuple[float, str, Style], ...]


@dataclass(frozen=True, slots=True)
class Setter:
    """Sets text in one typeface."""

    face: Typeface

    def lines(self, text: str, width: float, style: Style, align: Align = "left") -> list[Line]:
        """Set any text in a column of ``width`` points; a word longer than a line is cut. No lines for no text."""
        if not text:
            return []
        lines = []
        for pieces, base in self._paragraphs(text, width, style.size):
            # One line of a right-to-left text stays beside its label; several are read from their right edge.
            to_the_right = align == "right" or (base == "R" and len(pieces) > 1)
            for piece in pieces:
                indent = self._indent(piece, width, style) if to_the_right else 0.0
                lines.append(Line(style.leading, ((indent, piece, style),)))
        return lines

    def wrap(self, text: str, width: float, size: float) -> list[str]:
        """Break any text into printable lines of at most ``width``, in the order they are drawn."""
        return [line for lines, _ in self._paragraphs(text, width, size) for line in lines]

    def _paragraphs(self, text: str, width: float, size: float) -> Iterator[tuple[list[str], Direction]]:
        for paragraph in self.face.printable(text).split("\n"):
            lines = list(self._broken(paragraph, width / size))
            if has_right_to_left(paragraph):
                base = direction(paragraph)
                yield [visual(line, base) for line in lines], base
            else:
                yield lines, "L"

    def fit(self, text: str, width: float, style: Style) -> str:
        """Return as much of ``text`` as one line takes, printable, with an ellipsis where it was cut."""
        whole = self.face.printable(text[:FIT_MAX]).replace("\n", " ")
        if len(text) <= FIT_MAX and self.face.width(whole, style.size) <= width:
            return self._drawn(whole)
        room = width - self.face.width(ELLIPSIS, style.size)
        used, kept = 0.0, 0
        for char in whole:
            used += self.face.advance(char) * style.size
            if used > room:
                break
            kept += 1
        return self._drawn(whole[:kept].rstrip() + ELLIPSIS)

    def facts(
        self, facts: Iterable[tuple[str, str]], width: float, label_width: float, label: Style, value: Style
    ) -> list[Line]:
        """Set facts as labels with their values beside them; a fact without a value is left out."""
        lines: list[Line] = []
        for name, content in facts:
            values = self.lines(content, width - label_width, value)
            names = self.lines(name, label_width - 4, label) if values else []
            for index in range(max(len(names), len(values))):
                spans = names[index].spans if index < len(names) else ()
                if index < len(values):
                    spans += tuple((label_width + dx, text, style) for dx, text, style in values[index].spans)
                lines.append(Line(value.leading, spans))
        return lines

    def _drawn(self, line: str) -> str:
        return visual(line, direction(line)) if has_right_to_left(line) else line

    def _indent(self, text: str, width: float, style: Style) -> float:
        return width - self.face.width(text, style.size)

    def _broken(self, text: str, room: float) -> Iterator[str]:
        advance = self.face.advance
        start, used = 0, 0.0
        chance, used_at_chance = 0, 0.0
        previous = ""
        for index, char in enumerate(text):
            if index > start and _may_break(previous, char):
                chance, used_at_chance = index, used
            step = advance(char)
            if used + step > room and index > start and char != " ":
                if chance <= start:
                    chance, used_at_chance = index, used
                yield text[start:chance].rstrip(" ")
                start, used = chance, used - used_at_chance
            used += step
            previous = char
        yield text[start:].rstrip(" ")


def _may_break(before: str, after: str) -> bool:
    """Decide whether a line may end between two characters: at blanks, around Chinese, after - and /."""
    if before == " ":
        return after != " "
    if after == " " or after in NEVER_FIRST or before in NEVER_LAST:
        return False
    return (before in "-/" and not after.isdigit()) or _is_wide(before) or _is_wide(after)


def _is_wide(char: str) -> bool:
    """Decide whether a character stands for itself, as Chinese does; Arabic forms up there are letters of words."""
    return char >= "\u2e80" and not ("\ufb1d" <= char <= "\ufdff" or "\ufe70" <= char <= "\ufefc")
