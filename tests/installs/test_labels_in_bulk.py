"""Print jobs: hundreds of documents asked for once, printed by the worker, fetched within a day."""

import io
import zipfile
from typing import Any
from uuid import UUID, uuid4

import pytest
from pypdf import PdfReader
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from api.context import Context
from api.worker import drain
from domain.kit.actor import SYSTEM
from domain.kit.work import Work, begin, transact, utc_now
from domain.reports.print_jobs import FORGET_PRINTS, PrintFile, end_print
from tests import make
from tests.cast import Caller, Cast
from tests.claims.test_returns import held
from tests.conftest import rows
from tests.installs.zpl_printer import printed
from tests.reports.sheets import printed as reported_visit


async def units(context: Context, count: int) -> list[UUID]:
    async with begin(context.database, SYSTEM) as work:
        model_id = await make.model(work)
        return [await make.unit(work, model_id) for _ in range(count)]


async def ended(context: Context, caller: Caller, **asked: Any) -> dict[str, Any]:
    """Start a print job, let the worker run, and return how it ended."""
    started = await caller.done("/print-jobs", {**asked, "ids": [str(one) for one in asked["ids"]]})
    before = (await caller.get(f"/print-jobs/{started['id']}")).json()
    assert (before["state"], before["documents"], before["printed"]) == ("waiting", len(asked["ids"]), 0)
    await drain(context)
    found: dict[str, Any] = (await caller.get(f"/print-jobs/{started['id']}")).json()
    return found


async def test_labels_of_many_units_fill_sheets_and_those_without_a_label_get_one(
    context: Context, cast: Cast, owner: AsyncEngine
) -> None:
    wanted = await units(context, 60)
    first = await cast.dora.done("/tags", {"unit_id": str(wanted[0])})
    done = await ended(context, cast.dora, what="unit-labels", form="sheet", ids=wanted, sheet={"start": 4})
    assert (done["state"], done["printed"], done["failure"]) == ("done", 60, None)
    file = await cast.dora.get(f"/print-jobs/{done['id']}/file")
    assert file.headers["content-type"] == "application/pdf"
    assert len(file.content) == done["bytes_total"]
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(file.content)).pages]
    assert len(pages) == 3  # 21 places left, then 24 and 15
    code = (await cast.dora.get(f"/tags/{first['id']}")).json()["code"]
    assert code in pages[0]
    assert await rows(owner, "SELECT count(*), count(DISTINCT unit_id) FROM unit_tag") == [(60, 60)]
    journaled = await rows(owner, "SELECT count(*) FROM journal WHERE kind = 'unit_tag.issue' AND outcome = 'applied'")
    assert journaled == [(60,)]
    again = await ended(context, cast.dora, what="unit-labels", form="sheet", ids=wanted, sheet={"start": 4})
    assert (await cast.dora.get(f"/print-jobs/{again['id']}/file")).content == file.content
    (newest, *_) = (await cast.dora.get("/print-jobs", limit=1)).json()["items"]
    assert newest["id"] == again["id"]


async def test_labels_for_a_thermal_printer_come_as_zpl_in_the_order_asked_for(context: Context, cast: Cast) -> None:
    wanted = await units(context, 3)
    roll = {"width_mm": 80, "height_mm": 40, "dpi": 300}
    done = await ended(context, cast.ada, what="unit-labels", form="zpl", ids=wanted[::-1], roll=roll)
    labels = printed((await cast.ada.get(f"/print-jobs/{done['id']}/file")).content)
    serials = [(await cast.ada.get(f"/units/{one}")).json()["unit"]["serial"] for one in wanted[::-1]]
    assert [label.bars for label in labels] == serials
    assert all(label.qr.startswith("https://127.0.0.1:8000/01/") and "?tag=" in label.qr for label in labels)


