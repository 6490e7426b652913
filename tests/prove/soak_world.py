"""The world that the soak runs in: phones with their jobs, partners with theirs, an install base, sealed reports."""

import datetime as dt
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from api.context import Context, build
from api.embedded import Embedded
from api.settings import Settings
from domain.catalog.model import FaultCode, LabourOperation, Model, ModelComponent, Part
from domain.kit.actor import SYSTEM
from domain.kit.work import begin, utc_now
from tests import make
from tests.bench.phones import Phone, crew
from tests.bench.reads import UNITS
from tests.bench.verify import CODES, sealed
from tests.cast import Cast, cast_of

PHONES, PARTNERS, TEAM = 400, 20, 20
"""Technicians of ours with a phone; partners with an office each, and technicians of each."""
INSTALLED = 50_000
VISIT_MINUTES, TURN = 20, dt.timedelta(minutes=25)
"""How long a visit that a partner hands in took, and when its technician was at the one before: never at two places."""
BUSINESS = """
CREATE TEMPORARY TABLE office ON COMMIT DROP AS
  SELECT n, uuidv7() AS partner_id, uuidv7() AS account_id, uuidv7() AS session_id
  FROM generate_series(1, :partners) AS n;
INSERT INTO partner (id, code, name, grade, region, currency)
  SELECT partner_id, 'SOAK' || n, 'Soaked Service ' || n, 'A', 'north', 'EUR' FROM office;
INSERT INTO authorisation (id, partner_id, product_line, region, from_on)
  SELECT uuidv7(), partner_id, '*', '*', '2000-01-01' FROM office;
INSERT INTO account (id, login, name, role, partner_id)
  SELECT account_id, 'office' || n, 'Office ' || n, 'partner_office', partner_id FROM office;
INSERT INTO session (id, account_id, partner_id, generation, refresh_hash, rotated_at, created_at, expires_at)
  SELECT session_id, account_id, partner_id, 0, '', now(), now(), now() + interval '60 days' FROM office;
INSERT INTO access_token (token_hash, session_id, until)
  SELECT sha256(convert_to('soak-office-token-' || n, 'UTF8')), session_id, now() FROM office;
CREATE TEMPORARY TABLE team ON COMMIT DROP AS
  SELECT office.n AS office, office.partner_id, row_number() OVER () AS n, uuidv7() AS account_id, uuidv7() AS site_id
  FROM office CROSS JOIN generate_series(1, :team);
INSERT INTO account (id, login, name, role, partner_id)
  SELECT account_id, 'soaked' || n, 'Technician ' || n, 'technician', partner_id FROM team;
INSERT INTO certification (id, account_id, product_line, from_on)
  SELECT uuidv7(), account_id, '*', '2000-01-01' FROM team;
INSERT INTO site (id, customer_id, code, name, address, city, region, country, time_zone)
  SELECT site_id, :customer_id, 'SOAK' || n, 'Laundry ' || n, 'Canal Street ' || n, 'Berlin', 'north', 'DE',
         'Europe/Berlin' FROM team;
CREATE TEMPORARY TABLE work ON COMMIT DROP AS
  SELECT team.*, uuidv7() AS job_id, uuidv7() AS unit_id, uuidv7() AS assignment_id,
         'SK' || lpad((team.n * 1000 + m)::text, 8, '0') AS serial FROM team CROSS JOIN generate_series(1, :jobs) AS m;
INSERT INTO unit (id, model_id, serial, serial_key, status, customer_id, site_id, sold_on, installed_on, in_service_on,
                  warranty_start_on, warranty_end_on)
  SELECT unit_id, :model_id, serial, serial, 'installed', :customer_id, site_id, current_date - 100, current_date - 100,
         current_date - 100, current_date - 100, current_date + 630 FROM work;
INSERT INTO job (id, kind, mode, state, customer_id, site_id, unit_id, subject, problem, priority, estimated_minutes,
                 required_from, required_to, partner_id, technician_id, created_by)
  SELECT job_id, 'repair', 'on_site', 'open', :customer_id, site_id, unit_id, 'Does not drain', 'Water stays', 3, 60,
         now() - interval '2 days', now() + interval '1 day', partner_id, account_id, account_id FROM work;
INSERT INTO assignment (id, job_id, partner_id, technician_id, assigned_by, assigned_at)
  SELECT assignment_id, job_id, partner_id, account_id, account_id, now() FROM work;
UPDATE job SET assignment_id = work.assignment_id, state = 'assigned' FROM work WHERE job.id = work.job_id;
"""
TOKENS_HOLD = "UPDATE access_token SET until = now() + interval '30 days'"
JOBS = (
    "SELECT job.number, account.id, substr(partner.code, 5)::int AS office, unit.serial, "
    "row_number() OVER (PARTITION BY account.id ORDER BY job.id) AS turn "
    "FROM job JOIN account ON account.id = technician_id JOIN partner ON partner.id = job.partner_id "
    "JOIN unit ON unit.id = job.unit_id WHERE partner.code LIKE 'SOAK%' ORDER BY turn, job.id"
)


