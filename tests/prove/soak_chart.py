"""The chart of a soak: six panels over one time axis, and beside them what each kind took and what was judged."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from statistics import median
from typing import Any

from tests.prove.soak_gauges import Sample
from tests.prove.soak_judge import OLDEST_TRANSACTION_S, Soaked, answered, percentile, windowed
from tests.prove.soak_mix import CUSTOMERS, DESK, GROUPS, PARTNERS, TECHNICIANS

WIDTH, TOP, LEFT, PLOT, HIGH, GAP = 1340, 96, 64, 740, 118, 46
ASIDE = LEFT + PLOT + 56
POINTS = 180
"""No more are drawn of a line; each stands for the seconds around it."""
BLUE, ORANGE, GREEN, PURPLE, RED, GREY = "#22658f", "#d98324", "#4d8b57", "#8d5a9e", "#b3261e", "#5f6770"
COLOURS = {TECHNICIANS: BLUE, PARTNERS: ORANGE, DESK: GREEN, CUSTOMERS: PURPLE}
STEPS_OF_TIME = (5, 10, 20, 30, 60, 120, 300, 600, 1_800, 3_600, 7_200)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a panel: its name, its colour, and a value for each window."""

    name: str
    colour: str
    values: Sequence[float]


@dataclass(frozen=True, slots=True)
class Panel:
    """What is drawn over time in one unit; ``stacked`` areas stand on one another, ``mark`` is a line not to cross."""

    title: str
    lines: Sequence[Line]
    stacked: bool = False
    logarithmic: bool = False
    mark: float | None = None


def chart(soaked: Soaked, figures: Mapping[str, Any], *, passed: bool) -> str:
    """Return the chart as SVG."""
    window = max(1, math.ceil(soaked.seconds / POINTS))
    panels = _panels(soaked, window)
    height = TOP + len(panels) * (HIGH + GAP) + 24
    drawn = [_text(24, 38, _headline(figures, passed), size=21, weight=600), _text(24, 62, _subtitle(figures, window))]
    bottom = TOP + len(panels) * (HIGH + GAP) - GAP
    drawn += _time_axis(soaked.seconds, bottom)
    for place, panel in enumerate(panels):
        drawn += _panel(panel, TOP + place * (HIGH + GAP))
    drawn += _refusals(soaked)
    drawn += _table(figures["kinds"])
    drawn += _checks(figures, TOP + 24 * (len(figures["kinds"]) + 3), refused=bool(soaked.refused))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        f'font-family="system-ui, -apple-system, Segoe UI, Helvetica, Arial, sans-serif" fill="#1d2329">'
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>{"".join(drawn)}</svg>\n'
    )


def _headline(figures: Mapping[str, Any], passed: bool) -> str:
    return (
        f"Soak: {figures['requests']:,} requests in {_duration(figures['seconds'])}, {figures['rate_per_second']:.0f} "
        f"a second · {'passed' if passed else 'FAILED'}"
    )


def _subtitle(figures: Mapping[str, Any], window: int) -> str:
    each = "each second" if window == 1 else f"each {window} s"
    peak, machine = f"{figures['peak_per_second']:.0f}/s", figures["machine"]
    return (
        f"60 % of the peak of {peak}; arrivals at random, latency from the moment a "
        f"request was due. One server process, worker, PostgreSQL and the clients on {machine}. A point {each}."
    )


def _panels(soaked: Soaked, window: int) -> list[Panel]:
    seconds = windowed(soaked, window, lambda one: one.seconds)
    groups = answered(soaked, window)
    of = _reader(soaked, window)
    latency = [
        Line(f"p{share}", colour, [percentile(values, share / 100) * 1000 for values in seconds])
        for share, colour in ((99, RED), (95, ORANGE), (50, BLUE))
    ]
    memory = [
        Line("PostgreSQL", GREY, of(lambda one: one.postgres_mb, median)),
        Line("server", BLUE, of(lambda one: one.api_mb, median)),
        Line("worker", ORANGE, of(lambda one: one.worker_mb, median)),
    ]
    sessions = [
        Line("connections", BLUE, of(lambda one: one.connections, max)),
        Line("open transactions", ORANGE, of(lambda one: one.open_transactions, max)),
        Line("of these idle", PURPLE, of(lambda one: one.idle_in_transaction, max)),
    ]
    machine = [
        Line("tasks waiting", ORANGE, of(lambda one: one.tasks_waiting, max)),
        Line("load average, 1 min", GREY, of(lambda one: one.load, max)),
        Line("cores that others kept busy", PURPLE, of(lambda one: one.others, median)),
    ]
    oldest = [Line("oldest open transaction", BLUE, of(lambda one: one.oldest_transaction_s, max))]
    return [
        Panel("Answers a second", [Line(group, COLOURS[group], groups[group]) for group in GROUPS], stacked=True),
        Panel("Latency, ms", latency, logarithmic=True),
        Panel("Memory, MB (shared pages in part)", memory),
        Panel("Sessions of the database", sessions),
        Panel("Age of a transaction, s", oldest, mark=OLDEST_TRANSACTION_S),
        Panel("Queue and machine", machine),
    ]


