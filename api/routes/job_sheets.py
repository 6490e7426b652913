"""Job sheets on paper."""

import asyncio

from api.branding import brand_of
from api.operation import Call, Reply, operation
from domain.people.access import FIELD, PARTNER_DESK
from domain.reports.job_sheets import JobSheetQuery, job_sheets
from printing.job_sheet import render_job_sheets

PDF = "application/pdf"


@operation("GET", "/job-sheets", tag="reports", by=PARTNER_DESK | FIELD, query=JobSheetQuery, answer=bytes, media=PDF)
async def print_job_sheets(call: Call) -> object:
    """Print a technician's job sheets of one day, one page a job, for when there is no phone.

    The office prints anybody's, a partner's office its own technicians', a technician their own; of anybody else the
    day is empty. Each sheet carries a collection code for the customer, which leads to the report once the office has
    keyed the sheet in.
    """
    asked = call.query(JobSheetQuery)
    context = call.context
    async with call.reading() as db:
        sheets = await job_sheets(db, call.actor, context.signer, context.settings.public_url, asked)
    pdf = await asyncio.to_thread(render_job_sheets, sheets, asked.language, brand_of(context.settings))
    name = f"job-sheets-{asked.day}.pdf"
    return Reply(pdf, media=PDF, headers={"content-disposition": f'inline; filename="{name}"'})
