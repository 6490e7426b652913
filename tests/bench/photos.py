"""Time to read 12-megapixel photos with and without a code, and to stream a workbook of 200,000 rows."""

import asyncio
import json
import resource
import statistics
import tempfile
import time
import zipfile
from pathlib import Path

import openpyxl
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from mobile_sync.photos import engines
from mobile_sync.photos.decode import decode
from mobile_sync.photos.picture import open_picture
from mobile_sync.photos.sandbox import PhotoSandbox
from tests.photos.drawn import CODES, Code, jpeg, label

PHOTO = (4000, 3000)
ROWS = 200_000
SHEET = "xl/worksheets/sheet1.xml"
TURNS = (0, 3, -6, 12, 90, 180)
SHARES = (0.25, 0.4, 0.6)


def workshop() -> Image.Image:
    """Return a photo of nothing to read: soft shapes, edges, grilles and grain."""
    small = Image.effect_noise((200, 150), 120).filter(ImageFilter.GaussianBlur(6))
    scene = small.resize(PHOTO, Image.Resampling.BICUBIC)
    pen = ImageDraw.Draw(scene)
    for number in range(60):
        pen.rectangle((2500 + number * 22, 300, 2510 + number * 22, 1100), fill=50 + number)
        pen.text((300, 1500 + number * 20), "rated power 4.5 kW  IP 54  400 V 3~", fill=30)
    return ImageChops.add(scene, Image.effect_noise(PHOTO, 12), 1, -128)


def with_label(scene: Image.Image, code: Code, turn: int, share: float) -> bytes:
    """Return the scene with a label that takes up a share of its width, slightly out of focus."""
    drawn = label(code, size=(700, 420), module_px=2 if code.format == "Code39" else 3)
    width = round(PHOTO[0] * share)
    drawn = drawn.resize((width, round(width * drawn.height / drawn.width)), Image.Resampling.BICUBIC)
    mask = Image.new("L", drawn.size, 255).rotate(turn, expand=True)
    drawn = drawn.rotate(turn, Image.Resampling.BICUBIC, expand=True)
    photo = scene.copy()
    photo.paste(drawn, ((PHOTO[0] - drawn.width) // 2, max(0, (PHOTO[1] - drawn.height) // 2)), mask)
    return jpeg(photo.filter(ImageFilter.GaussianBlur(1.2)))


def workbook(path: Path) -> None:
    """Write a workbook of units: 200,000 rows of ten cells, no two rows alike."""
    openpyxl.Workbook().save(path)
    with zipfile.ZipFile(path) as empty:
        parts = {name: empty.read(name) for name in empty.namelist() if name != SHEET}
    cell = '<c t="inlineStr"><is><t>{}</t></is></c>'
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, body in parts.items():
            archive.writestr(name, body)
        with archive.open(SHEET, "w") as sheet:
            sheet.write(b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>')
            for number in range(ROWS):
                values = (f"SN{number:09d}", f"M-{number % 30}", f"Customer {number} Works", f"Long street {number}")
                values += (f"City {number % 900}", "2024-02-03", f"+49 30 {number:07d}", "2027-02-03", f"P{number}", "")
                sheet.write(("<row>" + "".join(map(cell.format, values)) + "</row>").encode())
            sheet.write(b"</sheetData></worksheet>")


def resident_kb() -> int:
    """Return the memory this process holds now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() // 1024


async def measure(folder: Path) -> dict[str, float]:
    """Return the figures, wall clock through the sandbox and CPU of the decoding alone."""
    scene = workshop()
    readable = [
        with_label(scene, CODES[place % len(CODES)], turn, share)
        for place, (turn, share) in enumerate((turn, share) for share in SHARES for turn in TURNS)
    ]
    blank = [jpeg(scene), jpeg(Image.effect_noise(PHOTO, 60))]
    figures: dict[str, float] = {}
    async with PhotoSandbox(workers=1) as sandbox:
        await sandbox.decode(readable[0])
        walls, read = [], 0
        for upload in readable:
            began = time.perf_counter()
            read += any(found.accepted for found in await sandbox.decode(upload))
            walls.append(time.perf_counter() - began)
        figures["photo_12mp_readable_median_ms"] = round(1000 * statistics.median(walls))
        figures["photo_12mp_readable_worst_ms"] = round(1000 * max(walls))
        figures["photo_12mp_readable_share"] = round(read / len(readable), 3)
        for name, upload in zip(("workshop", "grain"), blank, strict=True):
            began = time.perf_counter()
            found = await sandbox.decode(upload)
            figures[f"photo_12mp_no_code_{name}_ms"] = round(1000 * (time.perf_counter() - began))
            figures[f"photo_12mp_no_code_{name}_accepted"] = sum(read.accepted for read in found)
        began = time.perf_counter()
        await sandbox.reencode(readable[0])
        figures["photo_12mp_copy_ms"] = round(1000 * (time.perf_counter() - began))

        voices = engines.load()
        spent = []
        for upload in readable:
            cpu = time.process_time()
            decode(open_picture(upload), voices)
            spent.append(time.process_time() - cpu)
        figures["photo_12mp_readable_median_cpu_ms"] = round(1000 * statistics.median(spent))

        path = folder / "units.xlsx"
        workbook(path)
        before = peak = resident_kb()
        began, rows = time.perf_counter(), 0
        async for part in sandbox.sheet_rows(path):
            rows += part.count(b"\n")
            peak = max(peak, resident_kb())
        wall = time.perf_counter() - began
        figures["xlsx_rows"] = rows
        figures["xlsx_rows_per_s"] = round(rows / wall)
        figures["xlsx_parent_growth_kb"] = peak - before
    figures["worker_peak_mb"] = round(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024)
    return figures


def run() -> dict[str, float]:
    """Return the figures by name."""
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(measure(Path(folder)))


if __name__ == "__main__":
    print(json.dumps(run(), indent=2))
