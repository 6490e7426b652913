"""The service report on paper: one document in, the bytes of a PDF out, the same bytes every time."""

import io
from collections.abc import Mapping

from reportlab.pdfgen.canvas import Canvas

from domain.reports.document import PersonalPart, ReportDocument
from printing import qr
from printing.flow import Pen, Strip, draw_page, paginate
from printing.fonts import CHINESE_SAMPLE, Typeface, press, typeface
from printing.jpeg import Jpeg, NotAJpeg, plain
from printing.report_sections import Sections
from printing.style import (
    BOTTOM,
    BRAND,
    FIELDSTONE,
    LABEL,
    MARGIN,
    PAGE_HEIGHT,
    PAGE_WIDTH,
    QR_SIDE,
    SMALL,
    STAMP,
    STRONG,
    STRONG_RULE_INK,
    TITLE,
    TOP,
    WIDTH,
    Brand,
)
from printing.typesetting import Setter
from printing.words import Language, Words

RUNNING_HEAD = 22.0
CONTENT_TOP = PAGE_HEIGHT - TOP - RUNNING_HEAD
CONTENT_HEIGHT = CONTENT_TOP - BOTTOM


def render_report(
    document: ReportDocument,
    personal: PersonalPart | None,
    photos: Mapping[str, bytes],
    verify_url: str,
    short_code: str,
    language: Language = "en",
    brand: Brand = FIELDSTONE,
    face: Typeface | None = None,
) -> bytes:
    """Print a report. The same arguments and fonts give the same bytes.

    ``personal`` is None when it was erased. ``photos`` maps a photo's SHA-256 in the document to the JPEG to print;
    one that is missing or damaged leaves an empty frame. ``verify_url`` goes into the QR as it is: capitals make the
    code smaller. Falls back to English words when no font here has Chinese.
    Raises: printing.qr.TooLong when the address does not fit into a QR code.
    """
    face = face or typeface()
    words = Words(language if language == "en" or face.covers(CHINESE_SAMPLE) else "en")
    setter = Setter(face)
    sections = Sections(document, personal, _pictures(document, photos), setter, words)
    strips = [_title_block(document, verify_url, short_code, setter, words, brand), *sections.strips()]
    pages = paginate(strips, CONTENT_HEIGHT)
    out = io.BytesIO()
    with press():
        canvas = Canvas(
            out,
            pagesize=(PAGE_WIDTH, PAGE_HEIGHT),
            invariant=1,
            pageCompression=1,
            initialFontName=face.main.name,
            lang="zh-CN" if words.language == "zh" else "en",
        )
        canvas.setTitle(f"{words['title']} {face.printable(document.report_number[:64])}")
        canvas.setAuthor(brand.name)
        canvas.setProducer(brand.name)
        pen = Pen(canvas, face)
        for number, page in enumerate(pages, 1):
            _running_head(pen, document, setter, words, brand, number)
            _foot(pen, document, short_code, setter, words, number, len(pages))
            draw_page(pen, page, CONTENT_TOP)
            canvas.showPage()
        canvas.save()
    return out.getvalue()


def _pictures(document: ReportDocument, photos: Mapping[str, bytes]) -> dict[str, Jpeg]:
    pictures = {}
    for photo in document.photos:
        try:
            pictures[photo.sha256] = plain(photos[photo.sha256])
        except (KeyError, NotAJpeg):
            continue
    return pictures


def _title_block(
    document: ReportDocument, verify_url: str, short_code: str, setter: Setter, words: Words, brand: Brand
) -> Strip:
    """Title, result and identity on the left, the code that proves them on the right."""
    left = WIDTH - QR_SIDE - 24
    result = words.of("result", document.result)
    identity = (
        (words["report_number"], document.report_number),
        (words["revision"], str(document.revision)),
        (words["visit_date"], document.visited_on.isoformat()),
        (words["serial_ends"], document.serial[-4:]),
        (words["short_code"], short_code),
    )
    caption = setter.wrap(words["check"], QR_SIDE, SMALL.size)

    def draw(pen: Pen, y: float) -> None:
        pen.text(MARGIN, y - 24, words["title"], TITLE, brand.colour)
        stamp = setter.fit(result, left - 20, STAMP)
        width = setter.face.width(stamp, STAMP.size) + 18
        pen.canvas.setStrokeColorRGB(*brand.colour)
        pen.canvas.setLineWidth(1.2)
        pen.canvas.roundRect(MARGIN + 0.6, y - 56, width, 20, 3, stroke=1, fill=0)
        pen.text(MARGIN + 9.6, y - 50, stamp, STAMP, brand.colour)
        for index, (label, value) in enumerate(identity):
            base = y - 74 - index * 13.5
            pen.text(MARGIN, base, label, LABEL)
            pen.text(MARGIN + 84, base, setter.fit(value, left - 84, STRONG), STRONG)
        right = PAGE_WIDTH - MARGIN - QR_SIDE
        qr.draw(pen.canvas, verify_url, right, y - 2 - QR_SIDE, QR_SIDE)
        pen.canvas.linkURL(verify_url, (right, y - 2 - QR_SIDE, right + QR_SIDE, y - 2), relative=0)
        for index, line in enumerate(caption):
            indent = (QR_SIDE - setter.face.width(line, SMALL.size)) / 2
            pen.text(right + indent, y - 2 - QR_SIDE - 12 - index * SMALL.leading, line, SMALL)

    return Strip(140, ((0, draw),))


def _running_head(pen: Pen, document: ReportDocument, setter: Setter, words: Words, brand: Brand, number: int) -> None:
    base = PAGE_HEIGHT - TOP - 8
    name = setter.fit(brand.name, WIDTH / 2 - 6, BRAND)
    pen.text(MARGIN, base, name, BRAND, brand.colour)
    said = brand.line if number == 1 else f"{words['title']} {document.report_number}"
    said = setter.fit(said, WIDTH / 2 - 6, SMALL)
    pen.text(PAGE_WIDTH - MARGIN - setter.face.width(said, SMALL.size), base, said, SMALL)
    pen.rule(MARGIN, base - 6, WIDTH, STRONG_RULE_INK, 0.8)


def _foot(
    pen: Pen, document: ReportDocument, short_code: str, setter: Setter, words: Words, number: int, count: int
) -> None:
    base = BOTTOM - 20
    pen.rule(MARGIN, base + 12, WIDTH)
    place = words["page"].format(number, count)
    width = setter.face.width(place, SMALL.size)
    pen.text(PAGE_WIDTH - MARGIN - width, base, place, SMALL)
    identity = f"{document.report_number}  ·  {words['revision']} {document.revision}  ·  {short_code}"
    pen.text(MARGIN, base, setter.fit(identity, WIDTH - width - 12, SMALL), SMALL)
