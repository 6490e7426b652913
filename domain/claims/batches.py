"""Many submissions at once: each is carried out for itself, and a bad one stops none."""

import asyncio
from collections import defaultdict
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from domain.claims.submission import ClaimSubmitted, SubmitClaim, submit_claim
from domain.kit.actor import Actor
from domain.kit.command import Register
from domain.kit.database import Database
from domain.kit.ids import operation_id
from domain.kit.journal import Entry, canonical
from domain.kit.limits import Key, Note, OptionalLine, Word, check_moments, misfit
from domain.kit.ports import Queue
from domain.kit.problem import InvalidRequest, NotSignedIn, Problem
from domain.kit.work import execute, transact

items_max = 500
lanes = 4
"""How many submissions of a batch are carried out at the same time; those of one technician follow one another."""
Fate = Literal["submitted", "refused", "retry"]


class BatchItem(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One submission; its id is its Idempotency-Key."""

    id: Key
    claim: SubmitClaim


class Batch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Up to 500 submissions."""

    items: Annotated[tuple[BatchItem, ...], Meta(min_length=1, max_length=items_max)]


class ItemRead(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An item of a batch as it is read: whether its submission fits is asked apart."""

    id: Key
    claim: msgspec.Raw


class BatchRead(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A batch as it is read."""

    items: Annotated[tuple[ItemRead, ...], Meta(min_length=1, max_length=items_max)]


class FieldError(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong with one field; with all of the submission where no field is named."""

    field: OptionalLine
    code: Word
    words: Note


class ItemProblem(msgspec.Struct, frozen=True, kw_only=True):
    """Why a submission was not carried out."""

    code: Word
    detail: Note
    errors: tuple[FieldError, ...] = ()


class ItemOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one submission: submitted with its answer, refused, or to be sent again."""

    id: Key
    status: Fate
    replayed: bool = False
    answer: ClaimSubmitted | None = None
    problem: ItemProblem | None = None


class BatchDone(msgspec.Struct, frozen=True):
    """The outcome of every item, in the order they were sent."""

    items: list[ItemOutcome]


class _Who(msgspec.Struct):
    technician_id: UUID | None = None


async def submit_all(
    database: Database, queue: Queue, actor: Actor, items: tuple[ItemRead, ...], register: Register
) -> list[ItemOutcome]:
    """Carry out every item in a transaction of its own and return the outcomes in the same order.

    Raises: NotSignedIn when the principal stands no more, and whatever breaks on our side; no item goes on after that,
    and what was committed before stays and answers a repeat.
    """
    outcomes: list[ItemOutcome | None] = [None] * len(items)
    waiting: dict[UUID | None, list[int]] = defaultdict(list)
    for n, item in enumerate(items):
        waiting[_technician_of(item)].append(n)
    # Two visits of one technician would wait for each other's locks; ids given twice meet in the journal.
    queues = sorted(waiting.values(), key=len, reverse=True)

    async def lane() -> None:
        while queues:
            for n in queues.pop(0):
                outcomes[n] = await submit_one(database, queue, actor, items[n], register)

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(min(lanes, len(queues))):
                group.create_task(lane())
    except ExceptionGroup as broken:
        raise broken.exceptions[0] from broken
    return [outcome for outcome in outcomes if outcome is not None]


def _technician_of(item: ItemRead) -> UUID | None:
    try:
        return msgspec.json.decode(item.claim, type=_Who).technician_id
    except msgspec.MsgspecError:
        return None


async def submit_one(
    database: Database, queue: Queue, actor: Actor, item: ItemRead, register: Register, op_id: UUID | None = None
) -> ItemOutcome:
    """Carry out one item, once for its id (or ``op_id``); what was refused is refused again."""
    op_id = op_id or operation_id(actor.account_id, item.id)
    try:
        command = msgspec.json.decode(item.claim, type=SubmitClaim)
        check_moments(command)
    except (msgspec.MsgspecError, ValueError) as error:
        words, field = misfit(error)
        wrong = FieldError(field=field, code=InvalidRequest.code, words=words)
        told = ItemProblem(code=InvalidRequest.code, detail=words, errors=(wrong,))
        return ItemOutcome(id=item.id, status="refused", problem=told)
    sent = canonical({"t": submit_claim.tag, "v": submit_claim.version, "body": msgspec.json.decode(item.claim)})
    try:
        entry = await transact(
            database,
            actor,
            lambda work: execute(work, op_id, command, sent, register),
            queue=queue,
            op_id=op_id,
        )
    except NotSignedIn:
        raise  # the key was revoked meanwhile: nothing of the rest is decided
    except Problem as problem:
        if problem.kind.is_final:
            return ItemOutcome(
                id=item.id, status="refused", problem=ItemProblem(code=problem.code, detail=problem.detail)
            )
        return ItemOutcome(id=item.id, status="retry", problem=ItemProblem(code=problem.code, detail=problem.detail))
    return outcome_of(item.id, entry)


def outcome_of(item_id: str, entry: Entry) -> ItemOutcome:
    """Return what an entry of the journal says of a submission."""
    if entry.outcome == "rejected":
        told = msgspec.json.decode(entry.answer, type=ItemProblem)
        return ItemOutcome(id=item_id, status="refused", replayed=entry.replayed, problem=told)
    answer = msgspec.json.decode(entry.answer, type=ClaimSubmitted)
    return ItemOutcome(id=item_id, status="submitted", replayed=entry.replayed, answer=answer)
