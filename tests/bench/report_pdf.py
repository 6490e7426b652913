"""CPU time and size of a usual report, fonts already loaded, and how much memory goes on growing over many.

REPORTS is a sample of the ten thousand that must stay flat; BENCH_REPORTS=10000 prints them all.
"""

import base64
import os
import resource
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

from printing import qr
from printing.job_sheet import render_job_sheets
from printing.report import render_report
from tests.printing import visits

RUNS = 30
REPORTS = int(os.environ.get("BENCH_REPORTS", "300"))
WARM = 100
CPU_MS_MAX, KB_MAX = 30.0, 60.0
GROWTH_KB_MAX = 1.0
"""What one more report may add for good: 10,000 of them then stay within ten megabytes."""


@dataclass(frozen=True, slots=True)
class Case:
    """A kind of paper, and how to print one."""

    name: str
    render: Callable[[], bytes]


def run() -> dict[str, float]:
    """Return medians: milliseconds of CPU and kilobytes for several kinds of paper, and what a report leaves behind."""
    pair, pair_pictures = visits.before_and_after(charges=())
    many, many_pictures = visits.with_photos(6)
    cases = (
        Case("english", lambda: printed(0)),
        Case(
            "chinese",
            lambda: render_report(
                visits.chinese_document(), visits.chinese_personal(), {}, visits.VERIFY_URL, visits.SHORT_CODE, "zh"
            ),
        ),
        Case(
            "long",
            lambda: render_report(visits.long_document(), visits.personal(), {}, visits.VERIFY_URL, visits.SHORT_CODE),
        ),
        Case(
            "two_photos",
            lambda: render_report(pair, visits.personal(), pair_pictures, visits.VERIFY_URL, visits.SHORT_CODE),
        ),
        Case(
            "six_photos",
            lambda: render_report(many, visits.personal(), many_pictures, visits.VERIFY_URL, visits.SHORT_CODE),
        ),
        Case("job_sheet", lambda: render_job_sheets([visits.job_sheet()])),
    )
    figures: dict[str, float] = {}
    for case in cases:
        figures.update(_measured(case))
    figures["report_growth_kb"] = round(_growth_kb(), 2)
    figures["report_cpu_ms_max"], figures["report_kb_max"] = CPU_MS_MAX, KB_MAX
    figures["report_growth_kb_max"] = GROWTH_KB_MAX
    return figures


def printed(number: int) -> bytes:
    """A report unlike the others."""
    document = visits.document(report_number=f"R-{number:09}", serial=f"HX90B-{number:09}")
    told = base64.b32encode(number.to_bytes(5, "big")).decode()
    return render_report(document, visits.personal(), {}, visits.VERIFY_URL[:-8] + told, visits.SHORT_CODE)


def _measured(case: Case) -> dict[str, float]:
    case.render()
    spent = []
    for _ in range(RUNS):
        qr.modules.cache_clear()  # every report has an address of its own
        start = time.process_time()
        pdf = case.render()
        spent.append((time.process_time() - start) * 1000)
    return {
        f"report_{case.name}_cpu_ms": round(statistics.median(spent), 1),
        f"report_{case.name}_cpu_ms_worst": round(max(spent), 1),
        f"report_{case.name}_kb": round(len(pdf) / 1000, 1),
    }


def _growth_kb() -> float:
    """Return what each report adds to the most memory this process ever held, after the first hundred."""
    for number in range(WARM):
        printed(number)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for number in range(WARM, WARM + REPORTS):
        printed(number)
    return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / REPORTS
