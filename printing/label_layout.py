"""Where everything stands on a label, in dots of the printer: one layout for sheets, thermal PDF and ZPL.

A QR on the left, words beside it, bars below. Codes are made of whole dots, never of fractions: a reader sees the
edges it was promised. Bars that would be too fine are left out, for the QR carries the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from reportlab.graphics.barcode.code128 import Code128

from printing import qr
from printing.style import Style
from printing.typesetting import Setter

CODE_128_MAX = 32
"""A longer serial makes bars too fine to read."""
QUIET_128 = 10
FINEST_MM = 0.25
"""The narrowest module. Source: GS1 General Specifications, the least X-dimension of a Code 128 in general trade."""
COARSEST_MM = 0.55
PAD_MM = 1.5
BARS_MM = (5.0, 7.5)
TEXT_MM = (1.6, 3.4)
LEADING = 1.3
QR_SHARE = 0.5
"""Of the width: the rest is for words."""


class LabelTooSmall(ValueError):
    """A label of this size cannot hold its QR so that it is read."""


@dataclass(frozen=True, slots=True)
class Label:
    """What stands on a label: the address in the QR, what the bars say, and words, the most telling first."""

    link: str
    bars: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Bars:
    """A Code 128: its symbols with check and stop, its bars as (start, width) in modules; the rest in dots."""

    symbols: tuple[int, ...]
    dark: tuple[tuple[int, int], ...]
    x: int
    y: int
    module: int
    height: int


@dataclass(frozen=True, slots=True)
class Words:
    """A line of printable text by its left upper corner; ``size`` is its height in dots."""

    x: int
    y: int
    text: str
    size: int


@dataclass(frozen=True, slots=True)
class Face:
    """A label, laid out: everything in dots from the left upper corner."""

    width: int
    height: int
    link: str
    qr_at: tuple[int, int]
    qr_module: int
    bars: Bars | None
    words: tuple[Words, ...]


def symbols_of(text: str) -> tuple[int, ...]:
    """Return the symbols of a Code 128 with check and stop; none when the text cannot be one.

    Code 128 takes printable ASCII only.
    """
    if not 0 < len(text) <= CODE_128_MAX or not text.isascii() or not text.isprintable():
        return ()
    return tuple(_coded(text).encoded)


def bars(text: str) -> list[tuple[int, int]]:
    """Return the dark bars of a Code 128 as (start, width) in modules; none when the text cannot be one."""
    if not symbols_of(text):
        return []
    dark, at = [], 0
    for element in _coded(text).decomposed:  # a to d are 1 to 4 modules, capitals are dark
        width = ord(element.lower()) - ord("a") + 1
        if element.isupper():
            dark.append((at, width))
        at += width
    return dark


def _coded(text: str) -> Code128:
    code = Code128(text)
    code.validate()
    code.encode()
    code.decompose()
    return code


def arrange(label: Label, width_mm: float, height_mm: float, dpi: int, setter: Setter) -> Face:
    """Lay a label out. Raises: LabelTooSmall."""
    mm = dpi / 25.4
    width, height, pad = int(width_mm * mm), int(height_mm * mm), round(PAD_MM * mm)
    below = _bars(label.bars, width, height, pad, mm)
    module = _qr_module(label.link, width, (below.y if below else height), mm)
    if module is None and below is not None:
        below = None
        module = _qr_module(label.link, width, height, mm)
    if module is None:
        raise LabelTooSmall(f"A label of {width_mm:g} by {height_mm:g} mm is too small for this code.")
    quiet, side = qr.QUIET * module, len(qr.modules(label.link)) * module
    bottom = below.y if below else height
    at = (max(quiet, pad), max(quiet, (bottom - side) // 2))
    left = at[0] + side + quiet
    words = _words(label.words, left, (at[1], bottom - pad), width - pad - left, mm, setter)
    return Face(width, height, label.link, at, module, below, words)


def _bars(text: str, width: int, height: int, pad: int, mm: float) -> Bars | None:
    symbols = symbols_of(text)
    if not symbols:
        return None
    dark = bars(text)
    start, length = dark[-1]
    modules = start + length + 2 * QUIET_128
    module = min(width // modules, int(COARSEST_MM * mm))
    tall = min(BARS_MM[1] * mm, height / 4)
    if module < _finest(mm) or tall < BARS_MM[0] * mm:
        return None
    x = (width - modules * module) // 2 + QUIET_128 * module
    return Bars(symbols, tuple(dark), x, height - pad - int(tall), module, int(tall))


def _qr_module(link: str, width: int, height: int, mm: float) -> int | None:
    count = len(qr.modules(link)) + 2 * qr.QUIET
    module = min(height // count, int(width * QR_SHARE) // count, int(COARSEST_MM * mm))
    return module if module >= _finest(mm) else None


def _finest(mm: float) -> int:
    return max(1, round(FINEST_MM * mm))


def _words(
    texts: Sequence[str], x: int, between: tuple[int, int], room: int, mm: float, setter: Setter
) -> tuple[Words, ...]:
    told = [text for text in texts if text]
    high = between[1] - between[0]
    size = int(min(TEXT_MM[1] * mm, high / (LEADING * max(1, len(told)))))
    smallest = round(TEXT_MM[0] * mm)
    size = max(size, smallest)
    lines = []
    y = between[0]
    for text in told:
        if y + size > between[1]:
            break
        own = max(smallest, min(size, int(size * _share(text, room, size, setter))))
        lines.append(Words(x, y, setter.fit(text, room, Style(own, own)), own))
        y += int(size * LEADING)
    return tuple(lines)


def _share(text: str, room: int, size: int, setter: Setter) -> float:
    """How much smaller a line must be set to stand there whole."""
    wide = setter.face.width(setter.face.printable(text[:200]), size)
    return min(1.0, room / wide) if wide else 1.0
