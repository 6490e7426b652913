"""Pictures of our papers as a reader sees them: `python -m tests.printing.gallery OUT` writes a PNG of every page."""

import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from domain.reports.document import Check, Coverage, Fault, Part, PersonalPart, ReportDocument
from domain.reports.paper import JobSheetPaper
from printing.job_sheet import render_job_sheets
from printing.report import render_report
from printing.words import Language
from tests.printing import visits

Printed = tuple[ReportDocument, PersonalPart | None, Mapping[str, bytes], Language]

ARABIC = "لا يوجد ماء ساخن منذ مساء أمس، الشاشة تعرض E04"
HEBREW = "אין מים חמים מאז אתמול בערב, הצג מראה E04"


def _usual() -> Printed:
    document, photos = visits.before_and_after(charges=())
    return document, visits.personal(), photos, "en"


def _nothing_done() -> Printed:
    document = visits.document(
        result="no-fault-found", faults=(), parts=(), readings=(), charges=(), notes="", coverage=visits.UNCOVERED
    )
    return document, visits.personal(), {}, "en"


def _many_parts() -> Printed:
    parts = tuple(
        Part(number=f"PU-{n:03}-7", name=f"Part {n} of the repair kit", quantity=1 + n % 4, new_serial=f"P7-{n:06}")
        for n in range(1, 71)
    )
    return visits.document(parts=parts), visits.personal(), {}, "en"


def _unsigned(reason: str) -> Printed:
    mode = "remote" if reason == "remote" else "on_site"
    personal = visits.personal(signature=None, signer="", no_signature_reason=reason)
    return visits.document(mode=mode), personal, {}, "en"


def _chinese() -> Printed:
    document, photos = visits.before_and_after()
    chinese = visits.chinese_document(keyed_in_by_office=False, office_was_asked=False, photos=document.photos)
    return chinese, visits.chinese_personal(), photos, "zh"


def _long_words() -> Printed:
    long = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
    document = visits.document(
        model_name=long,
        partner=f"{long} und Söhne Kommanditgesellschaft auf Aktien",
        faults=(
            Fault(symptom=long * 4, code="E04-2", name=long, action="W" * 300, component=long, designator="M" * 40),
        ),
        parts=(Part(number="N" * 40, name=long, old_serial="S" * 40, new_serial="Z" * 40, designator="D" * 20),),
    )
    return document, visits.personal(customer=long * 2, contact=long), {}, "en"


def _right_to_left() -> Printed:
    document = visits.document(
        model_name="مضخة حرارية 9 kW",
        faults=(
            Fault(
                symptom=ARABIC, code="E04-2", name="المضخة لا تعمل", cause="المحمل عالق", action=HEBREW, designator="M2"
            ),
        ),
        notes=f"{ARABIC}. {HEBREW} (2026-06-01). " * 3,
    )
    personal = visits.personal(
        customer="فندق الميناء", contact="מיה אוקפור", site_address="شارع الميناء 14، الطابق السفلي الثاني"
    )
    return document, personal, {}, "en"


def _emoji() -> Printed:
    document = visits.document(notes="👍 All good 😀, see you in June 👩\u200d🔧 🇨🇳 ☎ ✓ →")
    return document, visits.personal(customer="Café 🌊 Mar"), {}, "en"


def _hostile() -> Printed:
    tag = '<font color="red">red</font> <img src="file:///etc/passwd"/> & </para> ]]> %(x)s'
    fault = Fault(symptom=tag, code="E04-2", name=tag, cause=tag, action=tag, component=tag, designator="<b>M2</b>")
    return visits.document(faults=(fault,), notes=tag, partner=tag), visits.personal(customer=tag), {}, "en"


def _keyed_in() -> Printed:
    return visits.document(keyed_in_by_office=True, office_was_asked=True), visits.personal(signature=None), {}, "en"


def _many_photos() -> Printed:
    document, photos = visits.with_photos(14)
    return document, visits.personal(), photos, "en"


def _revised() -> Printed:
    return visits.long_document(), visits.personal(), {}, "en"


def _charged() -> Printed:
    coverage = Coverage(parts=True, labour=False, travel=False, source="Goodwill of the maker, 50 % of the part")
    return visits.document(coverage=coverage, flags=("clock-uncertain",)), visits.personal(), {}, "en"


def _maintained() -> Printed:
    items = ("Filter cleaned", "Condensate drain rinsed", "Terminals tightened", "Refrigerant pressure", "Leak search")
    checks = tuple(
        Check(name=name, outcome=outcome, note=note)
        for name, outcome, note in zip(
            items, ("done", "done", "done", "not_done", "not_applicable"), ("", "", "", "No gauge", ""), strict=True
        )
    )
    document = visits.document(job_kind="maintain", result="maintained", faults=(), parts=(), checks=checks)
    return document, visits.personal(), {}, "en"


def _erased() -> Printed:
    return visits.document(), None, {}, "en"


VISITS: Mapping[str, Callable[[], Printed]] = {
    "01-usual": _usual,
    "02-nothing-done": _nothing_done,
    "03-many-parts": _many_parts,
    "04-declined": lambda: _unsigned("declined"),
    "05-absent": lambda: _unsigned("absent"),
    "06-remote": lambda: _unsigned("remote"),
    "07-chinese": _chinese,
    "08-long-words": _long_words,
    "09-right-to-left": _right_to_left,
    "10-emoji": _emoji,
    "11-hostile": _hostile,
    "12-keyed-in": _keyed_in,
    "13-many-photos": _many_photos,
    "14-revision-3": _revised,
    "15-charged": _charged,
    "16-maintained": _maintained,
    "17-erased": _erased,
}

JOB_SHEETS: Mapping[str, tuple[list[JobSheetPaper], Language]] = {
    "20-job-sheet": ([visits.job_sheet()], "en"),
    "21-job-sheet-chinese": ([visits.job_sheet(kind="maintain", subject="年度保养", customer="杭州湖滨酒店")], "zh"),
    "22-job-sheet-full": ([visits.full_job_sheet("Donaudampfschifffahrt ")], "en"),
}


def papers() -> Iterator[tuple[str, bytes]]:
    """Yield every paper of the gallery: its name and its PDF."""
    for name, visit in VISITS.items():
        document, personal, photos, language = visit()
        yield name, render_report(document, personal, photos, visits.VERIFY_URL, visits.SHORT_CODE, language)
    for name, (sheets, language) in JOB_SHEETS.items():
        yield name, render_job_sheets(sheets, language)


def pictures(pdf: bytes, dpi: int, stem: Path) -> list[Path]:
    """Write every page of a PDF as ``stem``-n.png in grey and return the files in the order of the pages."""
    with tempfile.TemporaryDirectory() as folder:
        paper = Path(folder) / "paper.pdf"
        paper.write_bytes(pdf)
        subprocess.run(["pdftoppm", "-r", str(dpi), "-png", str(paper), str(stem)], check=True)
    return sorted(stem.parent.glob(f"{stem.name}-*.png"))


def main(out: Path) -> None:
    """Write the pictures."""
    out.mkdir(parents=True, exist_ok=True)
    for name, pdf in papers():
        for page in pictures(pdf, 60, out / name):
            print(page)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
