"""Claims as a file: every row an outcome, the same file again changes nothing, what is wrong is told by its column."""

import csv
import datetime as dt
import io
from pathlib import Path
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import msgspec
import pytest
from openpyxl import Workbook
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from api.context import Context
from api.imports.cells import money
from api.imports.claims import TEMPLATE, column_of, headings, moment, submission
from api.routes.submission_files import XLSX
from api.worker import drain
from domain.claims.submitted_lines import SubmittedExpense
from domain.customers.model import Site
from domain.kit.actor import SYSTEM, Role
from domain.kit.work import begin
from tests import make
from tests.cast import Caller, Cast, joined
from tests.claims.submitting import submission_of, system_of
from tests.claims.visits import claims, lines
from tests.conftest import rows
from tests.sealing.reports import run


async def row_of(context: Context, ready: make.ReadyVisit, **given: str) -> dict[str, str]:
    """A row that becomes an accepted claim; its times have no zone."""
    body = await submission_of(context, ready)
    async with begin(context.database, SYSTEM) as work:
        zone = await work.db.scalar(select(Site.time_zone).where(Site.id == ready.site_id))
    local = {
        name: f"{dt.datetime.fromisoformat(body[name]).astimezone(ZoneInfo(zone or 'UTC')):%Y-%m-%d %H:%M:%S}"
        for name in ("arrived_at", "completed_at")
    }
    fault = body["faults"][0]
    return {
        "job_number": str(body["job_number"]),
        "technician": "ann@test",
        **local,
        "scanned_text": ready.serial,
        "result": "repaired",
        "fault_code": fault["fault_code"],
        "symptom": fault["symptom"],
        "component_code": fault["component_code"],
        "designator": fault["designator"],
        "labour_operation": body["times"][0]["labour_operation"],
        "labour_minutes": "60",
        "travel_minutes": "45",
        "part_1": body["parts"][0]["part_number"],
        "quantity_1": "1",
        "expense_kind": "parking",
        "expense": "4.50",
    } | given


def as_csv(*found: dict[str, str]) -> bytes:
    into = io.StringIO()
    writer = csv.DictWriter(into, list(found[0]))
    writer.writeheader()
    writer.writerows(found)
    return into.getvalue().encode("utf-8-sig")


async def handed_in(context: Context, who: Caller, content: bytes, media: str = "text/csv", **query: Any) -> Any:
    """Send a file, let the worker have it, and return its progress and its rows."""
    sent = await who.upload("/claims/submit/file", content, media, **query)
    assert sent.status_code == 202, sent.text
    assert sent.json()["state"] == "waiting"
    await drain(context)
    path = sent.headers["location"]
    return (await who.get(path)).json(), (await who.get(f"{path}/rows")).json()["items"]


async def test_every_row_gets_an_outcome_and_a_bad_one_stops_none(context: Context, cast: Cast) -> None:
    ready = [await make.ready_visit(context, cast) for _ in range(2)]
    good, other = [await row_of(context, one) for one in ready]
    content = as_csv(
        good | {"part_3": ""},
        other | {"fault_code": "NONE"},
        other | {"arrived_at": "yesterday"},
        other | {"technician": "ben@test"},
        other | {"part_1": "", "quantity_1": "", "part_3": "NONE"},
        other,
    )
    progress, told = await handed_in(context, await system_of(cast), content, file_name="march.csv")
    assert (progress["state"], progress["file_name"]) == ("done", "march.csv")
    assert (progress["rows_read"], progress["rows_claimed"], progress["rows_refused"]) == (6, 2, 4)
    assert [(row["line"], row["status"]) for row in told] == [
        (2, "claimed"),
        (3, "refused"),
        (4, "refused"),
        (5, "refused"),
        (6, "refused"),
        (7, "claimed"),
    ]
    assert told[0]["told"]["state"] == "accepted"
    blamed = [row["told"]["errors"][0]["column"] for row in told if row["status"] == "refused"]
    assert blamed == ["fault_code", "arrived_at", "technician", "part_3"]
    assert {claim.number for claim in await claims(context)} == {
        row["told"]["claim_number"] for row in told if row["status"] == "claimed"
    }
    assert {line.kind for line in await lines(context)} == {"fault", "part", "labour", "travel", "expense"}


