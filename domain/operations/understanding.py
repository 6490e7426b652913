"""Work that a newer app sent before this release could read it: carried out once it can be, without anybody's press."""

from uuid import UUID, uuid5

from sqlalchemy import select

from domain.kit.command import Register
from domain.kit.journal import JournalEntry
from domain.kit.work import Work, carry_out
from domain.operations.actions import DecideRecordedWork
from domain.operations.model import RecordedWork
from domain.operations.problems import UnknownVersion

UNDERSTAND = "recorded_work.understand"
"""The worker's task that looks for such work."""
at_once_max = 200


async def now_understood(work: Work, register: Register) -> list[tuple[UUID, int]]:
    """Return some operations that wait for this release, in the order they came, with the version that reads them."""
    versions = {tag: register.actions[command].version for tag, command in register.by_tag.items()}
    waiting = (
        select(RecordedWork.op_id, RecordedWork.kind, JournalEntry.version)
        .join(JournalEntry, JournalEntry.op_id == RecordedWork.op_id)
        .where(
            RecordedWork.decision.is_(None),
            RecordedWork.reason == UnknownVersion.code,
            RecordedWork.kind.in_(versions),
        )
        .order_by(RecordedWork.at, RecordedWork.seq, RecordedWork.op_id)
        .limit(at_once_max)
    )
    found = (await work.db.execute(waiting)).all()
    return [(op_id, versions[kind]) for op_id, kind, version in found if version <= versions[kind]]


async def carry_out_understood(work: Work, register: Register, op_id: UUID, version: int) -> None:
    """Carry an operation out as if it came now; what stands against it is left for the office to decide.

    It is tried once for each version of its command.
    """
    command = DecideRecordedWork(op_ids=(op_id,), decision="accept", note="understood since a newer release")
    await carry_out(work, command, register, uuid5(op_id, f"understood by version {version}"))