async def test_old_parts_that_come_back_are_labelled_with_their_claim(context: Context, cast: Cast) -> None:
    _, card = await held(context, cast)
    done = await ended(context, cast.dora, what="part-labels", form="zpl", ids=[card["id"], uuid4()])
    assert done["printed"] == 1
    assert done["failure"].startswith("1 of them are not there")
    (label,) = printed((await cast.dora.get(f"/print-jobs/{done['id']}/file")).content)
    assert label.bars == card["serial"]
    assert label.words[0] == card["part_number"]
    assert label.qr.endswith(f"/desk/#/claim/{card['claim_id']}")
    assert label.pictures or any(str(card["claim_number"]) in line for line in label.words)


async def test_reports_come_as_a_zip_of_the_very_files_that_were_sealed(context: Context, cast: Cast) -> None:
    visit = await reported_visit(context, cast)
    done = await ended(context, cast.rex, what="reports", form="zip", ids=[visit.visit_id, uuid4()])
    assert (done["state"], done["printed"], done["media"]) == ("done", 1, "application/zip")
    file = (await cast.rex.get(f"/print-jobs/{done['id']}/file")).content
    with zipfile.ZipFile(io.BytesIO(file)) as archive:
        (name,) = archive.namelist()
        pdf = archive.read(name)
    assert pdf == (await cast.rex.get(f"/reports/{visit.visit_id}/pdf")).content


async def test_job_sheets_of_technicians_come_as_one_pdf(context: Context, cast: Cast) -> None:
    await make.ready_visit(context, cast, technician=cast.ann)
    await make.ready_visit(context, cast, technician=cast.otto)
    asked = {"ids": [cast.ann.id, cast.ben.id, cast.otto.id], "day": f"{utc_now():%Y-%m-%d}"}
    done = await ended(context, cast.dora, what="job-sheets", form="pdf", **asked)
    assert (done["state"], done["printed"]) == ("done", 2), done
    assert str(cast.ben.id) in done["failure"]
    file = (await cast.dora.get(f"/print-jobs/{done['id']}/file")).content
    assert len(PdfReader(io.BytesIO(file)).pages) == 2


async def test_a_day_without_jobs_prints_nothing_and_says_so(context: Context, cast: Cast) -> None:
    asked = {"ids": [cast.ann.id], "day": f"{utc_now():%Y-%m-%d}"}
    done = await ended(context, cast.dora, what="job-sheets", form="pdf", **asked)
    assert (done["state"], done["printed"]) == ("failed", 0)
    assert done["failure"]
    assert (await cast.dora.get(f"/print-jobs/{done['id']}/file")).status_code in (404, 409)


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"what": "reports", "form": "pdf"}, "form"),
        ({"what": "unit-labels", "form": "zip"}, "form"),
        ({"what": "job-sheets", "form": "pdf"}, "day"),
        ({"what": "reports", "form": "zip", "day": "2026-03-02"}, "day"),
        ({"what": "unit-labels", "form": "sheet", "sheet": {"margin_across": 1000, "gap_across": 500}}, "sheet"),
        ({"what": "unit-labels", "form": "sheet", "sheet": {"start": 25}}, "sheet"),
        ({"what": "reports", "form": "zip", "ids": [str(UUID(int=1))] * 2}, "ids"),
        ({"what": "reports", "form": "zip", "ids": []}, "ids"),
        ({"what": "reports", "form": "zip", "ids": [str(UUID(int=n)) for n in range(1001)]}, "ids"),
    ],
)
async def test_what_cannot_be_printed_is_refused_at_once(
    context: Context, cast: Cast, asked: dict[str, Any], field: str
) -> None:
    refused = await cast.dora.post("/print-jobs", {"ids": [str(uuid4())], **asked})
    assert (refused.status_code, refused.json()["field"]) == (422, field)


async def test_labels_too_small_for_their_code_end_with_the_reason(context: Context, cast: Cast) -> None:
    tiny = {"columns": 10, "rows": 20}
    done = await ended(context, cast.dora, what="unit-labels", form="sheet", ids=await units(context, 1), sheet=tiny)
    assert done["state"] == "failed"
    assert "too small" in done["failure"]
    none = await cast.dora.get(f"/print-jobs/{done['id']}/file")
    assert (none.status_code, none.json()["code"]) == (409, "not-printed-yet")