async def test_nothing_that_is_written_in_a_row_is_left_out(context: Context, cast: Cast) -> None:
    row = await row_of(context, await make.ready_visit(context, cast))
    needed = {"quantity_1": "part_1", "designator": "fault_code", "labour_operation": "labour_minutes"}
    needed["expense_kind"] = "expense"
    content = as_csv(*(row | {empty: ""} for empty in needed.values()))
    progress, told = await handed_in(context, cast.pam, content)
    assert progress["rows_refused"] == len(needed)
    assert [[error["column"] for error in one["told"]["errors"]] for one in told] == [
        [name] for name in needed.values()
    ]
    assert await claims(context) == []


async def test_the_same_file_again_changes_nothing(context: Context, cast: Cast, owner: AsyncEngine) -> None:
    content = as_csv(await row_of(context, await make.ready_visit(context, cast)), {})
    first = await handed_in(context, cast.pam, content)
    async with begin(context.database, SYSTEM) as work:
        pia = await joined(work, cast.pam.http, "pia", Role.PARTNER_OFFICE, cast.north)
    again = await handed_in(context, pia, content)
    assert (first[1], first[0]["id"] == again[0]["id"]) == (again[1], False)
    assert len(await claims(context)) == 1
    assert await rows(owner, "SELECT submitted_through FROM visit") == [("file",)]


async def test_a_repeated_request_is_one_file(context: Context, cast: Cast) -> None:
    content = as_csv(await row_of(context, await make.ready_visit(context, cast)))
    headers = {**cast.pam.headers, "content-type": "text/csv", "idempotency-key": "one"}
    sent = [await cast.pam.http.post("/claims/submit/file", content=content, headers=headers) for _ in range(2)]
    assert sent[0].json()["id"] == sent[1].json()["id"]
    other = await cast.pam.http.post("/claims/submit/file", content=content + b"\n", headers=headers)
    assert (other.status_code, other.json()["code"]) == (422, "operation-id-reused")
    await drain(context)
    assert [one["state"] for one in (await cast.pam.get("/claims/submit/files")).json()["items"]] == ["done"]


async def test_headings_may_be_chinese_and_a_workbook_will_do(context: Context, cast: Cast, tmp_path: Path) -> None:
    row = await row_of(context, await make.ready_visit(context, cast), result="已修复")
    names = dict(zip(headings("en"), headings("zh"), strict=True))
    chinese = {names[name]: value for name, value in row.items()}
    progress, told = await handed_in(context, cast.pam, as_csv(chinese))
    assert progress["rows_claimed"] == 1, told
    row = await row_of(context, await make.ready_visit(context, cast))
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(list(row))
    at = {name: dt.datetime.fromisoformat(row[name]) for name in ("arrived_at", "completed_at")}
    sheet.append([at.get(name, value) for name, value in row.items()])
    book.save(tmp_path / "claims.xlsx")
    progress, told = await handed_in(context, cast.pam, (tmp_path / "claims.xlsx").read_bytes(), XLSX)
    assert progress["rows_claimed"] == 1, told


async def test_a_file_that_is_unusable_says_why(context: Context, cast: Cast) -> None:
    for content, why in (
        (b"", "The file is empty."),
        (b"job_number,result\n1,repaired\n", "The heading lacks technician"),
        (b"PK\x03\x04 not a workbook", "The file is not an XLSX workbook."),
    ):
        progress, told = await handed_in(context, cast.pam, content)
        assert (progress["state"], told) == ("failed", [])
        assert progress["failure"].startswith(why)


