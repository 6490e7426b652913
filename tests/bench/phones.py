"""Five hundred technicians with a phone and thirty jobs each, written by a few statements."""

import hashlib
import itertools
import random
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from domain.kit.actor import SYSTEM
from domain.kit.ids import new_id
from domain.kit.work import begin, utc_now
from tests import make
from tests.bench.load import request

PHONES = 500
JOBS = 30
WORLD = """
CREATE TEMPORARY TABLE crew ON COMMIT DROP AS
  SELECT n, uuidv7() AS account_id, uuidv7() AS device_id, uuidv7() AS session_id,
         'bench-access-token-' || n AS token
  FROM generate_series(1, :phones) AS n;
INSERT INTO account (id, login, name, role) SELECT account_id, 'bench' || n, 'Bench ' || n, 'technician' FROM crew;
INSERT INTO device (id, account_id, name, enrolled_at) SELECT device_id, account_id, 'phone', now() FROM crew;
INSERT INTO session (id, account_id, device_id, generation, refresh_hash, rotated_at, created_at, expires_at)
  SELECT session_id, account_id, device_id, 0, '', now(), now(), now() + interval '60 days' FROM crew;
INSERT INTO access_token (token_hash, session_id, until)
  SELECT sha256(convert_to(token, 'UTF8')), session_id, now() + interval '1 day' FROM crew;
CREATE TEMPORARY TABLE work ON COMMIT DROP AS
  SELECT crew.account_id, uuidv7() AS job_id, uuidv7() AS visit_id, uuidv7() AS unit_id, uuidv7() AS assignment_id,
         crew.n * 1000 + m AS no, date_trunc('hour', now()) + m * interval '1 hour' AS at
  FROM crew CROSS JOIN generate_series(1, :jobs) AS m;
INSERT INTO unit (id, model_id, serial, serial_key, status, customer_id, site_id, sold_on, installed_on)
  SELECT unit_id, :model_id, 'BP' || no, 'BP' || no, 'installed', :customer_id, :site_id, '2026-01-01', '2026-01-08'
  FROM work;
INSERT INTO job (id, kind, mode, state, customer_id, site_id, unit_id, subject, problem, priority, estimated_minutes,
                 required_from, required_to, technician_id, created_by)
  SELECT job_id, 'repair', 'on_site', 'open', :customer_id, :site_id, unit_id, 'Does not drain',
         'Water stays in the drum after every programme', 3, 60, at, at + interval '1 hour', account_id, account_id
  FROM work;
INSERT INTO assignment (id, job_id, technician_id, assigned_by, assigned_at)
  SELECT assignment_id, job_id, account_id, account_id, now() FROM work;
UPDATE job SET assignment_id = work.assignment_id, state = 'assigned' FROM work WHERE job.id = work.job_id;
INSERT INTO visit (id, job_id, assignment_id, technician_id, number, state, planned_from, planned_to)
  SELECT visit_id, job_id, assignment_id, account_id, 1, 'planned', at, at + interval '1 hour' FROM work;
INSERT INTO feed_counter (feed, n) SELECT 't:' || account_id, 2 * :jobs FROM crew;
INSERT INTO feed_mark (feed, seq, tag, at) SELECT 't:' || account_id, 2 * :jobs, 12345, now() FROM crew;
INSERT INTO feed_entry (feed, kind, entity_id, seq)
  SELECT 't:' || account_id, kind, entity_id, row_number() OVER (PARTITION BY account_id ORDER BY no, kind)
  FROM work CROSS JOIN LATERAL (VALUES ('job', job_id), ('visit', visit_id)) AS entity(kind, entity_id);
"""
ANALYSE = ("account", "device", "session", "access_token", "unit", "job", "visit", "assignment", "feed_entry")