async def test_a_print_job_is_its_owner_s_and_labels_are_for_those_who_issue_them(context: Context, cast: Cast) -> None:
    wanted = await units(context, 1)
    done = await ended(context, cast.dora, what="unit-labels", form="roll", ids=wanted)
    for path in (f"/print-jobs/{done['id']}", f"/print-jobs/{done['id']}/file"):
        assert (await cast.ada.get(path)).status_code == 404
        assert (await cast.pam.get(path)).status_code == 403
    asked = {"what": "unit-labels", "form": "roll", "ids": [str(wanted[0])]}
    assert (await cast.rex.post("/print-jobs", asked)).status_code == 403


async def test_print_jobs_come_in_pages_the_newest_first(context: Context, cast: Cast) -> None:
    asked = {"what": "unit-labels", "form": "roll", "ids": [str(one) for one in await units(context, 1)]}
    ids = [(await cast.dora.done("/print-jobs", asked))["id"] for _ in range(3)]
    first = (await cast.dora.get("/print-jobs", limit=2)).json()
    rest = (await cast.dora.get("/print-jobs", limit=2, cursor=first["next"])).json()
    assert [one["id"] for one in first["items"] + rest["items"]] == ids[::-1]
    assert rest["next"] is None


async def test_nothing_is_printed_for_who_may_sign_in_no_more(context: Context, cast: Cast, owner: AsyncEngine) -> None:
    asked = {"what": "unit-labels", "form": "roll", "ids": [str(one) for one in await units(context, 1)]}
    await cast.dora.done("/print-jobs", asked)
    await cast.ada.done("/people/disable", {"account_id": str(cast.dora.id), "reason": "left the company"})
    await drain(context)
    assert await rows(owner, "SELECT state, printed, blob_sha256 FROM print_job") == [("failed", 0, None)]


async def test_a_file_that_came_too_late_stays_where_another_print_job_has_the_same(
    context: Context, cast: Cast, owner: AsyncEngine
) -> None:
    wanted = await units(context, 1)
    kept = await ended(context, cast.dora, what="unit-labels", form="roll", ids=wanted)
    late = await ended(context, cast.dora, what="unit-labels", form="roll", ids=wanted)
    ((sha256,),) = await rows(owner, f"SELECT blob_sha256 FROM print_job WHERE id = '{kept['id']}'")
    for blob, forgotten in ((str(sha256), 0), ("ab" * 32, 1)):
        file = PrintFile(blob_sha256=blob, media="application/pdf", file_name="labels.pdf")

        async def end(work: Work, file: PrintFile = file) -> None:
            await end_print(work, UUID(late["id"]), file=file, printed=1, failure=None)

        await transact(context.database, SYSTEM, end, queue=context.queue)
        assert await rows(owner, "SELECT count(*) FROM pgqueuer") == [(forgotten,)]


async def test_a_file_is_dropped_after_a_day_unless_a_newer_print_job_holds_it(
    context: Context, cast: Cast, owner: AsyncEngine
) -> None:
    wanted = await units(context, 2)
    old, new = [
        await ended(context, cast.dora, what="unit-labels", form="roll", ids=wanted),
        await ended(context, cast.dora, what="unit-labels", form="roll", ids=wanted),
    ]

    async def forget() -> None:
        await transact(context.database, SYSTEM, lambda work: work.enqueue(FORGET_PRINTS, {}), queue=context.queue)
        await drain(context)

    async def age(job_id: str) -> None:
        async with owner.begin() as connection:
            await connection.execute(
                text("UPDATE print_job SET finished_at = finished_at - interval '25 hours' WHERE id = :id"),
                {"id": job_id},
            )

    await age(old["id"])
    await forget()
    assert (await cast.dora.get(f"/print-jobs/{old['id']}")).json()["state"] == "gone"
    assert (await cast.dora.get(f"/print-jobs/{old['id']}/file")).status_code == 409
    assert len((await cast.dora.get(f"/print-jobs/{new['id']}/file")).content) == new["bytes_total"]
    ((sha256,),) = await rows(owner, "SELECT blob_sha256 FROM print_job WHERE state = 'done'")
    await age(new["id"])
    await forget()
    assert await context.blobs.get(str(sha256)) is None
