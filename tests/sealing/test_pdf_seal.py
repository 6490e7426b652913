"""The seal of a PDF: small, quick to check with other people's tools, and the same bytes each time."""

import asyncio
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from api.adapters.certificates import pem
from api.adapters.pdf_check import inner_seal
from api.adapters.pdf_seal import PdfKey, seal_pdf
from printing.report import render_report
from tests.printing import visits
from tests.sealing.pdf_keys import AT, new_pdf_key
from tests.sealing.reports import pdfsig


@pytest.fixture(scope="module")
def key() -> PdfKey:
    return new_pdf_key()


@pytest.fixture(scope="module")
def plain() -> bytes:
    return render_report(visits.document(), visits.personal(), {}, visits.VERIFY_URL, "7K3M9QX2PD")


@pytest.fixture(scope="module")
def sealed(plain: bytes, key: PdfKey) -> bytes:
    return seal_pdf(plain, AT, key)


def test_the_same_report_and_key_give_the_same_bytes(plain: bytes, sealed: bytes, key: PdfKey) -> None:
    assert sealed.startswith(plain)
    assert seal_pdf(plain, AT, key) == sealed
    assert len(sealed) - len(plain) < 7_000
    assert b"pyHanko" not in sealed


def test_a_new_key_seals_in_many_threads_at_once(plain: bytes) -> None:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)  # as many changes of thread as can be had
    try:
        with ThreadPoolExecutor(8) as threads:
            for _ in range(5):
                new = new_pdf_key()
                assert len(set(threads.map(lambda key: seal_pdf(plain, AT, key), [new] * 8))) == 1
    finally:
        sys.setswitchinterval(before)


async def test_pyhanko_calls_it_whole_for_who_trusts_the_root(sealed: bytes, key: PdfKey) -> None:
    said = await asyncio.to_thread(inner_seal, sealed, [key.root])
    assert said.ours
    assert said.whole
    assert said.certificate == key.leaf
    stranger = await asyncio.to_thread(inner_seal, sealed, [new_pdf_key().root])
    assert not stranger.ours


def test_poppler_calls_it_valid_and_wholly_signed(sealed: bytes, tmp_path: Path) -> None:
    told = pdfsig(sealed, tmp_path)
    assert "Signature is Valid" in told
    assert "Total document signed" in told
    assert "ETSI.CAdES.detached" in told
    assert "Nov 20 2026" in told
    assert len(re.findall(r"^Signature #", told, re.MULTILINE)) == 1


def test_poppler_trusts_it_once_it_was_given_the_root(sealed: bytes, key: PdfKey, tmp_path: Path) -> None:
    if shutil.which("certutil") is None:
        pytest.skip("NSS's certutil, which gives pdfsig a root to trust, is missing: install libnss3-tools")
    store = f"sql:{tmp_path}"
    (tmp_path / "root.pem").write_text(pem(key.root))
    for words in (
        ["certutil", "-N", "-d", store, "--empty-password"],
        ["certutil", "-A", "-d", store, "-n", "root", "-t", "CT,C,C", "-i", str(tmp_path / "root.pem")],
    ):
        subprocess.run(words, check=True)
    assert "Certificate is Trusted" in pdfsig(sealed, tmp_path)