def _reader(soaked: Soaked, window: int) -> Callable[..., list[float]]:
    """Return what reads a value of the samples of each window, the one before where none was taken."""
    windows: list[list[Sample]] = [[] for _ in range(math.ceil(soaked.seconds / window))]
    for one in soaked.samples:
        windows[min(len(windows) - 1, int((one.at - soaked.began) / window))].append(one)

    def of(value: Callable[[Sample], float], over: Callable[[list[float]], float]) -> list[float]:
        found: list[float] = []
        for some in windows:
            found.append(over([value(one) for one in some]) if some else (found or [0.0])[-1])
        return found

    return of


def _panel(panel: Panel, top: float) -> list[str]:
    summed = [0.0] * len(panel.lines[0].values)
    tops = []
    for line in panel.lines:
        summed = [below + value for below, value in zip(summed, line.values, strict=True)]
        tops.append(summed if panel.stacked else list(line.values))
    most = max(max(values) for values in tops)
    ticks = _decades(tops) if panel.logarithmic else _ticks(max(most, 1.0 if panel.mark is None else panel.mark))
    low, high = ticks[0], ticks[-1]

    def y(value: float) -> float:
        share = math.log(max(value, low) / low) / math.log(high / low) if panel.logarithmic else value / high
        return top + HIGH * (1 - share)

    drawn = [_text(LEFT, top - 9, panel.title, size=13, weight=600)]
    for tick in ticks:
        drawn.append(f'<path d="M{LEFT} {y(tick):.1f}h{PLOT}" stroke="#dfe3e7"/>')
        drawn.append(_text(LEFT - 8, y(tick) + 4, f"{tick:,g}", size=11, anchor="end", colour=GREY))
    below = [y(0)] * len(summed)
    for line, values in zip(panel.lines, tops, strict=True):
        heights = [y(value) for value in values]
        if panel.stacked:
            area = _points(heights) + " " + " ".join(reversed(_points(below).split()))
            drawn.append(f'<polygon points="{area}" fill="{line.colour}" fill-opacity="0.8"/>')
            below = heights
        else:
            drawn.append(
                f'<polyline points="{_points(heights)}" fill="none" stroke="{line.colour}" stroke-width="1.6"/>'
            )
    if panel.mark is not None:
        drawn.append(f'<path d="M{LEFT} {y(panel.mark):.1f}h{PLOT}" stroke="{RED}" stroke-dasharray="5 4"/>')
        drawn.append(_text(LEFT + PLOT - 4, y(panel.mark) + 14, "the most allowed", size=11, anchor="end", colour=RED))
    return drawn + _legend(panel.lines, top)


def _points(heights: Sequence[float]) -> str:
    step = PLOT / max(1, len(heights) - 1)
    return " ".join(f"{LEFT + place * step:.1f},{height:.1f}" for place, height in enumerate(heights))


def _legend(lines: Sequence[Line], top: float) -> list[str]:
    drawn: list[str] = []
    right = float(LEFT + PLOT)
    for line in reversed(lines):
        right -= 6.4 * len(line.name) + 22
        drawn.append(f'<rect x="{right:.1f}" y="{top - 18:.1f}" width="10" height="10" fill="{line.colour}"/>')
        drawn.append(_text(right + 14, top - 9, line.name, size=12))
    return drawn


def _ticks(most: float) -> list[float]:
    """Return round numbers from nought to the first that is not below the most."""
    rough = most / 4
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(one * power for one in (1, 2, 2.5, 5, 10) if one * power >= rough)
    return [step * number for number in range(math.ceil(most / step) + 1)]