@pytest.mark.parametrize(
    ("meanwhile", "why"),
    [
        (
            "UPDATE account SET disabled_at = now() FROM submission_file AS sent WHERE sent.account_id = account.id",
            "disabled",
        ),
        (
            "UPDATE partner SET suspended_at = now() FROM submission_file AS sent WHERE sent.partner_id = partner.id",
            "suspended",
        ),
        ("", "no longer there"),
    ],
)
async def test_a_file_of_somebody_who_may_no_more_or_that_is_gone_is_not_handed_in(
    context: Context, cast: Cast, owner: AsyncEngine, meanwhile: str, why: str
) -> None:
    ready = await make.ready_visit(context, cast)
    sent = await (await system_of(cast)).upload("/claims/submit/file", as_csv(await row_of(context, ready)), "text/csv")
    assert sent.status_code == 202, sent.text
    if meanwhile:
        await run(owner, meanwhile)
    else:
        ((sha256,),) = await rows(owner, "SELECT sha256 FROM submission_file")
        await context.blobs.remove(str(sha256))
    await drain(context)
    ((finished, failure),) = await rows(owner, "SELECT finished_at IS NOT NULL, failure FROM submission_file")
    assert finished is True
    assert why in str(failure)
    assert await claims(context) == []


async def test_a_file_has_so_many_rows_at_most(context: Context, cast: Cast) -> None:
    content = b"job_number,technician,arrived_at,completed_at,scanned_text,result\n" + b"1,a@b,x,x,x,x\n" * 5001
    progress, told = await handed_in(context, cast.pam, content)
    assert (progress["failure"], told) == ("A file has at most 5000 rows.", [])


async def test_the_result_comes_as_csv_too(context: Context, cast: Cast) -> None:
    good = await row_of(context, await make.ready_visit(context, cast))
    progress, _ = await handed_in(context, cast.pam, as_csv(good, good | {"job_number": "1"}))
    response = await cast.pam.get(f"/claims/submit/files/{progress['id']}/result")
    assert response.content.startswith(b"\xef\xbb\xbf")
    found = list(csv.DictReader(io.StringIO(response.text.lstrip("\ufeff"))))
    (claim,) = await claims(context)
    assert [(one["line"], one["status"], one["claim_number"]) for one in found] == [
        ("2", "claimed", str(claim.number)),
        ("3", "refused", ""),
    ]
    assert found[1]["errors"] == "job_number: There is no such job among yours."


async def test_a_template_can_be_sent_back_as_it_is(context: Context, cast: Cast) -> None:
    for language in ("en", "zh"):
        template = await cast.pam.get("/claims/submit/template", language=language)
        assert template.headers["content-disposition"] == 'attachment; filename="claims.csv"'
        progress, told = await handed_in(context, cast.pam, template.content)
        assert (progress["state"], told[0]["told"]["errors"][0]["column"]) == ("done", "technician")


async def test_files_and_rows_come_in_pages_and_rows_by_what_became_of_them(context: Context, cast: Cast) -> None:
    good = await row_of(context, await make.ready_visit(context, cast))
    content = as_csv(good | {"fault_code": "NONE"}, good, good | {"arrived_at": "yesterday"})
    ids = [(await handed_in(context, cast.pam, content))[0]["id"] for _ in range(2)]

    async def pages(path: str, **query: Any) -> list[Any]:
        seen, page = [], (await cast.pam.get(path, limit=1, **query)).json()
        while page["next"] is not None:
            seen += page["items"]
            page = (await cast.pam.get(path, limit=1, cursor=page["next"], **query)).json()
        return seen + page["items"]

    assert [one["id"] for one in await pages("/claims/submit/files")] == ids[::-1]
    of_file = f"/claims/submit/files/{ids[0]}/rows"
    assert [one["line"] for one in await pages(of_file)] == [2, 3, 4]
    assert [one["line"] for one in await pages(of_file, status="refused")] == [2, 4]