@dataclass(slots=True)
class Phone:
    """A phone of the crew: what it needs to push and pull."""

    account_id: UUID
    device_id: UUID
    token: str
    visits: list[UUID]
    part_id: UUID
    labels: list[str]
    seq: int = 0
    acked: dict[str, Any] = field(default_factory=lambda: {"seq": 0, "op": None})
    cursor: dict[str, Any] = field(default_factory=lambda: {"pos": 0, "head": 0, "tag": ""})
    steps: Any = None

    def pull(self) -> bytes:
        """The request for what changed."""
        body = {
            "device": self.device_id,
            "app": "1.0",
            "schema": 1,
            "sent_at": utc_now(),
            "acked": self.acked,
            "feeds": {"me": self.cursor},
        }
        return request("POST", "/sync/pull", token=self.token, body=msgspec.json.encode(body))

    def push(self, operations: int) -> bytes:
        """The request that hands in so many operations of a day's work."""
        if self.steps is None:
            self.steps = day_of_work(self)
        ops = []
        for tag, fields in itertools.islice(self.steps, operations):
            self.seq += 1
            ops.append({"op": new_id(), "seq": self.seq, "t": tag, "v": 1, "at": utc_now(), "body": fields})
        body = {
            "device": self.device_id,
            "app": "1.0",
            "sent_at": utc_now(),
            "boot": "b",
            "acked": self.acked,
            "ops": ops,
        }
        self.acked = {"seq": self.seq, "op": ops[-1]["op"]}
        return request("POST", "/sync/push", token=self.token, body=msgspec.json.encode(body))


def day_of_work(phone: Phone) -> Any:
    """Yield what a technician records on one visit after another: one and twenty operations each."""
    for number in itertools.count():
        visit = {"visit_id": phone.visits[number % len(phone.visits)]}
        now = utc_now()
        yield "visit.travel", {**visit, "at": now}
        yield "visit.arrive", {**visit, "at": now}
        label = phone.labels[number % len(phone.visits)]
        yield "scan.record", {**visit, "source": "camera", "scanned_text": label, "scanned_at": now}
        yield "visit.start", {**visit, "at": now}
        for minutes in range(6):
            yield "time.log", {**visit, "kind": "travel", "minutes": minutes}
        for value in range(5):
            yield "reading.record", {**visit, "name": "pump current", "value": f"0.{value}", "unit_of_measure": "A"}
        for amount in range(2):
            money = {"direction": "spent", "kind": "parking", "amount_minor": amount, "currency": "EUR"}
            yield "expense.add", {**visit, **money}
        for _ in range(2):
            part = {"kind": "used", "part_id": phone.part_id, "quantity": 1, "unit_of_measure": "pcs"}
            yield "part.use", {**visit, **part}
        sha256 = hashlib.sha256(random.randbytes(8)).hexdigest()
        yield "photo.add", {**visit, "kind": "before", "sha256": sha256}
        yield "visit.pause", {**visit, "at": now}


async def crew(database: Any, owner_url: str, phones: int = PHONES, jobs: int = JOBS) -> list[Phone]:
    """Write the technicians, their phones and their jobs, and return the phones."""
    async with begin(database, SYSTEM) as work:
        model_id, customer_id = await make.model(work), await make.customer(work)
        await make.warranty_term(work, model_id)
        site_id, part_id = await make.site(work, customer_id), await make.part(work)
        gtin = await work.driver.fetchval("SELECT gtin FROM model WHERE id = $1", model_id)
    named = {"model_id": model_id, "customer_id": customer_id, "site_id": site_id}
    statements = WORLD.replace(":phones", str(phones)).replace(":jobs", str(jobs))
    for name, value in named.items():
        statements = statements.replace(f":{name}", f"'{value}'::uuid")
    owner = create_async_engine(owner_url, connect_args={"command_timeout": 600})
    async with owner.begin() as connection:
        raw: Any = (await connection.get_raw_connection()).driver_connection
        await raw.execute(statements)
    async with owner.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        for table in ANALYSE:
            await connection.execute(text(f"VACUUM ANALYZE {table}"))
        found = (
            await connection.execute(
                text(
                    "SELECT account.id, device.id, substr(login, 6)::int, array_agg(visit.id ORDER BY planned_from), "
                    "array_agg(serial ORDER BY planned_from) FROM account "
                    "JOIN device ON device.account_id = account.id JOIN visit ON visit.technician_id = account.id "
                    "JOIN job ON job.id = visit.job_id JOIN unit ON unit.id = job.unit_id "
                    "WHERE login LIKE 'bench%' GROUP BY 1, 2, 3 ORDER BY 3"
                )
            )
        ).all()
    await owner.dispose()
    return [
        Phone(account, device, f"bench-access-token-{n}", visits, part_id, [f"(01){gtin}(21){one}" for one in serials])
        for account, device, n, visits, serials in found
    ]
