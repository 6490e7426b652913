"""The head of a report: what it is, whose, and the code that proves it; and the lines that every page repeats."""

from domain.reports.document import PersonalPart, ReportDocument
from printing import qr
from printing.confirmation import technician
from printing.flow import Pen, Strip, written
from printing.style import (
    BODY,
    BOTTOM,
    BRAND,
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
from printing.words import Words

ROOM = WIDTH - QR_SIDE - 24
"""Width left of the code."""
CELL_LABEL = 62.0
HEAD_HEIGHT = QR_SIDE + 8


def title_block(
    document: ReportDocument,
    personal: PersonalPart | None,
    verify_url: str,
    short_code: str,
    setter: Setter,
    words: Words,
    brand: Brand,
) -> Strip:
    """Set title, result, identity and who came on the left, the code that proves them on the right.

    What is too long for its cell is cut: company and technician stand in full beside the signature.
    """
    service = words["comma"].join((words.of("job", document.job_kind), words.of("mode", document.mode)))
    cells = (
        (words["report_number"], document.report_number, words["job"], document.job_number),
        (words["revision"], str(document.revision), words["visit_number"], str(document.visit_number)),
        (words["visit_date"], document.visited_on.isoformat(), words["service"], service),
        (words["serial_ends"], document.serial[-4:], words["technician"], technician(document, personal, words)),
        (words["short_code"], " ".join((short_code[:5], short_code[5:])), words["partner"], document.partner),
    )
    hint = setter.lines(words["check"].format(check_address(verify_url)), ROOM, SMALL)[:3]
    title = words["title"]
    stamp = setter.fit(words.of("result", document.result), ROOM - setter.face.width(title, TITLE.size) - 40, STAMP)

    def draw(pen: Pen, y: float) -> None:
        pen.text(MARGIN, y - 20, title, TITLE, brand.colour)
        _draw_stamp(pen, MARGIN + setter.face.width(title, TITLE.size) + 16, y - 23, stamp, brand)
        for index, (label, value, second_label, second) in enumerate(cells):
            base = y - 41 - index * 12.5
            for x, name, said, style in (
                (MARGIN, label, value, STRONG),
                (MARGIN + ROOM * 0.47, second_label, second, BODY),
            ):
                pen.text(x, base, setter.fit(name, CELL_LABEL - 3, LABEL), LABEL)
                pen.text(x + CELL_LABEL, base, setter.fit(said, ROOM * 0.5 - CELL_LABEL, style), style)
        written(MARGIN, 98.0, hint)(pen, y)
        right = PAGE_WIDTH - MARGIN - QR_SIDE
        qr.draw(pen.canvas, verify_url, right, y - 5 - QR_SIDE, QR_SIDE)
        pen.canvas.linkURL(verify_url, (right, y - 5 - QR_SIDE, right + QR_SIDE, y - 5), relative=0)

    return Strip(HEAD_HEIGHT, ((0, draw),))


def check_address(verify_url: str) -> str:
    """Return where the short code is typed, as a person would type it: without scheme, in small letters."""
    return verify_url.rpartition("/")[0].partition("://")[2].lower()


def running_head(pen: Pen, document: ReportDocument, setter: Setter, words: Words, brand: Brand, number: int) -> None:
    """Draw whose paper this is; from the second page on also which report it is."""
    page_head(pen, setter, brand, f"{words['title']} {document.report_number}" if number > 1 else "")


def page_head(pen: Pen, setter: Setter, brand: Brand, said: str = "") -> None:
    """Draw whose paper this is: logo or name on the left, address and contact on the right, or what is ``said``."""
    base = PAGE_HEIGHT - TOP - 8
    logo = None if said else brand.logo
    if logo is not None:
        width, height = brand.logo_size()
        pen.canvas.drawImage(logo, MARGIN, base - 3, width, height)
    else:
        pen.text(MARGIN, base, setter.fit(brand.name, WIDTH / 2 - 6, BRAND), BRAND, brand.colour)
    lines = [said] if said else [*([] if logo is None else [brand.name]), *brand.lines]
    for index, line in enumerate(reversed(lines)):
        fitting = setter.fit(line, WIDTH / 2, SMALL)
        x = PAGE_WIDTH - MARGIN - setter.face.width(fitting, SMALL.size)
        pen.text(x, base + index * 9, fitting, SMALL)
    pen.rule(MARGIN, base - 6, WIDTH, STRONG_RULE_INK, 0.8)


def foot(
    pen: Pen, document: ReportDocument, short_code: str, setter: Setter, words: Words, number: int, count: int
) -> None:
    """Draw which report and which of its pages this is."""
    base = BOTTOM - 18
    pen.rule(MARGIN, base + 12, WIDTH)
    place = words["page"].format(number, count)
    width = setter.face.width(place, SMALL.size)
    pen.text(PAGE_WIDTH - MARGIN - width, base, place, SMALL)
    identity = f"{document.report_number}  ·  {words['revision']} {document.revision}  ·  {short_code}"
    pen.text(MARGIN, base, setter.fit(identity, WIDTH - width - 12, SMALL), SMALL)


def _draw_stamp(pen: Pen, x: float, y: float, stamp: str, brand: Brand) -> None:
    width = pen.face.width(stamp, STAMP.size) + 16
    pen.canvas.setStrokeColorRGB(*brand.colour)
    pen.canvas.setLineWidth(1.2)
    pen.canvas.roundRect(x, y - 2, width, 19, 3, stroke=1, fill=0)
    pen.text(x + 8, y + 4, stamp, STAMP, brand.colour)
