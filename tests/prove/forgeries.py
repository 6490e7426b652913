"""Forged tokens of a paper and changed sealed PDFs: none is taken for genuine."""

import asyncio
from itertools import islice

from api.adapters.pdf_check import inner_seal
from api.adapters.pdf_seal import seal_pdf
from domain.sealing.token import read_token
from printing.report import render_report
from tests.printing import visits
from tests.prove.result import Result, Sizes, judged
from tests.sealing.attacks import ATTACKS, flipped_bytes, flipped_digits
from tests.sealing.pdf_keys import AT, new_pdf_key
from tests.sealing.tokens import KEYS, KINDS, sealed

NUMBER = 9
SIZES = {"pdfs": (200, 2_000), "tokens": (2_000, 1_000_000), "least": (3_500, 10_000)}
"""So many PDFs with a byte changed, and with a digit of their seal; tokens of each kind; and forgeries in all."""


async def measure(sizes: Sizes) -> Result:
    """Try them in a thread: what reads PDFs runs an event loop of its own."""
    return await asyncio.to_thread(_tried, sizes)


def _tried(sizes: Sizes) -> Result:
    """Read every forgery as the server reads it, but for its register: that alone tells what a stolen key sealed."""
    text = sealed()
    failures: list[str] = []
    tried = 0
    for kind, make in KINDS.items():
        for forged in islice(make(text), sizes["tokens"]):
            tried += 1
            if read_token(forged, KEYS) is not None:
                failures.append(f"a token passed, {kind}: {forged[:60]}")
    key = new_pdf_key()
    paper = render_report(visits.document(), visits.personal(), {}, visits.VERIFY_URL, "7K3M9QX2PD")
    issued = seal_pdf(paper, AT, key)
    changed = {name: attack(issued, key) for name, attack in ATTACKS.items()}
    changed |= {f"byte {n}": one for n, one in enumerate(islice(flipped_bytes(issued), sizes["pdfs"]))}
    changed |= {f"digit {n} of the seal": one for n, one in enumerate(flipped_digits(issued, sizes["pdfs"]))}
    del changed["sealed_with_the_stolen_key"]
    for name, pdf in changed.items():
        if pdf == issued:
            failures.append(f"nothing was changed: {name}")
        elif inner_seal(pdf, [key.root]).whole:
            failures.append(f"a changed PDF is called whole: {name}")
    if not inner_seal(issued, [key.root]).whole or read_token(text, KEYS) is None:
        failures.append("the genuine ones are not taken for genuine")
    total = tried + len(changed)
    return judged(
        "forged papers",
        f"≥ {sizes['least']:,} forgeries, none accepted",
        f"{tried:,} tokens and {len(changed):,} PDFs, {len(failures)} accepted",
        failures,
        enough=total >= sizes["least"],
    )
