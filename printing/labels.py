"""Labels for units: a QR with the unit's link, its serial as Code 128, and both in plain text, for paper and screen."""

import io
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFont
from reportlab.graphics.barcode.code128 import Code128
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from printing import qr
from printing.flow import Pen
from printing.fonts import Typeface, press, typeface
from printing.style import BODY, PAGE_HEIGHT, PAGE_WIDTH, SMALL, STRONG
from printing.typesetting import Setter

CODE_128_MAX = 32
"""A longer serial makes bars too fine to read; the QR carries it all the same."""
QUIET_128 = 10
LABEL_WIDTH, LABEL_HEIGHT = 96 * mm, 42 * mm
ACROSS, DOWN = 2, 6
PICTURE_WIDTH, PICTURE_HEIGHT = 1200, 520


@dataclass(frozen=True, slots=True)
class UnitLabel:
    """What stands on a unit: its model, its serial and the address that leads to it."""

    model: str
    serial: str
    link: str


def bars(serial: str) -> list[tuple[int, int]]:
    """Return the dark bars of a Code 128 as (start, width) in modules; none when the serial cannot be one.

    Code 128 takes printable ASCII only.
    """
    if not 0 < len(serial) <= CODE_128_MAX or not serial.isascii() or not serial.isprintable():
        return []
    code = Code128(serial)
    code.validate()
    code.encode()
    code.decompose()
    dark, at = [], 0
    for element in code.decomposed:
        width = ord(element.lower()) - ord("a") + 1
        if element.isupper():
            dark.append((at, width))
        at += width
    return dark


def label_png(model: str, serial: str, link: str) -> bytes:
    """Draw one label as a PNG, large enough to be scanned from a screen."""
    image = Image.new("L", (PICTURE_WIDTH, PICTURE_HEIGHT), 255)
    pen = ImageDraw.Draw(image)
    code = qr.picture(link, max(1, 440 // (len(qr.modules(link)) + 2 * qr.QUIET)))
    image.paste(code, (30, (PICTURE_HEIGHT - code.height) // 2))
    left, room = code.width + 60, PICTURE_WIDTH - code.width - 90
    face = typeface()
    setter = Setter(face)
    for y, text, size in ((100, model, 44), (390, serial, 40), (440, link, 20)):
        style = STRONG if size > 20 else BODY
        line = setter.fit(text, room * style.size / size, style)
        _write(pen, face, left, y, line, size)
    dark = bars(serial)
    if dark:
        module = max(1, room // (dark[-1][0] + dark[-1][1] + QUIET_128))
        for start, width in dark:
            pen.rectangle((left + start * module, 150, left + (start + width) * module - 1, 335), fill=0)
    out = io.BytesIO()
    image.save(out, "PNG", optimize=True)
    return out.getvalue()


def label_sheet(labels: Sequence[UnitLabel]) -> bytes:
    """Print labels on A4, twelve to a page, with cutting lines; the same labels give the same bytes."""
    face = typeface()
    out = io.BytesIO()
    with press():
        canvas = Canvas(
            out, pagesize=(PAGE_WIDTH, PAGE_HEIGHT), invariant=1, pageCompression=1, initialFontName=face.main.name
        )
        pen = Pen(canvas, face)
        for number, label in enumerate(labels):
            place = number % (ACROSS * DOWN)
            if number and place == 0:
                canvas.showPage()
            x = (PAGE_WIDTH - ACROSS * LABEL_WIDTH) / 2 + place % ACROSS * LABEL_WIDTH
            top = PAGE_HEIGHT - (PAGE_HEIGHT - DOWN * LABEL_HEIGHT) / 2 - place // ACROSS * LABEL_HEIGHT
            _draw_label(pen, Setter(face), label, x, top)
        canvas.save()
    return out.getvalue()


def _draw_label(pen: Pen, setter: Setter, label: UnitLabel, x: float, top: float) -> None:
    pen.frame(x, top - LABEL_HEIGHT, LABEL_WIDTH, LABEL_HEIGHT, 0.8)
    side = 30 * mm
    qr.draw(pen.canvas, label.link, x + 5 * mm, top - 6 * mm - side, side)
    left, room = x + 40 * mm, LABEL_WIDTH - 45 * mm
    pen.text(left, top - 9 * mm, setter.fit(label.model, room, STRONG), STRONG)
    pen.text(left, top - 30 * mm, setter.fit(label.serial, room, STRONG), STRONG)
    pen.text(left, top - 35 * mm, setter.fit(label.link, room, SMALL), SMALL)
    dark = bars(label.serial)
    if dark:
        module = room / (dark[-1][0] + dark[-1][1])
        pen.canvas.setFillGray(0)
        for start, width in dark:
            pen.canvas.rect(left + start * module, top - 26 * mm, width * module, 13 * mm, stroke=0, fill=1)


def _write(pen: ImageDraw.ImageDraw, face: Typeface, x: float, y: float, text: str, size: int) -> None:
    paths = {each.name: each.path for each in face.faces}
    for name, run in face.runs(text):
        path = paths[name]
        font = ImageFont.truetype(str(path), size) if path else ImageFont.load_default(size)
        pen.text((x, y), run, fill=0, font=font, anchor="ls")
        x += pen.textlength(run, font=font)
