"""The day's job sheets on paper, one page a job: what a technician must know, and blanks for what was done."""

import io
import re
from collections.abc import Sequence
from zoneinfo import ZoneInfo

from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from domain.reports.paper import JobSheetPaper, PaperCode
from printing import qr
from printing.flow import Pen, Strip, beside, draw_page, gap, stack, written
from printing.fonts import CHINESE_SAMPLE, Typeface, press, typeface
from printing.label_layout import bars
from printing.report_head import page_head
from printing.style import (
    BODY,
    BOTTOM,
    FIELDSTONE,
    FULL,
    GUTTER,
    HEADING,
    LABEL,
    LEFT,
    MARGIN,
    PAGE_HEIGHT,
    PAGE_WIDTH,
    RIGHT,
    SMALL,
    STRONG,
    STRONG_RULE_INK,
    TITLE,
    TOP,
    WIDTH,
    Brand,
    Frame,
    Style,
)
from printing.typesetting import ELLIPSIS, FIT_MAX, Line, Setter
from printing.words import Language, Words

CONTENT_TOP = PAGE_HEIGHT - TOP - 18
CONTENT_HEIGHT = CONTENT_TOP - BOTTOM
CODE_SIDE, BARS_HEIGHT = 17 * mm, 9 * mm
CUSTOMER_CODE_SIDE = 24 * mm
LABEL_WIDTH = 62.0
TEXT_LINES_MAX = 3
"""What a dispatcher wrote takes at most so many lines: the page must hold the blanks."""
CODE_COLUMNS = 3
CODE_ROOM_MIN = 44.0
FAULT_CODES_MAX, COMPONENTS_MAX = 24, 9
BLANK = 18.5
"""Height of a line to write on by hand."""
RESULTS = {"install": "installed", "maintain": "maintained", "inspect": "inspected", "advise": "advised"}
CODE_STYLE = Style(7.5, 9.4)


def render_job_sheets(
    sheets: Sequence[JobSheetPaper], language: Language = "en", brand: Brand = FIELDSTONE, face: Typeface | None = None
) -> bytes:
    """Print job sheets, each on a page of its own. The same arguments and fonts give the same bytes.

    What is too long for its place is cut with dots: the page must stay one page. No sheets make one page that says so.
    """
    face = face or typeface()
    words = Words(language if language == "en" or face.covers(CHINESE_SAMPLE) else "en")
    setter = Setter(face)
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
        canvas.setTitle(words["job_sheet"])
        canvas.setAuthor(brand.name)
        canvas.setProducer(brand.name)
        pen = Pen(canvas, face)
        for sheet in sheets:
            page_head(pen, setter, brand)
            _draw(pen, _Page(sheet, setter, words).strips())
            canvas.showPage()
        if not sheets:
            page_head(pen, setter, brand)
            pen.text(MARGIN, CONTENT_TOP - 30, words["no_job_sheets"], HEADING)
            canvas.showPage()
        canvas.save()
    return out.getvalue()


def _draw(pen: Pen, strips: Sequence[Strip]) -> None:
    used = 0.0
    page = []
    for strip in strips:
        page.append((used, strip))
        used += strip.height
    assert used <= CONTENT_HEIGHT, f"a job sheet of {used:.0f} points does not fit its page"
    draw_page(pen, page, CONTENT_TOP)


