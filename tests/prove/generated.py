"""Requests that Schemathesis makes of the contract alone: examples, bounds, dice and chains, for four roles."""

import asyncio
import json
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx

from api.openapi import openapi_path
from api.operation import OPERATIONS, PUBLIC, Operation
from tests import make
from tests.bench.served import scratch, serving
from tests.cast import Cast, cast_of
from tests.prove.result import Result, Sizes, judged

NUMBER = 1
SIZES = {"roles": (1, 4), "seconds": (15, 900), "seed": (1, 1)}
"""How many of the roles that may call an operation try its examples and bounds; so many seconds of dice, and of chains,
for each role; what is made follows from the seed."""
PHASES = ("examples,coverage", "fuzzing", "stateful")
ROLES = ("nobody", "ann", "pam", "ada")
CHECKS = ("not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance")
SECONDS_MAX = 5
LIMIT_S = 300
"""Examples and bounds take as long as they take, but not this long; so with dice and chains beyond their seconds."""
LABELS = {f"{one.method} {openapi_path(one.path)}": one for one in OPERATIONS.values()}
READ_BEFORE = "GET /schema"
"""Where Schemathesis has the contract from, which it reads once and does not try."""
HOOKS = Path(__file__).with_name("octets.py")
Case = tuple[str, dict[str, Any], list[str]]


async def measure(sizes: Sizes) -> Result:
    """Serve the product, let Schemathesis at it once for each role, and count what it met."""
    statuses: Counter[int] = Counter()
    requests: Counter[str] = Counter()
    failures: list[str] = []
    operations: set[str] = set()
    async with scratch() as (server, database, data):
        context: Any = SimpleNamespace(database=database)
        async with httpx.AsyncClient() as client:
            cast = await cast_of(context, client)
            await make.ready_visit(context, cast)
        environment = {"DATABASE_URL": server.url("fieldstone_app"), "FIELDSTONE_DATA": str(data)}
        with serving("api.asgi:app", **environment) as base:
            for role in ROLES:
                token = getattr(cast, role).token if role != "nobody" else ""
                for phases in PHASES:
                    names = _share(cast, role, sizes["roles"]) if phases == PHASES[0] else []
                    told, cases = await _run(base, token, phases, sizes, names)
                    if told:
                        failures.append(f"{role}, {phases}: {told}")
                    requests[phases] += len(cases)
                    for label, response, wrong in cases:
                        operations.add(label)
                        statuses[response.get("status_code", 0)] += 1
                        failures += [f"{role}: {label}: {why}" for why in wrong]
    failures += [f"never asked: {label}" for label in sorted(LABELS.keys() - operations - {READ_BEFORE})]
    return judged(
        "requests made of the contract (Schemathesis)",
        f"{len(ROLES)} roles, all phases: all answered, no 5xx, nothing undocumented, nothing over {SECONDS_MAX} s",
        f"{statuses.total():,} requests to {len(operations)} operations, {len(failures)} failures",
        failures,
        enough=all(requests[phases] for phases in PHASES),
        requests=dict(requests),
        statuses={str(status): number for status, number in sorted(statuses.items())},
    )


def _share(cast: Cast, role: str, roles: int) -> list[str]:
    """Return the operations whose examples and bounds a role tries; what only others may call, the last role does."""
    who = {name: getattr(cast, name).actor if name != "nobody" else None for name in ROLES}

    def tried_by(one: Operation) -> list[str]:
        if one.by is PUBLIC:
            return [*ROLES]
        return [name for name, actor in who.items() if actor and actor.role in one.by] or [ROLES[-1]]

    return [label for label, one in LABELS.items() if role in tried_by(one)[:roles]]


async def _run(base: str, token: str, phases: str, sizes: Sizes, names: Sequence[str] = ()) -> tuple[str, list[Case]]:
    """Run Schemathesis on some operations, or all; returns what it said when it could not, and each case it reports."""
    command = [str(Path(sys.executable).with_name("schemathesis")), "run", f"{base}/schema"]
    command += ["--checks", ",".join(CHECKS), "--max-response-time", str(SECONDS_MAX)]
    command += ["--phases", phases, *(["--max-time", str(sizes["seconds"])] if phases != PHASES[0] else [])]
    command += ["--seed", str(sizes["seed"]), "--continue-on-failure", "--no-shrink", "--warnings", "off"]
    command += [word for name in names for word in ("--include-name", name)]
    command += ["--suppress-health-check", "all", *(("-H", f"Authorization: Bearer {token}") if token else ())]
    with tempfile.TemporaryDirectory(prefix="fieldstone-prove-") as folder:
        report = Path(folder) / "report.ndjson"
        process = await asyncio.create_subprocess_exec(
            *(*command, "--report-ndjson-path", str(report)),
            cwd=folder,
            env={**os.environ, "SCHEMATHESIS_HOOKS": str(HOOKS)},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        try:
            async with asyncio.timeout(sizes["seconds"] + LIMIT_S):
                said, _ = await process.communicate()
        except TimeoutError:
            process.kill()
            await process.communicate()
            said = b"it did not end in time"
        finally:
            if process.returncode is None:
                process.kill()
        cases = list(_cases(report)) if report.exists() else []
    ended = cases and process.returncode in (0, 1)  # nothing found, or something
    return ("" if ended else said.decode(errors="replace")[-300:]), cases


def _cases(report: Path) -> Iterator[Case]:
    """Yield operation, response and failed checks of each request in a report."""
    with report.open() as lines:
        for line in lines:
            if not line.startswith('{"ScenarioFinished"') or not line.endswith("\n"):
                continue
            recorded = json.loads(line)["ScenarioFinished"]["recorder"]
            for case_id, met in recorded.get("interactions", {}).items():
                yield (
                    recorded["label"],
                    met.get("response") or {},
                    list(_wrong(recorded.get("checks", {}).get(case_id, []), met)),
                )


def _wrong(checks: list[dict[str, Any]], met: dict[str, Any]) -> Iterator[str]:
    """Yield what was wrong with an answer; a request without one passes every check, so that is asked first."""
    request = met["request"]
    body = str((request.get("body") or {}).get("$base64", ""))[:200]
    sent = f"({request['method']} {request['uri'].split('/', 3)[-1][:100]} {body})"
    if not met.get("response"):
        yield f"no answer {sent}"
    for check in checks:
        if check["status"] != "success":
            failure = (check.get("failure_info") or {}).get("failure") or {}
            told = " ".join(str(failure.get("message", failure.get("title", ""))).split())[:200]
            yield f"{check['name']}: {told} {sent}"
