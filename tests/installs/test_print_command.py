"""``fieldstone print``: what it writes, and how it ends."""

import asyncio
import datetime as dt
import io
import zipfile
from pathlib import Path

from pypdf import PdfReader
from sqlalchemy.ext.asyncio import AsyncEngine

from api.context import Context
from domain.kit.actor import SYSTEM
from domain.kit.work import begin, utc_now
from domain.reports.print_choices import technicians_of_day
from tests import make
from tests.cast import Cast
from tests.claims.test_returns import held
from tests.conftest import rows
from tests.installs.test_import_command import fieldstone
from tests.installs.zpl_printer import printed
from tests.reports.sheets import printed as reported_visit


def stored_files(context: Context) -> list[Path]:
    """What the file store holds."""
    return [path for path in (Path(context.settings.data) / "blobs").rglob("*") if path.is_file()]


async def test_labels_are_printed_by_serial_or_by_model(
    context: Context, cast: Cast, tmp_path: Path, owner: AsyncEngine
) -> None:
    async with begin(context.database, SYSTEM) as work:
        model_id = await make.model(work, code="HX-90B")
        for number in range(5):
            await make.unit(work, model_id, serial=f"HX{number:06}")
    sheet, zpl = tmp_path / "labels.pdf", tmp_path / "labels.zpl"
    result = await fieldstone(context, "print", "labels", "--model", "HX-90B", "-o", sheet, "--start", "24")
    assert (result.exit_code, "5 printed" in result.output) == (0, True), result.output
    assert len(PdfReader(io.BytesIO(await asyncio.to_thread(sheet.read_bytes))).pages) == 2
    assert await rows(owner, "SELECT count(*) FROM unit_tag") == [(5,)]
    chosen = await fieldstone(context, "print", "labels", "hx-000003", "HX000001", "HX9", "--as", "zpl", "-o", zpl)
    assert chosen.exit_code == 0, chosen.output
    assert [label.bars for label in printed(await asyncio.to_thread(zpl.read_bytes))] == ["HX000003", "HX000001"]
    none = await fieldstone(context, "print", "labels", "NOBODY", "-o", zpl)
    assert (none.exit_code, "nothing to print" in none.output) == (2, True)
    small = await fieldstone(context, "print", "labels", "HX000001", "--as", "roll", "--size", "20x15", "-o", zpl)
    assert (small.exit_code, "Error: A label of 20 by 15 mm is too small" in small.output) == (1, True), small.output
    for wrong in (("--grid", "columns=ten"), ("--size", "7"), ("--grid", "margin_across=1000,gap_across=1000"), ()):
        words = ("HX000001", *wrong) if wrong else ()
        assert (await fieldstone(context, "print", "labels", *words, "-o", zpl)).exit_code == 2


async def test_old_parts_job_sheets_and_reports_are_printed(context: Context, cast: Cast, tmp_path: Path) -> None:
    claim, card = await held(context, cast)
    parts = tmp_path / "parts.zpl"
    result = await fieldstone(context, "print", "part-labels", str(claim.number), "--as", "zpl", "-o", parts)
    assert result.exit_code == 0, result.output
    (label,) = printed(await asyncio.to_thread(parts.read_bytes))
    assert label.bars == card["serial"]
    await reported_visit(context, cast)
    day = f"{utc_now():%Y-%m-%d}"
    packed = tmp_path / "reports.zip"
    result = await fieldstone(context, "print", "reports", day, day, "-o", packed)
    assert result.exit_code == 0, result.output
    assert "2 printed" in result.output
    with zipfile.ZipFile(packed) as archive:
        assert all(archive.read(name).startswith(b"%PDF") for name in archive.namelist())
    (file, *_) = sorted(path for path in stored_files(context) if path.read_bytes().startswith(b"%PDF"))
    file.unlink()
    result = await fieldstone(context, "print", "reports", day, day, "-o", packed)
    assert result.exit_code == 1
    assert "1 printed" in result.output
    assert "Not there, or not yet: " in result.output
    await make.ready_visit(context, cast, technician=cast.otto)
    sheets = tmp_path / "sheets.pdf"
    result = await fieldstone(context, "print", "job-sheets", day, "--technician", "OTTO@test", "-o", sheets)
    assert result.exit_code == 0, result.output
    assert len(PdfReader(io.BytesIO(await asyncio.to_thread(sheets.read_bytes))).pages) == 1


async def test_job_sheets_of_a_day_are_those_of_all_who_have_visits_or_of_who_is_named(
    context: Context, cast: Cast
) -> None:
    for technician in (cast.otto, cast.ann):
        await make.ready_visit(context, cast, technician=technician)
    day = utc_now().date()
    async with begin(context.database, SYSTEM) as work:
        assert await technicians_of_day(work.connection, day, ()) == [cast.ann.id, cast.otto.id]
        assert await technicians_of_day(work.connection, day, ("OTTO@test",)) == [cast.otto.id]
        assert await technicians_of_day(work.connection, day + dt.timedelta(days=9), ()) == []
