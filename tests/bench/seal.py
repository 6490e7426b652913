"""What a sealed report costs: token, paper with its QR, and seal; alone, and by two workers at once."""

import datetime as dt
import os
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from api.adapters.pdf_seal import PdfKey, seal_pdf
from domain.reports import codes
from domain.sealing.token import Token, seal_token
from printing import qr
from printing.report import render_report
from tests.printing import visits
from tests.sealing.pdf_keys import AT, new_pdf_key
from tests.sealing.tokens import KEY, SAID

RUNS = 30
EACH_WORKER = 60
WORKERS = 2
BOUNDS = {"sealed_cpu_ms": 45, "sealed_four_photos_cpu_ms": 250, "sealed_kb": 60, "sealed_per_s_two_workers": 20}


def sealed(number: int, key: PdfKey, photos: int = 0) -> bytes:
    """Make a report as the worker does; each has an address of its own."""
    qr.modules.cache_clear()
    document, pictures = visits.with_photos(photos) if photos else (visits.document(), {})
    said = Token(SAID.key_id, document.report_id, number, "123456", dt.date(2026, 11, 22), "repaired", bytes(16))
    address = codes.verification_address("https://reports.example.com", seal_token(said, KEY))
    pdf = render_report(document, visits.personal(), pictures, address, "7K3M9QX2PD")
    return seal_pdf(pdf, AT, key)


def run() -> dict[str, float | str]:
    """Return medians: milliseconds of CPU, kilobytes, and reports per second of two processes."""
    key = new_pdf_key()
    figures: dict[str, float | str] = {}
    for name, photos in (("sealed", 0), ("sealed_four_photos", 4)):
        spent, pdf = _spent(lambda number, photos=photos: sealed(number, key, photos))  # type: ignore[misc]
        figures[f"{name}_cpu_ms"] = round(statistics.median(spent), 1)
        figures[f"{name}_cpu_ms_worst"] = round(max(spent), 1)
        figures[f"{name}_kb"] = round(len(pdf) / 1000, 1)
    paper = render_report(visits.document(), visits.personal(), {}, visits.VERIFY_URL, "7K3M9QX2PD")
    figures["seal_alone_cpu_ms"] = round(statistics.median(_spent(lambda _: seal_pdf(paper, AT, key))[0]), 1)
    figures["token_alone_cpu_ms"] = round(statistics.median(_spent(lambda _: seal_token(SAID, KEY).encode())[0]), 2)
    with ProcessPoolExecutor(WORKERS, mp_context=get_context("spawn")) as pool:
        rates = pool.map(_rate, range(WORKERS))
        wall, cpu = zip(*rates, strict=True)
    figures["sealed_per_s_two_workers"] = round(sum(wall), 1)
    figures["sealed_per_cpu_s_two_workers"] = round(sum(cpu), 1)
    figures["load_of_others"] = round(os.getloadavg()[0], 1)
    kept = all(
        figures[name] >= bound if name.endswith("workers") else figures[name] <= bound  # type: ignore[operator]
        for name, bound in BOUNDS.items()
    )
    return {**figures, "within_bounds": "yes" if kept else "NO"}


def _spent(make: Callable[[int], bytes]) -> tuple[list[float], bytes]:
    pdf = make(1)
    spent = []
    for number in range(1, RUNS + 1):
        start = time.process_time()
        pdf = make(number)
        spent.append((time.process_time() - start) * 1000)
    return spent, pdf


def _rate(worker: int) -> tuple[float, float]:
    """Return reports per second as the clock saw it, and per second of this process alone."""
    key = new_pdf_key()
    sealed(1, key)
    start, spent = time.perf_counter(), time.process_time()
    for number in range(1, EACH_WORKER + 1):
        sealed(number, key)
    return EACH_WORKER / (time.perf_counter() - start), EACH_WORKER / (time.process_time() - spent)
