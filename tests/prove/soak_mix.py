"""Who asks for what while the product is soaked: the mix as data, and the requests that it is made of."""

import io
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import uuid4

import msgspec
from PIL import Image, ImageFilter

from tests.bench.load import request
from tests.bench.verify import BROWSER as SAID_BY_BROWSER
from tests.prove.soak_world import INSTALLED, World
from tests.sync.sending import MEDIA, metadata, sha256_of

STEPS = 3
"""So many operations a phone hands in at once: what was tapped since the last push."""
PHOTO_PIXELS = (1600, 1200)
TAKEN = {"applied", "applied_flagged", "superseded"}
BROWSER: dict[str, Any] = SAID_BY_BROWSER
TUS: dict[str, Any] = {"tus_resumable": "1.0.0"}
TECHNICIANS, PARTNERS, DESK, CUSTOMERS = "technicians", "partners", "desk", "customers"
Ask = Callable[[str, bytes], Awaitable[tuple[int, bytes]]]
"""Sends a request, named as the contract names its operation; returns status and body."""
Act = Callable[[World, random.Random, Ask], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of request: of whom, how many of a hundred, and why so many."""

    name: str
    who: str
    share: float
    why: str
    act: Act


async def pull(world: World, _: random.Random, ask: Ask) -> None:
    """A phone asks for what changed."""
    phone = world.phones.popleft()
    try:
        status, body = await ask("POST /sync/pull", phone.pull())
        answer = _answer(status, body)
        if answer.get("status") == "ok":
            phone.cursor = answer["feeds"]["me"]["token"]
        elif status == 200:
            world.wrong.append(f"pull: {answer['status']}")
    finally:
        world.phones.append(phone)


async def push(world: World, _: random.Random, ask: Ask) -> None:
    """A phone hands in what was recorded, or once more what it was told to repeat."""
    phone = world.phones.popleft()
    try:
        acked = phone.acked
        sent = world.unsent.pop(phone.device_id, None) or (phone.push(STEPS), phone.acked)
        phone.acked = acked  # until it is told so
        status, body = await ask("POST /sync/push", sent[0])
        answer = _answer(status, body)
        fates = {one["status"] for one in answer.get("results", ())}
        if answer.get("status") == "ok" and fates <= TAKEN:
            phone.acked = sent[1]
            return
        world.unsent[phone.device_id] = sent
        if status == 200:
            world.wrong.append(f"push: {answer['status']}, {answer['results'][-1:]}")
    finally:
        world.phones.append(phone)


async def photo(world: World, dice: random.Random, ask: Ask) -> None:
    """A phone uploads a photo in one piece; the worker makes a picture of it."""
    phone = world.phones.popleft()
    try:
        content, upload_id = _photo(dice.randbytes(16)), uuid4()
        told = metadata(id=str(upload_id), sha256=sha256_of(content))
        given = {**TUS, "upload_length": str(len(content)), "upload_metadata": told}
        begun, _ = await ask("POST /uploads", request("POST", "/uploads", token=phone.token, **given))
        if begun == 201:
            piece = {**TUS, "upload_offset": "0", "content_type": MEDIA}
            sent = request("PATCH", f"/uploads/{upload_id}", token=phone.token, body=content, **piece)
            await ask("PATCH /uploads/{id}", sent)
    finally:
        world.phones.append(phone)


async def submit(world: World, _: random.Random, ask: Ask) -> None:
    """A partner hands in a visit, which becomes a claim."""
    token, body = world.submissions.popleft()
    sent = request(
        "POST", "/claims/submit", token=token, body=msgspec.json.encode(body), idempotency_key=f"{body['job_number']}"
    )
    status, answer = await ask("POST /claims/submit", sent)
    if status == 201:
        told = msgspec.json.decode(answer)
        if told["claim_id"] is None:
            world.wrong.append(f"submit: no claim, because {told['why_no_claim']}")
        else:
            world.claims.append((told["claim_id"], token))


async def own_claims(world: World, dice: random.Random, ask: Ask) -> None:
    """A partner's office looks through its claims."""
    path = dice.choice(("/claims", "/claims?state=accepted", "/claims?state=refused"))
    await ask("GET /claims", request("GET", path, token=dice.choice(world.offices)))


async def own_claim(world: World, dice: random.Random, ask: Ask) -> None:
    """A partner's office reads what became of a claim."""
    claim_id, token = dice.choice(world.claims)
    await ask("GET /claims/{id}", request("GET", f"/claims/{claim_id}", token=token))


async def own_jobs(world: World, dice: random.Random, ask: Ask) -> None:
    """A partner's office looks at its jobs."""
    await ask("GET /jobs", request("GET", "/jobs", token=dice.choice(world.offices)))


async def jobs(world: World, dice: random.Random, ask: Ask) -> None:
    """A dispatcher looks at the list of jobs."""
    path = dice.choice(("/jobs", "/jobs?state=assigned", "/jobs?state=in_progress", "/jobs?limit=100"))
    await ask("GET /jobs", request("GET", path, token=world.cast.dora.token))


async def units(world: World, dice: random.Random, ask: Ask) -> None:
    """A dispatcher looks for machines whose serial begins so."""
    path = f"/units?serial=BN{dice.randrange(INSTALLED):08d}"[: -dice.randint(0, 2) or None]
    await ask("GET /units", request("GET", path, token=world.cast.dora.token))


async def unit(world: World, dice: random.Random, ask: Ask) -> None:
    """A dispatcher types the serial that a caller reads out."""
    path = f"/units/by-serial/BN{dice.randrange(INSTALLED) + 1:08d}"
    await ask("GET /units/by-serial/{serial}", request("GET", path, token=world.cast.dora.token))


async def customer(world: World, _: random.Random, ask: Ask) -> None:
    """A dispatcher takes down a new customer."""
    name = uuid4().hex
    body = msgspec.json.encode({"number": name, "name": f"Customer {name}"})
    sent = request("POST", "/customers", token=world.cast.dora.token, body=body, idempotency_key=name)
    await ask("POST /customers", sent)


async def queue(world: World, dice: random.Random, ask: Ask) -> None:
    """A reviewer looks at what waits for a person."""
    path = dice.choice(("/claims/queue", "/claims/queue?overdue=true", "/claims/queue?limit=100"))
    await ask("GET /claims/queue", request("GET", path, token=world.cast.rex.token))


async def claims(world: World, dice: random.Random, ask: Ask) -> None:
    """A reviewer looks through all claims."""
    path = dice.choice(("/claims", "/claims?state=in_review", "/claims?limit=100"))
    await ask("GET /claims", request("GET", path, token=world.cast.rex.token))


async def claim(world: World, dice: random.Random, ask: Ask) -> None:
    """A reviewer reads a claim whole: its facts, and the time line of its visit."""
    claim_id, _ = dice.choice(world.claims)
    token = world.cast.rex.token
    await ask("GET /claims/{id}", request("GET", f"/claims/{claim_id}", token=token))
    await ask("GET /claims/{id}/evidence", request("GET", f"/claims/{claim_id}/evidence", token=token))


async def verification(world: World, dice: random.Random, ask: Ask) -> None:
    """A customer scans the code on a report."""
    await ask("GET /V/{token}", request("GET", dice.choice(world.addresses), **BROWSER))


async def collection(world: World, dice: random.Random, ask: Ask) -> None:
    """A customer opens the page that asks for the PIN."""
    await ask("GET /c/{code}", request("GET", f"/c/{dice.choice(world.codes)}", **BROWSER))


async def label(world: World, dice: random.Random, ask: Ask) -> None:
    """A customer scans the label of a machine."""
    path = f"/01/{world.gtin}/21/BN{dice.randrange(INSTALLED) + 1:08d}"
    await ask("GET /01/{gtin}/21/{serial}", request("GET", path, **BROWSER))


MIX = (
    Kind("pull", TECHNICIANS, 30, "every few minutes, whenever the app is taken out, and after each push", pull),
    Kind(
        "push", TECHNICIANS, 18, "a visit is some twenty taps, handed in a few at a time while there is network", push
    ),
    Kind("photo", TECHNICIANS, 0.5, "two or three of a visit; the bytes follow when the network is good", photo),
    Kind("submit a claim", PARTNERS, 1.5, "one at the end of each visit: of all writes the dearest", submit),
    Kind("own claims", PARTNERS, 6, "an office looks several times for each claim what became of it", own_claims),
    Kind("own claim", PARTNERS, 4, "and opens those that were not accepted", own_claim),
    Kind("own jobs", PARTNERS, 4, "and sees what it was given", own_jobs),
    Kind("jobs", DESK, 7, "the dispatcher's first page, open all day", jobs),
    Kind("search units", DESK, 5, "while a customer is on the telephone, at each few letters", units),
    Kind("unit by serial", DESK, 5, "and once more with the whole serial", unit),
    Kind("new customer", DESK, 1, "few callers are new", customer),
    Kind("queue", DESK, 4, "the reviewer's first page, read again after each decision", queue),
    Kind("claims", DESK, 3, "lists for those who pay and those who ask", claims),
    Kind("claim", DESK, 3, "a reviewer reads a claim and its evidence before deciding", claim),
    Kind("verification page", CUSTOMERS, 4, "a report is checked once or twice in its life", verification),
    Kind("collection page", CUSTOMERS, 2, "and collected once", collection),
    Kind("label of a machine", CUSTOMERS, 2, "scanned by whoever stands before the machine", label),
)
SHARES: Mapping[str, float] = {kind.name: kind.share for kind in MIX}
GROUPS = (TECHNICIANS, PARTNERS, DESK, CUSTOMERS)


def share_of(name: str) -> float:
    """Return how much of all requests a kind is, between 0 and 1."""
    return SHARES[name] / sum(SHARES.values())


def _answer(status: int, body: bytes) -> dict[str, Any]:
    answer: dict[str, Any] = msgspec.json.decode(body) if status == 200 else {}
    return answer


@cache
def _scene() -> bytes:
    noise = Image.effect_noise((400, 300), 90).filter(ImageFilter.GaussianBlur(1))
    out = io.BytesIO()
    noise.resize(PHOTO_PIXELS, Image.Resampling.BICUBIC).convert("RGB").save(out, "JPEG", quality=80)
    return out.getvalue()


def _photo(remark: bytes) -> bytes:
    """Return a photo like no other: the scene with another remark, since bytes known already are not kept twice."""
    scene = _scene()
    return scene[:2] + b"\xff\xfe" + (len(remark) + 2).to_bytes(2, "big") + remark + scene[2:]


def documented() -> Mapping[str, frozenset[str]]:
    """Return the statuses that the contract names, by operation."""
    from api.openapi import document

    paths: dict[str, Any] = document()["paths"]
    return {
        f"{method.upper()} {path}": frozenset(one["responses"])
        for path, operations in paths.items()
        for method, one in operations.items()
    }