def _decades(lines: Sequence[Sequence[float]]) -> list[float]:
    """Return 1, 3, 10, 30 … around all values."""
    some = [value for line in lines for value in line if value > 0] or [1.0, 10.0]
    steps = [base * 10.0**power for power in range(-1, 6) for base in (1, 3)]
    least = max((step for step in steps if step <= min(some)), default=steps[0])
    most = min((step for step in steps if step >= max(some)), default=steps[-1])
    return [step for step in steps if least <= step <= max(most, least * 10)]


def _time_axis(seconds: int, bottom: float) -> list[str]:
    step = next(step for step in STEPS_OF_TIME if seconds / step <= 12)
    warm = f'<rect x="{LEFT}" y="{TOP}" width="{PLOT / 5}" height="{bottom - TOP}" fill="#f2f4f6"/>'
    drawn = [warm, _text(LEFT + 4, bottom + 34, "warm-up for the memory", size=11, colour=GREY)]
    for at in range(0, seconds + 1, step):
        x = LEFT + PLOT * at / seconds
        drawn.append(f'<path d="M{x:.1f} {TOP}V{bottom + 5}" stroke="#e8ebee"/>')
        said = f"{at // 60}:{at % 60:02}" if seconds >= 120 else f"{at}"
        drawn.append(_text(x, bottom + 18, said, size=11, anchor="middle", colour=GREY))
    unit = "minutes" if seconds >= 120 else "seconds"
    return [*drawn, _text(LEFT + PLOT, bottom + 34, unit, size=11, anchor="end", colour=GREY)]


def _refusals(soaked: Soaked) -> list[str]:
    """Draw a red stroke on the first panel for each answer that was a refusal or none."""
    at = sorted({LEFT + round(PLOT * (when - soaked.began) / soaked.seconds) for when, _ in soaked.refused})
    return [f'<path d="M{x} {TOP}v{HIGH}" stroke="{RED}" stroke-width="1.5"/>' for x in at]


def _table(kinds: Mapping[str, Mapping[str, Any]]) -> list[str]:
    columns = [("%", "share", 190), ("requests", "requests", 262)]
    columns += [("p50", "p50_ms", 318), ("p95", "p95_ms", 370), ("p99, ms", "p99_ms", 432)]
    drawn = [_text(ASIDE, TOP - 9, "The mix", size=13, weight=600)]
    drawn += [_text(ASIDE + x, TOP - 9, head, size=12, anchor="end", colour=GREY) for head, _, x in columns]
    for row, (name, kind) in enumerate(kinds.items()):
        y = TOP + 15 + 24 * row
        drawn.append(f'<rect x="{ASIDE}" y="{y - 10}" width="10" height="10" fill="{COLOURS[kind["who"]]}"/>')
        drawn.append(_text(ASIDE + 18, y, name, size=13))
        for _, key, x in columns:
            value = kind[key]
            said = f"{value:g}" if key == "share" else f"{value:,.0f}"
            drawn.append(_text(ASIDE + x, y, said, size=13, anchor="end"))
    return drawn


def _checks(figures: Mapping[str, Any], top: float, *, refused: bool) -> list[str]:
    checks: Mapping[str, bool] = figures["judged"]["checks"]
    drawn = [_text(ASIDE, top, "What was judged", size=13, weight=600)]
    for row, (said, passed) in enumerate(checks.items()):
        y = top + 26 + 22 * row
        drawn.append(_text(ASIDE, y, "✓" if passed else "✗", size=14, colour=GREEN if passed else RED, weight=700))
        drawn.append(_text(ASIDE + 20, y, said, size=13, colour="#1d2329" if passed else RED))
    bottom = top + 38 + 22 * len(checks)
    shared = f"Others kept {figures['others_cores']:.1f} cores of the machine busy meanwhile."
    drawn.append(_text(ASIDE, bottom, shared, colour=GREY))
    if refused:
        drawn.append(_text(ASIDE, bottom + 20, "A red line across the answers is one that was refused.", colour=GREY))
    return drawn


def _duration(seconds: int) -> str:
    return f"{seconds // 60} minutes" if seconds % 60 == 0 and seconds > 60 else f"{seconds} s"


def _text(
    x: float, y: float, said: str, *, size: int = 13, weight: int = 400, anchor: str = "start", colour: str = ""
) -> str:
    more = f' fill="{colour}"' if colour else ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" font-weight="{weight}" text-anchor="{anchor}"{more}>'
        f"{escape(said)}</text>"
    )
