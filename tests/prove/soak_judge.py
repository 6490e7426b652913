"""What must be true of a soak, and its figures.

A short soak is too short for the fine bounds: a few requests that meet at one moment make the p99 of its last seconds
twice that of the first. It is judged with a wider bound on memory and by its slowest answer, which a leak and a stall
still break; how far p99 drifted is told.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any

from tests.prove.soak_drive import Seen
from tests.prove.soak_gauges import Sample
from tests.prove.soak_mix import GROUPS, MIX

LONG_S = 1_500
"""From so many seconds on the fine bounds hold."""
WINDOW_S = 10
"""So long is a window that has a p99 of its own."""
OLDEST_TRANSACTION_S = SLOWEST_S = 10
TASKS_GROWTH, TASKS_SLACK = 1.5, 50
"""The queue may be so many times as long at last, and so many tasks more."""
OTHERS_CORES = 0.3
"""From so much on what is measured is another's."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much the memory of server and worker may grow, and p99 drift, if that is held; both as shares."""

    memory: float
    drift: float | None


FINE, WIDE = Bounds(0.05, 0.20), Bounds(0.15, None)


@dataclass(slots=True)
class Soaked:
    """What happened: requests, samples, and what nobody may answer."""

    seconds: int
    peak: float
    rate: float
    began: float
    seen: Sequence[Seen]
    refused: Sequence[tuple[float, int]]
    samples: list[Sample] = field(default_factory=list)
    undocumented: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    in_ramp: int = 0
    """How often the ramp was refused otherwise than by a busy server."""
    wrong: int = 0
    """How often an answer of 200 was not what it ought to be."""

    @property
    def bounds(self) -> Bounds:
        return FINE if self.seconds >= LONG_S else WIDE

    def part(self, first: float, last: float) -> list[Sample]:
        """Return the samples of a part of the time, given as shares."""
        return [one for one in self.samples if first <= (one.at - self.began) / self.seconds < last]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was judged and what failed."""

    target: str
    result: str
    failures: list[str]
    judged: dict[str, Any]


def judge(soaked: Soaked) -> Verdict:
    """Return what failed of everything that is judged.

    Warm-up is the first fifth: memory is that of the second fifth against that of the last, each the median. p99 is
    the median over windows of ten seconds, of the first third and of the last.
    """
    bounds = soaked.bounds
    errors = sum(status == 0 or status >= 500 for _, status in soaked.refused)
    grown = growth(soaked)
    moved = drift(soaked)
    oldest = max((one.oldest_transaction_s for one in soaked.samples), default=0.0)
    before, after = (median(one.tasks_waiting for one in soaked.part(*part)) for part in ((0.2, 0.4), (0.8, 1.0)))
    failed = max(one.tasks_failed for one in soaked.samples)
    slowest = max((one.seconds for one in soaked.seen), default=0.0)
    later = "" if bounds is FINE else f" (from {LONG_S} s on +<{FINE.memory:.0%}, p99 drift <{FINE.drift:.0%})"
    others = median(one.others for one in soaked.samples)
    kinds = len({one.kind.name for one in soaked.seen})
    checks = {
        f"{errors} × 5xx or no answer": not errors,
        f"{len(soaked.undocumented)} undocumented statuses": not soaked.undocumented,
        f"{len(soaked.refused)} refused": not soaked.refused,
        f"{soaked.in_ramp} refused while the peak was looked for": not soaked.in_ramp,
        f"{soaked.wrong} answers not what they ought to be": not soaked.wrong,
        f"{kinds} of {len(MIX)} kinds asked": kinds == len(MIX),
        f"memory of server and worker {grown:+.1%}, less than {bounds.memory:+.0%}": grown < bounds.memory,
        f"the slowest answer took {slowest:.1f} s, less than {SLOWEST_S} s": slowest < SLOWEST_S,
        f"oldest transaction {oldest:.1f} s, less than {OLDEST_TRANSACTION_S} s": oldest < OLDEST_TRANSACTION_S,
        f"tasks waiting: {before:.0f}, at last {after:.0f}": after <= before * TASKS_GROWTH + TASKS_SLACK,
        f"{failed} tasks failed": not failed,
    }
    if bounds.drift is not None:
        checks[f"p99 {moved:+.0%}, less than {bounds.drift:+.0%}"] = moved < bounds.drift
    failures = [said for said, passed in checks.items() if not passed] + soaked.undocumented
    if failures and others > OTHERS_CORES:
        failures.insert(0, f"others kept {others:.1f} cores busy: repeat it where nothing else runs")
    return Verdict(
        target=f"memory +<{bounds.memory:.0%}{later}, no transaction and no answer over {SLOWEST_S} s",
        result=f"{len(soaked.seen):,} at {soaked.rate:.0f}/s (peak {soaked.peak:.0f}), {errors} × 5xx, "
        f"memory {grown:+.1%}, p99 drift {moved:+.0%}, slowest {slowest:.1f} s, oldest transaction {oldest:.1f} s; "
        f"others kept {others:.1f} cores busy",
        failures=failures,
        judged={"bounds": asdict(bounds), "long": soaked.seconds >= LONG_S, "checks": checks},
    )


def growth(soaked: Soaked) -> float:
    """Return by which share the memory of server and worker grew after the warm-up."""
    before, after = (
        median(one.api_mb + one.worker_mb for one in soaked.part(*part)) for part in ((0.2, 0.4), (0.8, 1.0))
    )
    return after / before - 1


def drift(soaked: Soaked) -> float:
    """Return by which share p99 is another in the last third than in the first."""
    windows = windowed(soaked, WINDOW_S, lambda one: one.seconds)
    p99s = [percentile(window, 0.99) for window in windows if window]
    third = max(1, len(p99s) // 3)
    return median(p99s[-third:]) / median(p99s[:third]) - 1


def windowed(soaked: Soaked, seconds: float, value: Callable[[Seen], Any]) -> list[list[Any]]:
    """Return something of each request, by the window in which it was due."""
    found: list[list[Any]] = [[] for _ in range(-(-soaked.seconds // int(seconds)))]
    for one in soaked.seen:
        found[min(len(found) - 1, int((one.due - soaked.began) / seconds))].append(value(one))
    return found


def percentile(values: Iterable[float], share: float) -> float:
    """Return what so large a share of the values does not exceed; 0 of none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0