@dataclass(slots=True)
class World:
    """Everybody who asks, and what they ask about."""

    cast: Cast
    phones: deque[Phone]
    """Those that no request is under way of: a phone sends one at a time."""
    submissions: deque[tuple[str, dict[str, Any]]]
    """What partners have to hand in, each with the token of its office."""
    offices: list[str]
    addresses: list[str]
    """The paths in the QRs of sealed reports."""
    codes: list[str]
    gtin: str
    claims: deque[tuple[str, str]] = field(default_factory=lambda: deque(maxlen=500))
    """The newest claims, each with the token of its office."""
    unsent: dict[UUID, tuple[bytes, dict[str, Any]]] = field(default_factory=dict)
    """What a phone was told to send again, and what it has acknowledged afterwards; by its id."""
    wrong: list[str] = field(default_factory=list)
    """Answers that were no refusal and yet not what they ought to be."""


async def made(server: Embedded, data: Path, *, visits: int, submissions: int) -> World:
    """Store the world: at least so many visits for phones to work through, and so many for partners to hand in."""
    settings = Settings(
        data=str(data),
        database_url=server.url("fieldstone_app"),
        partner_database_url=server.url("fieldstone_partner"),
    )
    context = build(settings)
    try:
        async with httpx.AsyncClient() as client:
            cast = await cast_of(context, client)
        addresses = await sealed(context, cast)
        owner_url = server.url("fieldstone_owner")
        phones = await crew(context.database, owner_url, PHONES, -(-visits // PHONES))
        waiting, gtin = await _business(context, owner_url, -(-submissions // (PARTNERS * TEAM)))
    finally:
        await context.close()
    offices = [f"soak-office-token-{n}" for n in range(1, PARTNERS + 1)]
    return World(cast, deque(phones), waiting, offices, addresses, list(CODES), gtin)


async def _business(context: Context, owner_url: str, jobs: int) -> tuple[deque[tuple[str, dict[str, Any]]], str]:
    """Store the partners with their jobs and the install base; returns what there is to hand in."""
    async with begin(context.database, SYSTEM) as work:
        model_id, customer_id = await make.model(work), await make.customer(work)
        site_id = await make.site(work, customer_id)
        await make.warranty_term(work, model_id)
        kinds = {
            FaultCode: await make.fault_code(work),
            ModelComponent: await make.component(work, model_id),
            LabourOperation: await make.labour_operation(work),
        }
        codes = {kind: (await work.db.get_one(kind, one)).code for kind, one in kinds.items()}  # type: ignore[attr-defined]
        part = (await work.db.get_one(Part, await make.part(work))).number
        gtin = (await work.db.get_one(Model, model_id)).gtin or ""
    named: dict[str, Any] = {"partners": PARTNERS, "team": TEAM, "jobs": jobs}
    named |= {"model_id": f"'{model_id}'::uuid", "customer_id": f"'{customer_id}'::uuid"}
    statements = BUSINESS
    for name, value in named.items():
        statements = statements.replace(f":{name}", str(value))
    owner = create_async_engine(owner_url, connect_args={"command_timeout": 600})
    async with owner.begin() as connection:
        raw: Any = (await connection.get_raw_connection()).driver_connection
        await raw.execute(statements)
        world = {"model_id": model_id, "customer_id": customer_id, "site_id": site_id, "first": 1, "last": INSTALLED}
        await connection.execute(text(UNITS), world)
        await connection.execute(text(TOKENS_HOLD))
        rows = (await connection.execute(text(JOBS))).all()
    async with owner.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        await connection.execute(text("VACUUM ANALYZE"))
    await owner.dispose()
    dull = {
        "result": "repaired",
        "summary": "Pump replaced",
        "faults": [
            {
                "fault_code": codes[FaultCode],
                "component_code": codes[ModelComponent],
                "designator": "R12",
                "symptom": "does not drain",
            }
        ],
        "times": [
            {"kind": "labour", "minutes": 15, "labour_operation": codes[LabourOperation]},
            {"kind": "travel", "minutes": 5},
        ],
        "parts": [{"part_number": part}],
    }
    now = utc_now()
    return deque(_submission(dull, now, *row) for row in rows), gtin


def _submission(
    dull: dict[str, Any], now: dt.datetime, number: int, technician: UUID, office: int, serial: str, turn: int
) -> tuple[str, dict[str, Any]]:
    arrived = now - turn * TURN
    body = {
        "job_number": number,
        "technician_id": str(technician),
        "arrived_at": arrived.isoformat(),
        "completed_at": (arrived + dt.timedelta(minutes=VISIT_MINUTES)).isoformat(),
        "scan": {"scanned_text": serial},
    }
    return f"soak-office-token-{office}", body | dull
