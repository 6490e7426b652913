"""Which font draws which character, and what is missing on this machine.

reportlab embeds fonts with `glyf` outlines only. A document is set in the first font found; a character that font
lacks comes from the next one; one that no font has is spelled out, so that nothing written on a job sheet vanishes.
"""

import os
import threading
import unicodedata
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from reportlab import rl_config
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFError, TTFont

from printing.right_to_left import has_right_to_left, joined

FONT_PATHS_VARIABLE = "FIELDSTONE_FONTS"
DEBIAN_FONTS = (
    Path("/usr/share/fonts/truetype/wqy/wqy-microhei.ttc"),
    Path("/usr/share/fonts-droid-fallback/truetype/DroidSansFallback.ttf"),
    Path("/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf"),
    Path("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"),
)
BUILT_IN = "Helvetica"
CHINESE_SAMPLE = "服务报告"

_press = threading.Lock()


@dataclass(frozen=True, slots=True)
class MissingFont:
    """A notice to whoever runs the product: what cannot be printed, and what helps."""

    code: str
    message: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Face:
    """One font: its name in reportlab, where it was found, and its characters (None: the built-in Latin font)."""

    name: str
    path: Path | None
    glyphs: frozenset[int] | None

    def has(self, char: str) -> bool:
        """Decide whether this font draws the character."""
        if self.glyphs is not None:
            return ord(char) in self.glyphs
        return len(char.encode("cp1252", "ignore")) == 1


class Typeface:
    """The fonts of a document, tried in order for each character; always ends with the built-in Latin font."""

    def __init__(self, faces: Sequence[Face], refused: Sequence[str] = ()) -> None:
        self.faces = tuple(faces)
        self.refused = tuple(refused)
        self._face_of: dict[str, Face | None] = {}
        self._advance: dict[str, float] = {}
        self._spelling: dict[str, str] = {}

    @property
    def main(self) -> Face:
        """The font that draws most of a document."""
        return self.faces[0]

    def covers(self, text: str) -> bool:
        """Decide whether every character has a glyph of its own."""
        return all(self._face(char) is not None for char in text)

    def printable(self, text: str) -> str:
        """Return ``text`` with its letters as they are, layout controls gone and glyphless characters spelled out.

        Arabic letters take the form that their neighbours ask for. Direction marks and joiners go: they could make
        print look different from what was stored. So do tints of skin, and a flag is its country's letters. Line ends
        stay.
        """
        if text.isascii() and text.isprintable():
            return text
        if has_right_to_left(text):
            text = joined(text, lambda char: self._face(char) is not None)
        spelling = self._spelling
        for char in set(text) - spelling.keys():
            spelling[char] = self._spell(char)
        return "".join(map(spelling.__getitem__, text.replace("\r\n", "\n")))

    def advance(self, char: str) -> float:
        """Width of a printable character in a font of size 1."""
        width = self._advance.get(char)
        if width is None:
            face = self._face(char) or self.main
            width = self._advance[char] = float(pdfmetrics.stringWidth(char, face.name, 1))
        return width

    def width(self, text: str, size: float) -> float:
        """Width of printable text on one line."""
        return sum(map(self.advance, text)) * size

    def runs(self, text: str) -> Iterator[tuple[str, str]]:
        """Cut printable text into (font name, stretch of text)."""
        start, current = 0, self.main
        for index, char in enumerate(text):
            face = self._face(char) or self.main
            if face is not current:
                if start < index:
                    yield current.name, text[start:index]
                start, current = index, face
        if start < len(text):
            yield current.name, text[start:]

    def _face(self, char: str) -> Face | None:
        if char not in self._face_of:
            self._face_of[char] = next((face for face in self.faces if face.has(char)), None)
        return self._face_of[char]

    def _spell(self, char: str) -> str:
        if char in "\n\u2028\u2029":
            return "\n"
        if char.isspace():
            return " "
        category = unicodedata.category(char)
        if category in ("Cc", "Cf") or "\ufe00" <= char <= "\ufe0f" or "\U0001f3fb" <= char <= "\U0001f3ff":
            return ""
        if "\U0001f1e6" <= char <= "\U0001f1ff":
            return chr(ord("A") + ord(char) - 0x1F1E6)
        if category != "Co" and self._face(char) is not None:
            return char
        name = unicodedata.name(char, "").lower() if category in ("So", "Sk") else ""
        return f"[{name or f'U+{ord(char):04X}'}]"


@cache
def typeface(paths: tuple[Path, ...] | None = None) -> Typeface:
    """Load the fonts to print with, once: those of FIELDSTONE_FONTS, then Debian's; a bad file is left out.

    ``paths`` replaces both lists. Never raises: without any TrueType font, Latin text still prints.
    """
    faces, refused = [], []
    for path in _wanted() if paths is None else paths:
        name = f"{path.stem}-{zlib.crc32(bytes(path)):08x}"
        try:
            font = TTFont(name, str(path), asciiReadable=False, shapable=False)
        except (TTFError, OSError, ValueError, IndexError) as error:
            if path not in DEBIAN_FONTS:
                refused.append(f"{path.name}: {error}")
            continue
        pdfmetrics.registerFont(font)
        # Beyond the first plane reportlab draws right but tells readers a wrong character: those are spelled out.
        glyphs = frozenset(code for code, glyph in font.face.charToGlyph.items() if glyph and code < 0x10000)
        faces.append(Face(name, path, glyphs))
    return Typeface([*faces, Face(BUILT_IN, None, None)], refused)


def missing_fonts(face: Typeface | None = None) -> tuple[MissingFont, ...]:
    """Tell what cannot be printed on this machine; empty when nothing is missing."""
    face = face or typeface()
    notices = [
        MissingFont("font-refused", f"This font cannot be embedded: {why}", "Name a TrueType font with glyf outlines.")
        for why in face.refused
    ]
    if face.main.glyphs is None:
        notices.append(
            MissingFont(
                "no-truetype-font",
                "No TrueType font was found: reports print Latin text only, in a font that is not embedded.",
                "apt-get install fonts-wqy-microhei",
            )
        )
    elif not face.covers(CHINESE_SAMPLE):
        notices.append(
            MissingFont(
                "no-chinese-font",
                "No font with Chinese was found: reports print in English, Chinese characters as their codes.",
                "apt-get install fonts-wqy-microhei",
            )
        )
    return tuple(notices)


@contextmanager
def press() -> Iterator[None]:
    """Hold reportlab for one document: its fonts and settings belong to the whole process.

    Binary streams (a fifth smaller) are switched on inside and put back after.
    """
    with _press:
        before = rl_config.useA85
        rl_config.useA85 = 0
        try:
            yield
        finally:
            rl_config.useA85 = before


def _wanted() -> tuple[Path, ...]:
    named = os.environ.get(FONT_PATHS_VARIABLE, "")
    return (*(Path(part) for part in named.split(os.pathsep) if part), *DEBIAN_FONTS)
