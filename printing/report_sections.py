"""What a service report says, section by section, as strips of a page."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

from domain.reports.document import Money, PersonalPart, ReportDocument
from printing.confirmation import confirmation_strips
from printing.flow import Draw, Pen, Strip, beside, gap, height_of, stack, together, written
from printing.jpeg import Jpeg
from printing.photos import photo_strips
from printing.report_tables import (
    checks_table,
    faults_table,
    money_table,
    parts_table,
    readings_table,
    times_table,
)
from printing.style import BODY, FULL, GUTTER, HEADING, LABEL, LEFT, RIGHT, STRONG, STRONG_RULE_INK, WIDTH, Frame
from printing.typesetting import Line, Setter
from printing.words import Words

CARD_LABEL = 62.0
CELL = WIDTH / 4
HEAD_HEIGHT = 17.0
GAP = 8.0
BESIDE_MAX = 190.0
"""Sections that are no higher than this stand side by side; higher ones take the full width and may be cut."""
PHOTOS = Frame(FULL.x, WIDTH * 0.56)
SIGNATURE = Frame(FULL.x + PHOTOS.width + GUTTER, WIDTH - PHOTOS.width - GUTTER)

Section = tuple[str, Callable[[Frame], list[Strip]]]
"""The word over a section, and what stands in it when it is given so much room."""


@dataclass(frozen=True, slots=True)
class Sections:
    """The sections of one report in one language."""

    document: ReportDocument
    personal: PersonalPart | None
    pictures: Mapping[str, Jpeg]
    setter: Setter
    words: Words

    def strips(self) -> list[Strip]:
        """Return the whole report below its title, in reading order."""
        document, setter, words = self.document, self.setter, self.words
        sheet: list[Section] = []
        if document.faults:
            sheet.append(("faults", lambda _: faults_table(document.faults, setter, words)))
        if document.parts:
            sheet.append(("parts", lambda _: parts_table(document.parts, setter, words)))
        else:
            sheet.append(("parts", self._prose(words["none"])))
        if document.checks:
            sheet.append(("checks", lambda _: checks_table(document.checks, setter, words)))
        return [
            *self._revision(),
            *self._cards(("customer", self._customer()), ("unit", self._unit())),
            *self._moments(),
            *(strip for section in sheet for strip in self._alone(section)),
            *self._side_by_side(self._details()),
            *self._end(),
        ]

    def _revision(self) -> list[Strip]:
        if self.document.revision == 1:
            return []
        says = self.words["replaces"].format(self.document.revision - 1)
        if self.document.revision_reason:
            says += f" {self.words['reason']}{self.words['colon']}{self.document.revision_reason}"
        return [gap(6), *stack([(FULL.x, self.setter.lines(says, WIDTH, STRONG))])]

    def _customer(self) -> list[Line]:
        if self.personal is None:
            return self.setter.lines(self.words["erased_note"], LEFT.width, BODY)
        return self._facts(
            ("customer_name", self.personal.customer),
            ("contact", self.personal.contact),
            ("phone", self.personal.phone),
            ("address", self.personal.site_address),
        )

    def _unit(self) -> list[Line]:
        document = self.document
        return self._facts(
            ("model", " ".join(filter(None, (document.model_code, document.model_name)))),
            ("serial", document.serial),
            ("covered", self._coverage(True)),
            ("not_covered", self._coverage(False)),
            ("coverage_source", document.coverage.source),
        )

    def _moments(self) -> list[Strip]:
        """Set the moments of the visit in one row, in the time of the site."""
        document, words, zone = self.document, self.words, _zone(self.document.time_zone)
        offset = document.completed_at.astimezone(zone).isoformat()[-6:]
        told = (
            ("travelled", document.travelled_at),
            ("arrived", document.arrived_at),
            ("started", document.started_at),
            ("completed", document.completed_at),
        )
        columns = []
        for number, (label, moment) in enumerate((label, moment) for label, moment in told if moment is not None):
            lines = [
                *self.setter.lines(words[label], CELL, LABEL),
                *self.setter.lines(_local(moment, zone), CELL, BODY),
            ]
            columns.append((FULL.x + number * CELL, lines))
        title = words["times"].format(document.time_zone, offset)
        return [gap(GAP), *self._head(title, FULL), *stack(columns)]

    def _details(self) -> list[Section]:
        """Return the sections that can do with half the width."""
        document, setter, words = self.document, self.setter, self.words
        sections: list[Section] = []
        if document.times:
            sections.append(("work_time", lambda frame: times_table(document.times, setter, words, frame)))
        if document.readings:
            sections.append(("readings", lambda frame: readings_table(document.readings, setter, words, frame)))
        for title, amounts in (("charges", document.charges), ("expenses", document.expenses)):
            if amounts:
                sections.append((title, self._money(amounts)))
        return [*sections, *((title, self._prose(text)) for title, text in self._texts() if text)]

    def _texts(self) -> tuple[tuple[str, str], ...]:
        words, document = self.words, self.document
        remarks = []
        if document.keyed_in_by_office:
            remarks = [words["keyed_in"], words["office_asked" if document.office_was_asked else "office_not_asked"]]
        remarks += [words.of("flag", flag) for flag in document.flags]
        return ("notes", document.notes), ("remarks", "\n".join(remarks))

    def _end(self) -> list[Strip]:
        """Set photos and confirmation: a pair of photos beside the signature, more of them above it."""
        document = self.document
        signed = _local(document.completed_at, _zone(document.time_zone))

        def photos(frame: Frame) -> list[Strip]:
            return photo_strips(document.photos, self.pictures, self.setter, self.words, frame)

        def confirmation(frame: Frame) -> list[Strip]:
            return confirmation_strips(document, self.personal, signed, self.setter, self.words, frame)

        if 0 < len(document.photos) <= 2:
            both = beside(
                [*self._head(self.words["photos"], PHOTOS), *photos(PHOTOS)],
                [*self._head(self.words["signatures"], SIGNATURE), *confirmation(SIGNATURE)],
            )
            if both.height <= BESIDE_MAX:
                return [gap(GAP), both]
        end = together(self._alone(("signatures", confirmation)))
        if not document.photos:
            return end
        head = tuple(self._head(self.words["photos"], FULL))
        return [gap(GAP), *head, *(replace(row, again=head) for row in photos(FULL)), *end]

    def _side_by_side(self, sections: Sequence[Section]) -> list[Strip]:
        """Set sections two by two where both are low enough."""
        strips: list[Strip] = []
        waiting = list(sections)
        while waiting:
            halves = [
                [*self._head(self.words[title], frame), *body(frame)]
                for (title, body), frame in zip(waiting[:2], (LEFT, RIGHT), strict=False)
            ]
            if len(halves) == 2 and max(map(height_of, halves)) <= BESIDE_MAX:
                strips += [gap(GAP), beside(*halves)]
                del waiting[:2]
            else:
                strips += self._alone(waiting.pop(0))
        return strips

    def _alone(self, section: Section) -> list[Strip]:
        title, body = section
        return [gap(GAP), *self._head(self.words[title], FULL), *body(FULL)]

    def _coverage(self, covered: bool) -> str:
        pays = self.document.coverage
        parts = (("parts", pays.parts), ("labour", pays.labour), ("travel", pays.travel))
        named = self.words["comma"].join(self.words.of("coverage", name) for name, paid in parts if paid is covered)
        return named or (self.words["none"] if covered else "")

    def _facts(self, *facts: tuple[str, str]) -> list[Line]:
        named = [(self.words[key], value) for key, value in facts]
        return self.setter.facts(named, LEFT.width, CARD_LABEL, LABEL, BODY)

    def _cards(self, left: tuple[str, list[Line]], right: tuple[str, list[Line]]) -> list[Strip]:
        """Put two headed columns of facts side by side."""
        heads = beside(self._head(self.words[left[0]], LEFT), self._head(self.words[right[0]], RIGHT))
        columns = [(LEFT.x, left[1]), (RIGHT.x, right[1])]
        return [gap(GAP), Strip(heads.height, heads.draws, keep=True), *stack(columns)]

    def _head(self, title: str, frame: Frame) -> list[Strip]:
        """Set the heading of a section, which never parts from what comes after it."""
        line = self.setter.fit(title, frame.width, HEADING)
        text: Draw = written(frame.x, -2.0, [Line(HEADING.leading, ((0.0, line, HEADING),))])

        def draw(pen: Pen, y: float) -> None:
            text(pen, y)
            pen.rule(frame.x, y - HEAD_HEIGHT + 3, frame.width, STRONG_RULE_INK, 0.6)

        return [Strip(HEAD_HEIGHT, ((0, draw),), keep=True)]

    def _money(self, amounts: Sequence[Money]) -> Callable[[Frame], list[Strip]]:
        return lambda frame: money_table(amounts, self.setter, self.words, frame)

    def _prose(self, text: str) -> Callable[[Frame], list[Strip]]:
        return lambda frame: stack([(frame.x, self.setter.lines(text, frame.width, BODY))])


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return UTC


def _local(moment: datetime | None, zone: tzinfo) -> str:
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M}" if moment else ""
