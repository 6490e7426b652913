"""The sealer: gives journal entries their place in the chain, many in a transaction, and signs where it got to."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from domain.audit.rules import GENESIS, Checkpoint, encode_facts, link, signed_content
from domain.kit.work import Work

ENTRIES_MAX = 2_000
"""In one transaction; at a few hundred bytes each."""
FACTS = """
journal.op_id::text, journal.device_id::text, journal.seq, journal.actor_id::text, journal.partner_id::text,
journal.kind, journal.version, journal.outcome, journal.commitment, timestamptz_send(journal.client_at),
timestamptz_send(journal.estimated_at), timestamptz_send(journal.received_at), timestamptz_send(journal.applied_at)
"""
"""Every column of the journal; moments as the eight bytes that PostgreSQL keeps, which no driver bends."""
TOLD = """
sha256(body.salt || sha256(body.answer) || sha256(convert_to(coalesce(body.verdict::text, ''), 'UTF8')))
"""
_ALONE = "SELECT pg_try_advisory_xact_lock(hashtext('fieldstone audit chain'))"
_HEAD = """
SELECT clock_timestamp(), (SELECT max(no) FROM audit_checkpoint), head.no, head.digest
FROM (SELECT 1) AS one LEFT JOIN (SELECT no, digest FROM audit_chain ORDER BY no DESC LIMIT 1) AS head ON true
"""
# An entry that waits and is not in the journal was taken out of it: it keeps waiting, for a check to find.
_TAKE = f"""
WITH taken AS (
  DELETE FROM unsealed WHERE op_id IN (
    SELECT op_id FROM unsealed WHERE EXISTS (SELECT FROM journal WHERE journal.op_id = unsealed.op_id) LIMIT $1
  ) RETURNING op_id
)
SELECT {TOLD} AS told, {FACTS} FROM taken
JOIN journal ON journal.op_id = taken.op_id LEFT JOIN journal_body AS body ON body.op_id = taken.op_id
WHERE NOT EXISTS (SELECT FROM audit_chain WHERE audit_chain.op_id = taken.op_id)
ORDER BY journal.applied_at, journal.op_id
"""  # noqa: S608 - constants
_LINK = """
INSERT INTO audit_chain (no, op_id, told, digest)
SELECT * FROM unnest($1::bigint[], $2::uuid[], $3::bytea[], $4::bytea[])
"""
_SIGN = """
INSERT INTO audit_checkpoint (no, after, digest, signed_at, key_id, signature) VALUES ($1, $2, $3, $4, $5, $6)
"""


@dataclass(frozen=True, slots=True)
class Hand:
    """What checkpoints are signed with now."""

    key_id: str
    sign: Callable[[bytes], bytes]


async def seal_some(work: Work, hand: Hand, entries_max: int = ENTRIES_MAX) -> int:
    """Seal entries that wait and sign a checkpoint behind them; return how many, 0 when another sealer is at it.

    Nothing is sealed twice and nothing is passed over: an entry leaves the waiting ones in the transaction that links
    it, and one that commits late waits from then on.
    """
    driver = work.driver
    if not await driver.fetchval(_ALONE):  # a statement of its own: the next one must see what the last sealer left
        return 0
    now, before, no, digest = await driver.fetchrow(_HEAD)
    no, digest = no or 0, digest or GENESIS
    links: list[tuple[Any, ...]] = []
    for told, *facts in await driver.fetch(_TAKE, entries_max):
        no, digest = no + 1, link(digest, encode_facts((*facts, told)))
        links.append((no, facts[0], told, digest))
    if not links:
        return 0
    await driver.execute(_LINK, *map(list, zip(*links, strict=True)))
    made = Checkpoint(no=no, after=before or 0, digest=digest, signed_at=now, key_id=hand.key_id)
    signature = hand.sign(signed_content(made))
    await driver.execute(_SIGN, made.no, made.after, made.digest, made.signed_at, made.key_id, signature)
    return len(links)
