"""What must be true of visits once the worker has done all: papers, points, messages, mails, files, the chain."""

import asyncio
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from uuid import UUID

from sqlalchemy import select

from api.adapters.pdf_check import inner_seal
from api.backups.contents import CITING
from api.context import Context
from domain.audit.checking import check_chain
from domain.audit.keyring import worth_by
from domain.kit.actor import SYSTEM
from domain.kit.database import reading
from domain.kit.files import FORGET
from domain.kit.work import begin
from domain.sealing.keys import every_key
from tests.reports.mail_sink import Sink
from tests.webhooks.receiver import Receiver

NONE_OF = {
    "revisions without one seal and one file": """
        SELECT count(*) FROM report_revision AS r
        LEFT JOIN report_seal AS s USING (report_id, revision) LEFT JOIN report_file AS f USING (report_id, revision)
        WHERE s.pdf_sha256 IS NULL OR f.blob_sha256 IS DISTINCT FROM s.pdf_sha256""",
    "completed visits without a report": """
        SELECT count(*) FROM visit LEFT JOIN report ON report.visit_id = visit.id AND report.state = 'sealed'
        WHERE visit.state = 'completed' AND report.id IS NULL""",
    "claims not scored once for itself and once for each photo that came after": """
        SELECT count(*) FROM claim WHERE scored_at IS NULL
        OR (SELECT count(*) FROM claim_score WHERE claim_id = claim.id)
        <> 1 + (SELECT count(*) FROM photo WHERE photo.visit_id = claim.visit_id)""",
    "claims that nobody was told of": """
        SELECT count(*) FROM claim
        WHERE NOT EXISTS (SELECT FROM webhook_message WHERE subject_id = claim.id AND state = 'delivered')""",
    "messages not delivered": "SELECT count(*) FROM webhook_message WHERE state <> 'delivered'",
    "reports without one letter that was sent": """
        SELECT count(*) FROM report
        WHERE (SELECT count(*) FROM letter WHERE report_id = report.id AND state = 'sent') <> 1""",
    "collection codes of no letter": """
        SELECT count(*) FROM collection WHERE letter_id IS NOT NULL AND letter_id NOT IN (SELECT id FROM letter)""",
    "photos without their picture": """
        SELECT count(*) FROM photo LEFT JOIN upload ON upload.id = upload_id WHERE upload.sha256 IS NULL""",
    "transfers whose picture was not made": "SELECT count(*) FROM transfer WHERE upload_id IS NULL",
    "pieces of transfers that are over": "SELECT count(*) FROM transfer_part",
    "operations not in the chain": "SELECT count(*) FROM unsealed",
}
"""Statements that count what must not be."""
CHUNKS = "SELECT DISTINCT one ->> 'blob' FROM feed_snapshot, jsonb_array_elements(chunks) AS one"


async def amiss(context: Context, receiver: Receiver, sink: Sink) -> list[str]:
    """Return everything that is not as it must be."""
    found = []
    async with begin(context.database, SYSTEM) as work:
        for what, statement in NONE_OF.items():
            if many := await work.driver.fetchval(statement):
                found.append(f"{many} {what}")
        messages = dict(await work.driver.fetch("SELECT id, body FROM webhook_message"))
        letters = {one for (one,) in await work.driver.fetch("SELECT id FROM letter")}
    bodies = {(UUID(headers["webhook-id"].removeprefix("msg_")), body.decode()) for _, headers, body in receiver.came}
    if bodies != set(messages.items()):
        found.append(f"{len(messages)} messages, and {len(bodies)} came")
    if (came := {letter_of(mail["Message-ID"]) for mail in sink.mails}) != letters:
        found.append(f"{len(letters)} letters, and {len(came)} came")
    return found + await _files(context) + await _chain(context)


def letter_of(message_id: str) -> UUID:
    """Return the letter that a mail says it is."""
    return UUID(message_id.strip("<>").split("@")[0])


def repeated(came: Iterable[str]) -> int:
    """Count what came again."""
    return sum(many - 1 for many in Counter(came).values())


async def _files(context: Context) -> list[str]:
    """Look at every paper and picture, and for files that no row cites and no task will remove."""
    async with reading(context.database, SYSTEM) as db:
        cited = {sha256 for column in CITING for sha256 in await db.scalars(select(column)) if sha256}
        papers = set(await db.scalars(select(CITING[1])))
        roots = [key.certificate for key in await every_key(db) if key.purpose == "root" and key.certificate]
    async with begin(context.database, SYSTEM) as work:
        removed = "SELECT convert_from(payload, 'UTF8')::jsonb ->> 'blob_sha256' FROM pgqueuer WHERE entrypoint = $1"
        announced = {sha256 for (sha256,) in await work.driver.fetch(removed, FORGET)}
        snapshots = {sha256 for (sha256,) in await work.driver.fetch(CHUNKS)}
    found = []
    for sha256 in cited:
        content = await context.blobs.get(sha256)
        if content is None:
            found.append(f"the file {sha256} is not there")
        elif sha256 in papers and not (await asyncio.to_thread(inner_seal, content, roots)).whole:
            found.append(f"the paper {sha256} is not as it was sealed")
    kept = await asyncio.to_thread(_names, Path(context.settings.data) / "blobs")
    return found + [f"the file {one} is nobody's" for one in kept - cited - announced - snapshots]


def _names(folder: Path) -> set[str]:
    return {one.name for one in folder.glob("??/??/*")}


async def _chain(context: Context) -> list[str]:
    async with reading(context.database, SYSTEM) as db:
        found = await check_chain(db, worth_by(await every_key(db)))
    return [] if found.whole else [f"the audit chain is broken: {found.broken}"]
