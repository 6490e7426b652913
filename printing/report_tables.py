"""The tables of a service report: what each row says, in the frame it is given."""

from collections.abc import Sequence

from domain.kit.money import minor_digits
from domain.reports.document import Check, Fault, Money, Part, Reading, Time
from printing.flow import Strip
from printing.style import BODY, FULL, SMALL, STRONG, Frame
from printing.tables import Cell, Column, table
from printing.typesetting import Setter
from printing.words import Words


def faults_table(faults: Sequence[Fault], setter: Setter, words: Words) -> list[Strip]:
    """Say what was wrong, what was done about it, and which component at which place had failed."""
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
    return table(setter, columns, rows)


def parts_table(parts: Sequence[Part], setter: Setter, words: Words) -> list[Strip]:
    """Say which parts were used, and the serials that went out and in."""
    columns = (
        Column(words["part_number"], 0.2),
        Column(words["part_name"], 0.31),
        Column(words["quantity"], 0.1, "right"),
        Column(words["designator"], 0.11),
        Column(words["old_serial"], 0.14),
        Column(words["new_serial"], 0.14),
    )
    rows: list[list[Cell]] = []
    for part in parts:
        name = [(part.name, BODY)] + ([(words["on_hold"], SMALL)] if part.on_hold else [])
        quantity = f"{part.quantity} {words.of('unit_of', part.unit)}"
        rows.append([[(part.number, STRONG)], name, quantity, part.designator, part.old_serial, part.new_serial])
    return table(setter, columns, rows)


def times_table(times: Sequence[Time], setter: Setter, words: Words, frame: Frame) -> list[Strip]:
    """Say how long travel and work took, and what it took altogether."""
    columns = (Column(words["kind"], 0.2), Column(words["operation"], 0.55), Column(words["duration"], 0.25, "right"))
    rows: list[list[Cell]] = [
        [words.of("time", time.kind), time.operation, words.duration(time.minutes)] for time in times
    ]
    if len(times) > 1:
        total = words.duration(sum(time.minutes for time in times))
        rows.append([[(words["total"], STRONG)], "", [(total, STRONG)]])
    return table(setter, columns, rows, frame)


def readings_table(readings: Sequence[Reading], setter: Setter, words: Words, frame: Frame) -> list[Strip]:
    """Say what was measured."""
    columns = (Column(words["reading"], 0.62), Column(words["value"], 0.38, "right"))
    return table(setter, columns, ([each.name, f"{each.value} {each.unit}".strip()] for each in readings), frame)


def checks_table(checks: Sequence[Check], setter: Setter, words: Words) -> list[Strip]:
    """Say what was checked, and what came of it."""
    columns = (Column(words["check_item"], 0.5), Column(words["outcome"], 0.16), Column(words["note"], 0.34))
    return table(setter, columns, ([each.name, words.of("check", each.outcome), each.note] for each in checks), FULL)


def money_table(amounts: Sequence[Money], setter: Setter, words: Words, frame: Frame) -> list[Strip]:
    """Say what is charged or was spent, with one total for each currency."""
    columns = (Column(words["kind"], 0.25), Column(words["note"], 0.42), Column(words["amount"], 0.33, "right"))
    rows: list[list[Cell]] = [
        [words.of("money", each.kind), each.note, amount(each.amount_minor, each.currency)] for each in amounts
    ]
    if len(amounts) > 1:
        sums: dict[str, int] = {}
        for each in amounts:
            sums[each.currency] = sums.get(each.currency, 0) + each.amount_minor
        totals = [(amount(minor, currency), STRONG) for currency, minor in sums.items()]
        rows.append([[(words["total"], STRONG)], "", totals])
    return table(setter, columns, rows, frame)


def amount(minor: int, currency: str) -> str:
    """Write an amount with the decimals of its currency, never through a float."""
    digits = minor_digits(currency)
    whole, rest = divmod(abs(minor), 10**digits)
    decimals = f".{rest:0{digits}d}" if digits else ""
    return f"{'-' if minor < 0 else ''}{whole:,}{decimals} {currency}"
