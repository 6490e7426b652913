"""Names that are erased leave the files of print jobs, too: those that are done, and those at work."""

import hashlib
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from api.context import Context
from api.worker import drain
from tests.cast import Cast
from tests.conftest import rows
from tests.reports.sheets import Reported, printed

REASON = "Asked for in writing on 3 March"


async def ask_for(cast: Cast, *visits: Reported) -> str:
    asked = {"what": "reports", "form": "zip", "ids": [str(visit.visit_id) for visit in visits]}
    started: dict[str, str] = await cast.dora.done("/print-jobs", asked)
    return started["id"]


async def erase(cast: Cast, visit: Reported) -> None:
    await cast.ada.done("/reports/erase", {"visit_id": str(visit.visit_id), "reason": REASON})


async def test_a_zip_with_an_erased_report_is_dropped_and_others_stay(
    context: Context, cast: Cast, owner: AsyncEngine
) -> None:
    one = await printed(context, cast)
    other = await printed(context, cast, technician=cast.ben, code="A" * 26)
    both, alone = await ask_for(cast, one, other), await ask_for(cast, other)
    await drain(context)
    old = (await cast.dora.get(f"/print-jobs/{both}/file")).content
    await erase(cast, one)
    await drain(context)
    assert (await cast.dora.get(f"/print-jobs/{both}/file")).status_code == 409
    assert (await cast.dora.get(f"/print-jobs/{both}")).json()["state"] == "gone"
    assert await context.blobs.get(hashlib.sha256(old).hexdigest()) is None
    assert (await cast.dora.get(f"/print-jobs/{alone}/file")).status_code == 200


class ErasesMeanwhile:
    """The file store of a worker that is overtaken: it has read the papers, then somebody erases."""

    def __init__(self, context: Context, cast: Cast, visit: Reported) -> None:
        self.blobs, self.cast, self.visit = context.blobs, cast, visit
        self.kept: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self.blobs, name)

    async def put_file(self, path: Any) -> str:
        await erase(self.cast, self.visit)
        self.kept.append(await self.blobs.put_file(path))
        return self.kept[0]


async def test_a_zip_that_was_being_made_meanwhile_is_not_kept(
    context: Context, cast: Cast, owner: AsyncEngine
) -> None:
    visit = await printed(context, cast)
    job = await ask_for(cast, visit)
    overtaken = ErasesMeanwhile(context, cast, visit)
    context.blobs = overtaken  # type: ignore[assignment]
    await drain(context)
    await drain(context)
    told = (await cast.dora.get(f"/print-jobs/{job}")).json()
    assert told["state"] == "failed"
    assert "print them again" in told["failure"]
    assert len(overtaken.kept) == 1
    assert await context.blobs.get(overtaken.kept[0]) is None
    assert await rows(owner, f"SELECT blob_sha256 FROM print_job WHERE id = '{UUID(job)}'") == [(None,)]
    again = await ask_for(cast, visit)
    context.blobs = overtaken.blobs
    await drain(context)
    assert (await cast.dora.get(f"/print-jobs/{again}")).json()["state"] == "done"
