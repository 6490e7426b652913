"""Sealed reports for tests of keys and seals, and what the register and other people's tools say of them."""

import os
import shutil
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from api.context import Context
from tests.cast import Cast
from tests.conftest import rows
from tests.reports.sheets import printed


async def issued(context: Context, cast: Cast, owner: AsyncEngine, **given: object) -> tuple[str, bytes]:
    """The token and the PDF of a visit whose report is sealed."""
    await printed(context, cast, **given)
    ((token, sha256),) = await rows(owner, "SELECT token, pdf_sha256 FROM report_seal ORDER BY sealed_at DESC LIMIT 1")
    pdf = await context.blobs.get(str(sha256))
    assert pdf is not None
    return str(token), pdf


async def run(owner: AsyncEngine, sql: str) -> None:
    """Do as the owner what the product may not."""
    async with owner.begin() as connection:
        await connection.execute(text(sql))


def pdfsig(pdf: bytes, folder: Path) -> str:
    """What poppler says of a PDF, trusting what ``folder`` trusts; without poppler the test skips, and fails in CI."""
    if shutil.which("pdfsig") is None:
        if os.environ.get("CI") == "true":
            pytest.fail("poppler's pdfsig is missing")
        pytest.skip("poppler's pdfsig is missing: install poppler-utils")
    file = folder / "report.pdf"
    file.write_bytes(pdf)
    store = ["-nssdir", str(folder)] if (folder / "cert9.db").exists() else []
    home = {**os.environ, "HOME": str(folder)}
    told = subprocess.run(["pdfsig", *store, str(file)], env=home, capture_output=True, text=True, check=False)
    return told.stdout


def token_in(address: str) -> str:
    """The token in a verification address."""
    return urlsplit(address).path.rpartition("/")[2]
