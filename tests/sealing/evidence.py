"""What was tried against tokens and sealed PDFs, and what was accepted: ``python -m tests.sealing.evidence``."""

import hashlib
import tempfile
from pathlib import Path

from api.adapters.pdf_check import inner_seal
from api.adapters.pdf_seal import seal_pdf
from domain.sealing.token import read_token
from printing.report import render_report
from tests.printing import visits
from tests.sealing.attacks import ATTACKS, flipped_bytes
from tests.sealing.pdf_keys import AT, new_pdf_key
from tests.sealing.reports import pdfsig
from tests.sealing.tokens import KEYS, KINDS, sealed

FLIPS_SHOWN_TO_OTHERS = 200


def main() -> None:
    """Print how many forgeries of each kind were tried, and how many passed."""
    tokens()
    pdfs()


def tokens() -> None:
    """Forgeries of a token, read as the server reads them."""
    text = sealed()
    for kind, make in KINDS.items():
        forged = list(make(text))
        passed = sum(read_token(one, KEYS) is not None for one in forged)
        print(f"tokens: {kind:18} {len(forged):6,} tried, {passed} accepted")


def pdfs() -> None:
    """Changed PDFs: the register goes by the SHA-256; pyHanko and poppler are asked what they think."""
    key = new_pdf_key()
    paper = render_report(visits.document(), visits.personal(), {}, visits.VERIFY_URL, "7K3M9QX2PD")
    issued = seal_pdf(paper, AT, key)
    register = {hashlib.sha256(issued).hexdigest()}
    forged = {name: attack(issued, key) for name, attack in ATTACKS.items()}
    flipped = list(flipped_bytes(issued))
    for kind, files in (("attacks", list(forged.values())), ("flips of one byte", flipped)):
        passed = sum(hashlib.sha256(one).hexdigest() in register for one in files)
        print(f"PDFs: {kind:20} {len(files):6,} tried, {passed} accepted as genuine and unchanged")
    with tempfile.TemporaryDirectory() as folder:
        for name, one in {"issued": issued, **forged}.items():
            ours, theirs = inner_seal(one, [key.root]), _poppler(one, Path(folder))
            print(f"  {name:28} pyHanko: {'whole' if ours.whole else 'not whole':10} poppler: {theirs}")
    held = sum(inner_seal(one, [key.root]).whole for one in flipped[:FLIPS_SHOWN_TO_OTHERS])
    print(f"  of {FLIPS_SHOWN_TO_OTHERS} flips of one byte pyHanko calls {held} whole")


def _poppler(pdf: bytes, folder: Path) -> str:
    told = pdfsig(pdf, folder)
    validity = [line.split(":")[1].strip() for line in told.splitlines() if "Signature Validation" in line]
    return f"{validity or 'no signature'}{', whole file' if 'Total document signed' in told else ''}"


if __name__ == "__main__":
    main()