async def test_another_partner_sees_nothing_of_a_file(context: Context, cast: Cast) -> None:
    progress, _ = await handed_in(
        context, cast.pam, as_csv(await row_of(context, await make.ready_visit(context, cast)))
    )
    async with begin(context.database, SYSTEM) as work:
        sue = await joined(work, cast.pam.http, "sue", Role.PARTNER_OFFICE, cast.south)
    assert (await sue.get("/claims/submit/files")).json()["items"] == []
    for path in ("", "/rows", "/result"):
        assert (await sue.get(f"/claims/submit/files/{progress['id']}{path}")).status_code == 404
    assert (await cast.ann.get("/claims/submit/files")).status_code == 403
    assert (await cast.pam.get(f"/claims/submit/files/{uuid4()}")).status_code == 404


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("2026-03-02 09:30", "2026-03-02T09:30:00"),
        ("2026/3/2 9:30:05", "2026-03-02T09:30:05"),
        ("2026年3月2日 9:30", "2026-03-02T09:30:00"),
        ("2026-03-02T09:30:00.000", "2026-03-02T09:30:00"),
        ("2026-03-02T09:30:00Z", "2026-03-02T09:30:00+00:00"),
        ("2026-03-02 09:30 +0800", "2026-03-02T09:30:00+0800"),
    ],
)
def test_it_reads_times_as_people_write_them(text: str, read: str) -> None:
    assert moment(text) == read


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-02",
        "09:30",
        "2026-13-02 09:30",
        "2026-03-02 25:00",
        "1880-01-01 09:30",
        "2026-03-02 09:30+99:00",
        "2026-03-02 09:30 -2400",
    ],
)
def test_it_refuses_what_is_no_time(text: str) -> None:
    with pytest.raises(ValueError, match=r"is no|must|no such"):
        moment(text)


@pytest.mark.parametrize(
    ("field", "column"),
    [
        ("job_number", "job_number"),
        ("technician_id", "technician"),
        ("scan.scanned_text", "scanned_text"),
        ("faults", "fault_code"),
        ("faults[0].designator", "designator"),
        ("parts[1].part_number", "part_4"),
        ("parts[5]", ""),
        ("times[0].labour_operation", "labour_operation"),
        ("times[0]", "labour_minutes"),
        ("expenses[0].amount_minor", "expense"),
        ("expenses[0].currency", "currency"),
    ],
)
def test_an_error_is_told_of_the_column_that_mends_it(field: str, column: str) -> None:
    assert column_of(field, {"part_1": "A", "part_4": "B"}) == column


@pytest.mark.parametrize(
    ("written", "currency", "minor"),
    [("4.50", "EUR", 450), ("450", "JPY", 450), ("1.25", "KWD", 1250), ("4.50", "JPY", 4.5)],
)
def test_an_expense_has_the_digits_of_its_currency(written: str, currency: str, minor: float) -> None:
    """Half a yen is no amount of minor units: the submission refuses it as any fraction."""
    row = TEMPLATE | {"expense": money(written), "currency": currency}
    (expense,) = submission(row, "", "Asia/Tokyo", "EUR")["expenses"]
    assert (expense["amount_minor"], expense["currency"]) == (minor, currency)
    if minor == 4.5:
        with pytest.raises(msgspec.ValidationError, match="Expected `int`"):
            msgspec.convert(expense, SubmittedExpense)


async def test_a_statement_that_took_too_long_lets_the_file_be_handed_in_later(
    context: Context, cast: Cast, owner: AsyncEngine
) -> None:
    row = await row_of(context, await make.ready_visit(context, cast))
    body = "BEGIN RAISE 'too long' USING ERRCODE = '57014'; END"
    async with owner.begin() as connection:
        await connection.execute(text(f"CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $${body}$$"))
        await connection.execute(
            text("CREATE TRIGGER slow BEFORE INSERT ON claim FOR EACH ROW EXECUTE FUNCTION slow()")
        )
    try:
        progress, told = await handed_in(context, await system_of(cast), as_csv(row))
    finally:
        async with owner.begin() as connection:
            await connection.execute(text("DROP FUNCTION slow() CASCADE"))
    assert (progress["state"], progress["failure"], told) == ("running", None, [])