class _Page:
    """The strips of one job sheet."""

    def __init__(self, sheet: JobSheetPaper, setter: Setter, words: Words) -> None:
        self.sheet, self.setter, self.words = sheet, setter, words

    def strips(self) -> list[Strip]:
        """Return the page from top to bottom."""
        return [
            self._title(),
            gap(6),
            beside(
                self._coded(LEFT, "job", self.sheet.job_number, ""),
                self._coded(RIGHT, "serial", self.sheet.serial, self._model()),
            ),
            gap(4),
            beside(self._customer(), self._appointment()),
            *self._history(),
            *self._codes(),
            *self._blanks(),
            gap(5),
            self._end(),
        ]

    def _title(self) -> Strip:
        sheet, words = self.sheet, self.words
        zone = ZoneInfo(sheet.time_zone)
        who = ", ".join(filter(None, (sheet.technician, sheet.technician_number, sheet.partner)))
        day = f"{sheet.planned_from.astimezone(zone):%Y-%m-%d}"

        def draw(pen: Pen, y: float) -> None:
            pen.text(MARGIN, y - 20, words["job_sheet"], TITLE)
            for base, text, style in ((y - 9, day, STRONG), (y - 21, who, BODY)):
                fitting = self.setter.fit(text, WIDTH * 0.6, style)
                x = MARGIN + WIDTH - self.setter.face.width(fitting, style.size)
                pen.text(x, base, fitting, style)

        return Strip(26, ((0, draw),))

    def _coded(self, frame: Frame, label: str, text: str, below: str) -> list[Strip]:
        """Set a number as bars, as a QR and in words."""
        said = self.setter.fit(text, frame.width - CODE_SIDE - 60, STRONG)
        more = self.setter.fit(below, frame.width - CODE_SIDE - 14, SMALL)

        def draw(pen: Pen, y: float) -> None:
            pen.text(frame.x, y - 9, self.words[label], LABEL)
            pen.text(frame.x + 46, y - 9, said, STRONG)
            pen.text(frame.x, y - 20, more, SMALL)
            dark = bars(text)
            if dark:
                module = min(1.1, (frame.width - CODE_SIDE - 16) / (dark[-1][0] + dark[-1][1]))
                pen.canvas.setFillGray(0)
                for start, width in dark:
                    pen.canvas.rect(
                        frame.x + start * module, y - CODE_SIDE, width * module, BARS_HEIGHT, stroke=0, fill=1
                    )
            if len(text) <= 100:
                right = frame.x + frame.width - CODE_SIDE
                qr.draw(pen.canvas, text, right, y - CODE_SIDE, CODE_SIDE)

        return [Strip(CODE_SIDE + 4, ((0, draw),))]

    def _model(self) -> str:
        sheet = self.sheet
        return "  ".join(filter(None, (sheet.model_code, sheet.model_name, sheet.unit_name)))

    def _customer(self) -> list[Strip]:
        sheet = self.sheet
        facts = (
            ("customer_name", sheet.customer, 2),
            ("contact", sheet.contact, 1),
            ("phone", sheet.phone, 1),
            ("address", ", ".join(filter(None, (sheet.site, sheet.address))), TEXT_LINES_MAX),
        )
        return [self._head("customer", LEFT), *self._facts(facts, LEFT)]

    def _appointment(self) -> list[Strip]:
        sheet, words = self.sheet, self.words
        zone = ZoneInfo(sheet.time_zone)
        since, until = sheet.planned_from.astimezone(zone), sheet.planned_to.astimezone(zone)
        window = f"{since:%Y-%m-%d %H:%M}-{until:%H:%M} ({sheet.time_zone})"
        service = words["comma"].join((words.of("job", sheet.kind), words.of("mode", sheet.mode)))
        facts = (
            ("window", window, 1),
            ("service", f"{service}{words['comma']}{words.duration(sheet.estimated_minutes)}", 1),
            ("subject", " · ".join(filter(None, (sheet.subject, sheet.problem))), TEXT_LINES_MAX),
            ("bring", sheet.tools, 1),
            ("reminder", sheet.reminder, 1),
        )
        return [self._head("appointment", RIGHT), *self._facts(facts, RIGHT)]

    def _facts(self, facts: Sequence[tuple[str, str, int]], frame: Frame) -> list[Strip]:
        """Set facts beside their labels, each in at most so many lines."""
        lines: list[Line] = []
        for label, text, most in facts:
            name = self.setter.fit(self.words[label], LABEL_WIDTH - 4, LABEL)
            for number, piece in enumerate(self._cut(text, frame.width - LABEL_WIDTH, BODY, most)):
                named = ((0.0, name, LABEL),) if number == 0 else ()
                lines.append(Line(BODY.leading, (*named, (LABEL_WIDTH, piece, BODY))))
        return stack([(frame.x, lines)])

    def _cut(self, text: str, width: float, style: Style, most: int) -> list[str]:
        """Return at most so many lines of a text, with dots where it was cut."""
        if not text:
            return []
        text = re.sub(r"\s*\n\s*", "\n", re.sub(r"[^\S\n]+", " ", text))
        if len(text) > most * FIT_MAX:
            text = text[: most * FIT_MAX] + ELLIPSIS
        lines = self.setter.wrap(text, width, style.size)
        if len(lines) > most:
            lines = [*lines[: most - 1], self.setter.fit(" ".join(lines[most - 1 :]), width, style)]
        return lines

    def _history(self) -> list[Strip]:
        lines = [
            Line(BODY.leading, ((0.0, earlier.on.isoformat(), SMALL), (LABEL_WIDTH, self._fit(earlier.text), BODY)))
            for earlier in self.sheet.history
        ] or self.setter.lines(self.words["none"], WIDTH, BODY)
        return [gap(4), self._head("history", FULL), *stack([(MARGIN, lines)])]

    def _fit(self, text: str) -> str:
        return self.setter.fit(text, WIDTH - LABEL_WIDTH, BODY)

    def _codes(self) -> list[Strip]:
        """Set the codes that may be written below, so that nobody needs the book."""
        sheet, words = self.sheet, self.words
        strips: list[Strip] = []
        for title, codes, most in (
            ("codes", sheet.fault_codes, FAULT_CODES_MAX),
            ("components", sheet.components, COMPONENTS_MAX),
        ):
            if not codes:
                continue
            strips += [gap(4), self._head(title, FULL), *self._columns(codes[:most])]
            if len(codes) > most:
                strips += stack([(MARGIN, self.setter.lines(words["more_codes"], WIDTH, CODE_STYLE))])
        return strips

    def _columns(self, codes: Sequence[PaperCode]) -> list[Strip]:
        width = WIDTH / CODE_COLUMNS
        deep = -(-len(codes) // CODE_COLUMNS)
        # A code is written down below, so it is cut off later than its name.
        marked = [f"{each.code}{'*' if each.starred else ''}" for each in codes]
        widest = max(self.setter.face.width(code[:FIT_MAX], CODE_STYLE.size) for code in marked)
        room = min(max(widest, CODE_ROOM_MIN), width / 2)
        columns = []
        for column in range(CODE_COLUMNS):
            lines = []
            places = slice(column * deep, (column + 1) * deep)
            for each, text in zip(codes[places], marked[places], strict=True):
                code = self.setter.fit(text, room, CODE_STYLE)
                name = self.setter.fit(each.name, width - room - 12, CODE_STYLE)
                lines.append(Line(CODE_STYLE.leading, ((0.0, code, CODE_STYLE), (room + 4, name, CODE_STYLE))))
            columns.append((MARGIN + column * width, lines))
        return stack(columns)

    def _blanks(self) -> list[Strip]:
        words = self.words
        moments = [(words[key], 0.25) for key in ("travelled", "arrived", "started", "completed")]
        faults = [
            (words["fault_code"], 0.13),
            (f"{words['symptom']} / {words['cause']}", 0.3),
            (words["action"], 0.3),
            (words["component"], 0.15),
            (words["designator"], 0.12),
        ]
        parts = [
            (words["part_number"], 0.3),
            (words["quantity"], 0.1),
            (words["old_serial"], 0.24),
            (words["new_serial"], 0.24),
            (words["designator"], 0.12),
        ]
        readings = [(words["reading"], 0.3), (words["value"], 0.2)] * 2
        minutes = words["minutes"].format("")
        spent = [
            (f"{words['time.travel']}, {minutes.strip()}", 0.15),
            (f"{words['time.labour']}, {minutes.strip()}", 0.15),
            (words["operation"], 0.7),
        ]
        return [
            gap(5),
            self._grid(moments, 1, filled="        :"),
            gap(3),
            self._grid(spent, 1),
            gap(5),
            self._grid(faults, 2),
            gap(5),
            self._grid(parts, 4),
            gap(5),
            self._grid(readings, 2),
        ]

    def _grid(self, columns: Sequence[tuple[str, float]], rows: int, filled: str = "") -> Strip:
        """Set empty boxes under their heads, to be written in by hand."""
        height = 10 + rows * BLANK

        def draw(pen: Pen, y: float) -> None:
            x = MARGIN
            for head, share in columns:
                width = share * WIDTH
                pen.text(x + 2, y - 8, self.setter.fit(head, width - 4, SMALL), SMALL)
                for row in range(rows):
                    pen.frame(x, y - 10 - (row + 1) * BLANK, width, BLANK, 0.5)
                    pen.text(x + 4, y - 10 - (row + 1) * BLANK + 5, filled, BODY)
                x += width

        return Strip(height, ((0, draw),))

    def _end(self) -> Strip:
        """Set result, signature and the part the customer keeps."""
        words, sheet = self.words, self.sheet
        left = WIDTH - CUSTOMER_CODE_SIDE - GUTTER - 130
        results = (RESULTS.get(sheet.kind, "repaired"), "not-repaired", "no-fault-found")
        ticks = [words[f"result.{result}"] for result in results]
        hint = self._cut(words["collect_here"], 120, SMALL, 4)
        asked = self.setter.fit(words["ask_office"], left - 14, SMALL)

        def draw(pen: Pen, y: float) -> None:
            x = MARGIN
            for text in ticks:
                pen.frame(x, y - 11, 8, 8, 0.2)
                pen.text(x + 11, y - 10, text, BODY)
                x += 20 + self.setter.face.width(text, BODY.size)
            pen.frame(MARGIN, y - 24, 8, 8, 0.2)
            pen.text(MARGIN + 11, y - 23, asked, SMALL)
            pen.frame(MARGIN, y - 30 - 44, left, 44, 0.4)
            pen.text(MARGIN + 4, y - 40, f"{words['signature']}, {words['signer'].lower()}", LABEL)
            right = PAGE_WIDTH - MARGIN - CUSTOMER_CODE_SIDE
            qr.draw(pen.canvas, sheet.collection_address, right, y - 2 - CUSTOMER_CODE_SIDE, CUSTOMER_CODE_SIDE)
            text_x = right - 128
            pen.text(text_x, y - 10, words["for_customer"], STRONG)
            written(text_x, 13, [Line(SMALL.leading, ((0.0, line, SMALL),)) for line in hint])(pen, y)
            pen.text(text_x, y - 66, f"PIN {sheet.pin[:3]} {sheet.pin[3:]}", HEADING)

        return Strip(76, ((0, draw),))

    def _head(self, title: str, frame: Frame) -> Strip:
        def draw(pen: Pen, y: float) -> None:
            pen.text(frame.x, y - 10, self.words[title], HEADING)
            pen.rule(frame.x, y - 13.5, frame.width, STRONG_RULE_INK, 0.6)

        return Strip(15.5, ((0, draw),))
