"""Labels on paper and on a screen: sheets to cut or peel, pages of a thermal printer, and a picture."""

import io
from collections.abc import Callable, Sequence
from typing import Any

from PIL import Image, ImageDraw, ImageFont
from reportlab.lib.units import inch, mm
from reportlab.pdfgen.canvas import Canvas

from domain.installs.label_paper import LabelRoll, LabelSheet
from printing import qr
from printing.flow import Pen
from printing.fonts import Typeface, press, typeface
from printing.label_layout import QUIET_128, Face, Label, arrange, bars
from printing.style import BODY, PAGE_HEIGHT, PAGE_WIDTH, STRONG, Style
from printing.typesetting import Setter

SHEET_DPI = 203
"""Sheets are laid out as coarse as the coarsest printer: what is read there is read from any."""
CUTTING_INK = 0.85
PICTURE_WIDTH, PICTURE_HEIGHT = 1200, 520


def label_sheet(labels: Sequence[Label], sheet: LabelSheet) -> bytes:
    """Print labels on A4, with faint lines to cut along where none are cut yet; the same labels give the same bytes.

    Raises: GridTooFine, LabelTooSmall.
    """
    width, height = sheet.size
    dot = inch / SHEET_DPI

    def draw(pen: Pen, setter: Setter) -> None:
        page = 0
        for number, label in enumerate(labels):
            at, left, top = sheet.place(number)
            while page < at:
                pen.canvas.showPage()
                page += 1
            x, y = round(left * mm / dot) * dot, PAGE_HEIGHT - round(top * mm / dot) * dot
            if sheet.is_to_be_cut:
                pen.frame(x, y - height * mm, width * mm, height * mm, CUTTING_INK)
            _draw(pen, arrange(label, width, height, SHEET_DPI, setter), x, y, dot)

    return _pdf((PAGE_WIDTH, PAGE_HEIGHT), draw)


def label_pages(labels: Sequence[Label], roll: LabelRoll) -> bytes:
    """Print labels for a thermal printer, one to a page of the label's size. Raises: LabelTooSmall."""
    dot = inch / roll.dpi

    def draw(pen: Pen, setter: Setter) -> None:
        for number, label in enumerate(labels):
            if number:
                pen.canvas.showPage()
            face = arrange(label, roll.width_mm, roll.height_mm, roll.dpi, setter)
            _draw(pen, face, 0, roll.height_mm * mm, dot)

    return _pdf((roll.width_mm * mm, roll.height_mm * mm), draw)


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
        write(pen, face, left, y, line, size)
    dark = bars(serial)
    if dark:
        module = max(1, room // (dark[-1][0] + dark[-1][1] + QUIET_128))
        for start, width in dark:
            pen.rectangle((left + start * module, 150, left + (start + width) * module - 1, 335), fill=0)
    out = io.BytesIO()
    image.save(out, "PNG", optimize=True)
    return out.getvalue()


def write(pen: ImageDraw.ImageDraw, face: Typeface, x: float, y: float, text: str, size: int) -> None:
    """Draw printable text on the base line ``y`` of a picture."""
    paths = {each.name: each.path for each in face.faces}
    for name, run in face.runs(text):
        path = paths[name]
        font = ImageFont.truetype(str(path), size) if path else ImageFont.load_default(size)
        pen.text((x, y), run, fill=0, font=font, anchor="ls")
        x += pen.textlength(run, font=font)


def _pdf(page: tuple[float, float], draw: Callable[[Pen, Setter], None]) -> bytes:
    face = typeface()
    out = io.BytesIO()
    with press():
        canvas: Any = Canvas(out, pagesize=page, invariant=1, pageCompression=1, initialFontName=face.main.name)
        draw(Pen(canvas, face), Setter(face))
        canvas.save()
    return out.getvalue()


def _draw(pen: Pen, face: Face, x: float, top: float, dot: float) -> None:
    """Draw a label by its left upper corner; ``dot`` is the side of a dot in points."""
    side = len(qr.modules(face.link)) * face.qr_module
    qr.draw(pen.canvas, face.link, x + face.qr_at[0] * dot, top - (face.qr_at[1] + side) * dot, side * dot)
    for number, line in enumerate(face.words):
        size = line.size * dot
        style = Style(size, size, bold=number < 2)
        pen.text(x + line.x * dot, top - line.y * dot - size * 0.85, line.text, style)
    if face.bars is not None:
        pen.canvas.setFillGray(0)
        path = pen.canvas.beginPath()
        for start, width in face.bars.dark:
            left = x + (face.bars.x + start * face.bars.module) * dot
            y = top - (face.bars.y + face.bars.height) * dot
            path.rect(left, y, width * face.bars.module * dot, face.bars.height * dot)
        pen.canvas.drawPath(path, stroke=0, fill=1)