def _latency(values: Sequence[float]) -> dict[str, float]:
    return {f"p{share}_ms": round(percentile(values, share / 100) * 1000, 1) for share in (50, 95, 99)}


def summed_up(soaked: Soaked) -> dict[str, Any]:
    """Return the figures of the whole, and of each kind."""
    of_kind: dict[str, list[float]] = defaultdict(list)
    for one in soaked.seen:
        of_kind[one.kind.name].append(one.seconds)
    return {
        "seconds": soaked.seconds,
        "peak_per_second": round(soaked.peak, 1),
        "rate_per_second": round(soaked.rate, 1),
        "requests": len(soaked.seen),
        **_latency([one.seconds for one in soaked.seen]),
        "others_cores": round(median(one.others for one in soaked.samples), 2),
        "late_s_max": round(max(one.late_s for one in soaked.samples), 3),
        "kinds": {
            kind.name: {
                "who": kind.who,
                "share": kind.share,
                "why": kind.why,
                "requests": len(of_kind[kind.name]),
                **_latency(of_kind[kind.name]),
            }
            for kind in MIX
        },
    }


def per_second(soaked: Soaked) -> dict[str, Any]:
    """Return every second: requests and latency by kind, what was refused, and the samples."""
    seconds = windowed(soaked, 1, lambda one: one)
    refused: list[Counter[str]] = [Counter() for _ in seconds]
    for at, status in soaked.refused:
        refused[min(len(refused) - 1, int(at - soaked.began))][str(status)] += 1
    return {
        "requests": {kind.name: [sum(one.kind is kind for one in second) for second in seconds] for kind in MIX},
        "latency": {
            kind.name: [_latency([one.seconds for one in second if one.kind is kind]) for second in seconds]
            for kind in MIX
        },
        "refused": [dict(second) for second in refused],
        "samples": [asdict(one) | {"at": round(one.at - soaked.began, 2)} for one in soaked.samples],
    }


def answered(soaked: Soaked, seconds: int) -> dict[str, list[float]]:
    """Return how many of each group of people were answered a second, by window."""
    windows = [Counter[str]() for _ in range(-(-soaked.seconds // seconds))]
    for one in soaked.seen:
        at = int((one.due + one.seconds - soaked.began) / seconds)
        if at < len(windows):
            windows[at][one.kind.who] += 1
    return {group: [window[group] / seconds for window in windows] for group in GROUPS}
