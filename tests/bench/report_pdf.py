"""CPU time and size of a usual report, fonts already loaded."""

import statistics
import time
from collections.abc import Callable

from printing import qr
from printing.report import render_report
from tests.printing import visits

RUNS = 30


def run() -> dict[str, float]:
    """Return medians: milliseconds of CPU and kilobytes for reports of several kinds."""
    document, photos = visits.with_photos(6)
    cases: dict[str, Callable[[], bytes]] = {
        "english": lambda: render_report(visits.document(), visits.personal(), {}, visits.VERIFY_URL, "7K3M9QX2PD"),
        "chinese": lambda: render_report(
            visits.chinese_document(), visits.chinese_personal(), {}, visits.VERIFY_URL, "7K3M9QX2PD", "zh"
        ),
        "long": lambda: render_report(visits.long_document(), visits.personal(), {}, visits.VERIFY_URL, "7K3M9QX2PD"),
        "six_photos": lambda: render_report(document, visits.personal(), photos, visits.VERIFY_URL, "7K3M9QX2PD"),
    }
    figures: dict[str, float] = {}
    for name, render in cases.items():
        render()
        spent = []
        for _ in range(RUNS):
            qr.modules.cache_clear()  # every report has an address of its own
            start = time.process_time()
            pdf = render()
            spent.append((time.process_time() - start) * 1000)
        figures[f"report_{name}_cpu_ms"] = round(statistics.median(spent), 1)
        figures[f"report_{name}_cpu_ms_worst"] = round(max(spent), 1)
        figures[f"report_{name}_kb"] = round(len(pdf) / 1000, 1)
    return figures
