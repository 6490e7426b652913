"""The example of the README for a partner's own system, run as it stands there."""

import asyncio
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from api import embedded
from api.context import Context
from domain.webhooks.signing import headers_of, new_secret
from tests import make
from tests.bench.served import serving
from tests.cast import Cast
from tests.claims.submitting import submission_of, system_of

README = Path(__file__).resolve().parents[2] / "README.md"
SECTION = "## A partner's own system"
LINES_MAX = 40


@pytest.fixture(scope="module")
def example() -> str:
    """The Python of that section."""
    _, found, section = README.read_text().partition(SECTION)
    assert found, f"README has no section {SECTION!r}"
    block = re.search(r"```python\n(.*?)```", section, re.DOTALL)
    assert block is not None
    return block[1]


def test_it_is_short(example: str) -> None:
    assert example.count("\n") <= LINES_MAX


async def test_it_submits_a_visit_and_waits_for_its_claim(
    example: str, context: Context, cast: Cast, cluster: embedded.Embedded, tmp_path: Path
) -> None:
    ready = await make.ready_visit(context, cast)
    visit, system = await submission_of(context, ready), await system_of(cast)
    asked = "\n".join(
        (
            f"visit = json.loads({json.dumps(json.dumps(visit))})",
            "first, again = submit(visit), submit(visit)",
            "assert first == again, (first, again)",
            "wrong = call('POST', '/claims/submit', visit | {'job_number': 1}, key='wrong')",
            "print(json.dumps([wait_for(first['claim_id'], 1), wrong]))",
        )
    )
    with serving("api.asgi:app", DATABASE_URL=cluster.url("fieldstone_app"), FIELDSTONE_DATA=str(tmp_path)) as base:
        ran = await asyncio.to_thread(
            subprocess.run,
            [sys.executable, "-c", f"{example}\n{asked}"],
            env={**os.environ, "FIELDSTONE_URL": base, "FIELDSTONE_KEY": system.token},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert ran.returncode == 0, ran.stderr
    claim, wrong = json.loads(ran.stdout)
    assert (claim["state"], claim["visit_id"]) == ("accepted", str(ready.visit_id))
    assert wrong["errors"][0]["field"] == "job_number"


def test_it_believes_signed_and_fresh_messages_only(example: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIELDSTONE_URL", "")
    monkeypatch.setenv("FIELDSTONE_KEY", "")
    known: dict[str, Any] = {}
    exec(example, known)
    verified, secret, body = known["verified"], new_secret(), b'{"type":"claim.paid"}'
    now = int(time.time())
    good = headers_of("msg_1", now, body, [new_secret(), secret])
    assert verified(secret, good, body) == {"type": "claim.paid"}
    assert verified(secret, good, body + b" ") is None
    assert verified(new_secret(), good, body) is None
    assert verified(secret, headers_of("msg_1", now - 600, body, [secret]), body) is None
    assert verified(secret, good | {"webhook-id": "msg_2"}, body) is None
