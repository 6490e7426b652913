"""The service report on paper: one document in, the bytes of a PDF out, the same bytes every time."""

import io
from collections.abc import Mapping

from reportlab.pdfgen.canvas import Canvas

from domain.reports.document import PersonalPart, ReportDocument
from printing.flow import Pen, draw_page, paginate
from printing.fonts import CHINESE_SAMPLE, Typeface, press, typeface
from printing.jpeg import Jpeg, NotAJpeg, plain
from printing.report_head import foot, running_head, title_block
from printing.report_sections import Sections
from printing.style import BOTTOM, FIELDSTONE, PAGE_HEIGHT, PAGE_WIDTH, TOP, Brand
from printing.typesetting import Setter
from printing.words import Language, Words

RUNNING_HEAD = 18.0
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
    head = title_block(document, personal, verify_url, short_code, setter, words, brand)
    pages = paginate([head, *sections.strips()], CONTENT_HEIGHT)
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
            running_head(pen, document, setter, words, brand, number)
            foot(pen, document, short_code, setter, words, number, len(pages))
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
