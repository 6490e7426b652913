"""What a service report says, section by section, as strips of a page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

from domain.kit.money import minor_digits
from domain.reports.document import Money, PersonalPart, ReportDocument
from printing.confirmation import signature_strips, technician
from printing.flow import Pen, Strip, gap, stack, together
from printing.jpeg import Jpeg
from printing.photos import photo_strips
from printing.style import BODY, GUTTER, HEADING, LABEL, MARGIN, SMALL, STRONG, STRONG_RULE_INK, WIDTH
from printing.tables import Cell, Column, table
from printing.typesetting import Line, Setter
from printing.words import Words

CARD = (WIDTH - GUTTER) / 2
CARD_LABEL = 62.0


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
        return [
            *self._revision(),
            *self._customer_and_unit(),
            *self._visit(),
            *self._faults(),
            *self._parts(),
            *self._times(),
            *self._readings(),
            *self._checks(),
            *self._money("charges", self.document.charges),
            *self._money("expenses", self.document.expenses),
            *self._prose("notes", self.document.notes),
            *self._remarks(),
            *self._photos(),
            *self._confirmation(),
        ]

    def _revision(self) -> list[Strip]:
        if self.document.revision == 1:
            return []
        says = self.words["replaces"].format(self.document.revision - 1)
        if self.document.revision_reason:
            says += f" {self.words['reason']}{self.words['colon']}{self.document.revision_reason}"
        return [gap(6), *stack([(MARGIN, self.setter.lines(says, WIDTH, STRONG))])]

    def _customer_and_unit(self) -> list[Strip]:
        document, words, personal = self.document, self.words, self.personal
        if personal is None:
            customer = self.setter.lines(words["erased_note"], CARD, BODY)
        else:
            customer = self._facts(
                ("customer_name", personal.customer),
                ("contact", personal.contact),
                ("phone", personal.phone),
                ("address", personal.site_address),
            )
        unit = self._facts(
            ("model", " ".join(filter(None, (document.model_code, document.model_name)))),
            ("serial", document.serial),
            ("covered", self._coverage(True)),
            ("not_covered", self._coverage(False)),
            ("coverage_source", document.coverage.source),
        )
        return self._cards(("customer", customer), ("unit", unit))

    def _visit(self) -> list[Strip]:
        document, words = self.document, self.words
        zone = _zone(document.time_zone)
        kind = words["comma"].join((words.of("job", document.job_kind), words.of("mode", document.mode)))
        done = self._facts(
            ("job", document.job_number),
            ("service", kind),
            ("visit_number", str(document.visit_number)),
            ("partner", document.partner),
            ("technician", technician(document, self.personal, words)),
        )
        when = self._facts(
            ("travelled", _local(document.travelled_at, zone)),
            ("arrived", _local(document.arrived_at, zone)),
            ("started", _local(document.started_at, zone)),
            ("completed", _local(document.completed_at, zone)),
            ("time_zone", f"{document.time_zone} (UTC{document.completed_at.astimezone(zone).isoformat()[-6:]})"),
        )
        return self._cards(("visit", done), ("times", when))

    def _faults(self) -> list[Strip]:
        words, faults = self.words, self.document.faults
        if not faults:
            return []
        columns = (
            Column(words["fault_code"], 0.13),
            Column(words["fault"], 0.31),
            Column(words["action"], 0.32),
            Column(words["component"], 0.24),
        )
        rows: list[list[Cell]] = []
        for fault in faults:
            told = [(fault.name, STRONG)] if fault.name else []
            told += [
                (f"{words[key]}{words['colon']}{text}", BODY)
                for key, text in (("symptom", fault.symptom), ("cause", fault.cause))
                if text
            ]
            where = [(fault.component, BODY)]
            where += [(f"{words['designator']}{words['colon']}{fault.designator}", BODY)] if fault.designator else []
            rows.append([[(fault.code, STRONG)], told, fault.action, where])
        return [*self._heading("faults"), *table(self.setter, columns, rows)]

    def _parts(self) -> list[Strip]:
        words, parts = self.words, self.document.parts
        if not parts:
            return self._prose("parts", words["none"])
        columns = (
            Column(words["part_number"], 0.2),
            Column(words["part_name"], 0.32),
            Column(words["quantity"], 0.1, "right"),
            Column(words["designator"], 0.1),
            Column(words["old_serial"], 0.14),
            Column(words["new_serial"], 0.14),
        )
        rows: list[list[Cell]] = []
        for part in parts:
            name = [(part.name, BODY)] + ([(words["on_hold"], SMALL)] if part.on_hold else [])
            quantity = f"{part.quantity} {words.of('unit_of', part.unit)}"
            rows.append([[(part.number, STRONG)], name, quantity, part.designator, part.old_serial, part.new_serial])
        return [*self._heading("parts"), *table(self.setter, columns, rows)]

    def _times(self) -> list[Strip]:
        words, times = self.words, self.document.times
        if not times:
            return []
        columns = (Column(words["kind"], 0.2), Column(words["operation"], 0.6), Column(words["duration"], 0.2, "right"))
        rows: list[list[Cell]] = [
            [words.of("time", time.kind), time.operation, words.duration(time.minutes)] for time in times
        ]
        if len(times) > 1:
            total = words.duration(sum(time.minutes for time in times))
            rows.append([[(words["total"], STRONG)], "", [(total, STRONG)]])
        return [*self._heading("work_time"), *table(self.setter, columns, rows)]

    def _readings(self) -> list[Strip]:
        words, readings = self.words, self.document.readings
        if not readings:
            return []
        columns = (Column(words["reading"], 0.6), Column(words["value"], 0.4, "right"))
        rows: list[list[Cell]] = [[each.name, f"{each.value} {each.unit}".strip()] for each in readings]
        return [*self._heading("readings"), *table(self.setter, columns, rows)]

    def _checks(self) -> list[Strip]:
        words, checks = self.words, self.document.checks
        if not checks:
            return []
        columns = (Column(words["check_item"], 0.5), Column(words["outcome"], 0.16), Column(words["note"], 0.34))
        rows: list[list[Cell]] = [[each.name, words.of("check", each.outcome), each.note] for each in checks]
        return [*self._heading("checks"), *table(self.setter, columns, rows)]

    def _money(self, title: str, amounts: Sequence[Money]) -> list[Strip]:
        words = self.words
        if not amounts:
            return []
        columns = (Column(words["kind"], 0.25), Column(words["note"], 0.5), Column(words["amount"], 0.25, "right"))
        rows: list[list[Cell]] = [
            [words.of("money", each.kind), each.note, amount(each.amount_minor, each.currency)] for each in amounts
        ]
        if len(amounts) > 1:
            sums: dict[str, int] = {}
            for each in amounts:
                sums[each.currency] = sums.get(each.currency, 0) + each.amount_minor
            totals = [(amount(minor, currency), STRONG) for currency, minor in sums.items()]
            rows.append([[(words["total"], STRONG)], "", totals])
        return [*self._heading(title), *table(self.setter, columns, rows)]

    def _remarks(self) -> list[Strip]:
        words, document = self.words, self.document
        remarks = []
        if document.keyed_in_by_office:
            remarks = [words["keyed_in"], words["office_asked" if document.office_was_asked else "office_not_asked"]]
        remarks += [words.of("flag", flag) for flag in document.flags]
        return self._prose("remarks", "\n".join(remarks))

    def _photos(self) -> list[Strip]:
        if not self.document.photos:
            return []
        strips = photo_strips(self.document.photos, self.pictures, self.setter, self.words)
        return [*self._heading("photos"), *strips]

    def _confirmation(self) -> list[Strip]:
        signed = _local(self.document.completed_at, _zone(self.document.time_zone))
        strips = signature_strips(self.document, self.personal, signed, self.setter, self.words)
        return together([*self._heading("signatures"), *strips])

    def _coverage(self, covered: bool) -> str:
        pays = self.document.coverage
        parts = (("parts", pays.parts), ("labour", pays.labour), ("travel", pays.travel))
        return self.words["comma"].join(self.words.of("coverage", name) for name, paid in parts if paid is covered)

    def _facts(self, *facts: tuple[str, str]) -> list[Line]:
        named = [(self.words[key], value) for key, value in facts]
        return self.setter.facts(named, CARD, CARD_LABEL, LABEL, BODY)

    def _cards(self, left: tuple[str, list[Line]], right: tuple[str, list[Line]]) -> list[Strip]:
        """Put two headed columns side by side."""
        heads = [(MARGIN, self.words[left[0]]), (MARGIN + CARD + GUTTER, self.words[right[0]])]

        def head(pen: Pen, y: float) -> None:
            for x, text in heads:
                pen.text(x, y - 10, text, HEADING)
                pen.rule(x, y - 15, CARD, STRONG_RULE_INK, 0.6)

        columns = [(MARGIN, left[1]), (MARGIN + CARD + GUTTER, right[1])]
        return [gap(9), Strip(18, ((0, head),), keep=True), *stack(columns)]

    def _heading(self, title: str) -> list[Strip]:
        def draw(pen: Pen, y: float) -> None:
            pen.text(MARGIN, y - 10, self.words[title], HEADING)
            pen.rule(MARGIN, y - 15, WIDTH, STRONG_RULE_INK, 0.6)

        return [gap(11), Strip(18, ((0, draw),), keep=True)]

    def _prose(self, title: str, text: str) -> list[Strip]:
        if not text:
            return []
        return [*self._heading(title), *stack([(MARGIN, self.setter.lines(text, WIDTH, BODY))])]


def amount(minor: int, currency: str) -> str:
    """Write an amount with the decimals of its currency, never through a float."""
    digits = minor_digits(currency)
    whole, rest = divmod(abs(minor), 10**digits)
    decimals = f".{rest:0{digits}d}" if digits else ""
    return f"{'-' if minor < 0 else ''}{whole:,}{decimals} {currency}"


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return UTC


def _local(moment: datetime | None, zone: tzinfo) -> str:
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M}" if moment else ""
