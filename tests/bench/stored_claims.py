"""Fills a scratch database with claims that were stored before: visits, photos, claims and their lines.

The rows are thin and refer to nothing; new ones are checked against everything as ever.
"""

from typing import Any

PARTNERS, TECHNICIANS, GROUPS = 200, 2_000, 12
"""How many others the stored claims are spread over; every hundredth belongs to the technicians who are measured."""
CHECKED = ("claim", "claim_line", "visit", "photo")
KEYS = """
SELECT conrelid::regclass::text AS name, conname, pg_get_constraintdef(oid) AS definition FROM pg_constraint
WHERE contype = 'f' AND conrelid::regclass::text = ANY ($1) ORDER BY conname
"""
NUMBERED = "FROM generate_series($1::bigint, $2::bigint) AS n"
ID = "('00000000-0000-7000-{kind:04x}-' || lpad(to_hex({n}), 12, '0'))::uuid"
DAY = "(timestamptz '2025-01-01' + n % 690 * interval '1 day' + n % 36000 * interval '1 second')"
PARTNER = f"CASE WHEN n % 100 = 0 THEN $3::uuid ELSE {ID.format(kind=0x8001, n=f'n % {PARTNERS}')} END"
TECHNICIAN = f"CASE WHEN n % 100 = 0 THEN $4::uuid ELSE {ID.format(kind=0x8002, n=f'n % {TECHNICIANS}')} END"
UNIT = ID.format(kind=0x8003, n="n / 2")
FILL = {
    "visit": f"""
INSERT INTO visit (id, job_id, assignment_id, partner_id, technician_id, number, state, planned_from, planned_to,
                   arrived_at, started_at, completed_at, result)
SELECT {ID.format(kind=0x8004, n="n")}, {ID.format(kind=0x8005, n="n")}, {ID.format(kind=0x8006, n="n")},
       {PARTNER}, {TECHNICIAN}, 1, 'completed', {DAY}, {DAY} + interval '1 hour', {DAY}, {DAY},
       {DAY} + interval '1 hour', 'repaired' {NUMBERED}
""",
    "photo": f"""
INSERT INTO photo (id, visit_id, partner_id, kind, sha256, entered_at)
SELECT {ID.format(kind=0x8007, n="n")}, {ID.format(kind=0x8004, n="n")}, {PARTNER}, 'after',
       encode(sha256(n::text::bytea), 'hex'), {DAY} {NUMBERED} WHERE $4::uuid IS NOT NULL
""",
    "claim": f"""
INSERT INTO claim (id, number, visit_id, job_id, assignment_id, partner_id, authorisation_id, unit_id, scan_id, lane,
                   state, payable, failed_on, repaired_on, submitted_on, submitted_at, coverage, facts, decision, told)
OVERRIDING SYSTEM VALUE
SELECT {ID.format(kind=0x8008, n="n")}, 10000000 + n, {ID.format(kind=0x8004, n="n")},
       {ID.format(kind=0x8005, n="n")}, {ID.format(kind=0x8006, n="n")}, {PARTNER},
       {ID.format(kind=0x8009, n="1")}, {UNIT}, {ID.format(kind=0x800A, n="n")}, 'accept', 'paid', false, {DAY}::date,
       {DAY}::date, {DAY}::date, {DAY} + interval '2 hours',
       '{{}}', '{{}}', '{{}}', '{{"state": "paid"}}' {NUMBERED} WHERE $4::uuid IS NOT NULL
""",
    "claim_line": f"""
INSERT INTO claim_line (id, claim_id, partner_id, unit_id, kind, state, fault_group_id, label, amount_minor)
SELECT {ID.format(kind=0x800B, n="n * 2 + line")}, {ID.format(kind=0x8008, n="n")}, {PARTNER}, {UNIT},
       CASE line WHEN 0 THEN 'fault' ELSE 'labour' END, 'paid',
       CASE line WHEN 0 THEN {ID.format(kind=0x800C, n=f"n % {GROUPS}")} END, 'R10', 3000 {NUMBERED},
       generate_series(0, 1) AS line WHERE $4::uuid IS NOT NULL
""",
}
BATCH = 100_000


async def fill(connection: Any, stored: int, wanted: int, partner_id: Any, technician_id: Any) -> None:
    """Store claims until there are so many, as the owner of the tables."""
    keys = [tuple(row) for row in await connection.fetch(KEYS, list(CHECKED))]
    for name, constraint, _ in keys:
        await connection.execute(f"ALTER TABLE {name} DROP CONSTRAINT {constraint}")
    for first in range(stored + 1, wanted + 1, BATCH):
        last = min(first + BATCH - 1, wanted)
        for statement in FILL.values():
            await connection.execute(statement, first, last, partner_id, technician_id, timeout=600)
    for name, constraint, definition in keys:
        await connection.execute(f"ALTER TABLE {name} ADD CONSTRAINT {constraint} {definition} NOT VALID")
    await connection.execute("ANALYZE", timeout=600)
