"""No serial oracle: whatever a partner's people do with a serial, a real one and an invented one are answered alike.

Timing is measured by ``make bench BENCH=oracle``.
"""

import datetime as dt
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from itertools import count
from uuid import UUID, uuid4

import httpx
import pytest

from api.context import Context
from api.worker import drain
from domain.kit.actor import SYSTEM
from domain.kit.work import begin
from domain.worklog.model import Photo
from tests import make
from tests.bench.oracle import words
from tests.cast import Caller, Cast
from tests.claims.submitting import submission_of, system_of
from tests.claims.visits import claimed, now
from tests.photos.drawn import Code, jpeg, label
from tests.sync.handset import Handset, handset

ROUNDS = 4
"""So often each way is tried with each class, in both orders; ``make prove`` asks a thousand pairs."""
CLASSES = ("known", "scrapped", "foreign", "expired", "claimed", "honey")
_invented = count(1)


def invented() -> str:
    """A serial as long as those of tests that nobody has."""
    return f"ZZ{next(_invented):08d}"


@dataclass(frozen=True)
class Probe:
    """A serial, and the id of its unit."""

    serial: str
    unit_id: UUID

    @classmethod
    def of_nothing(cls) -> "Probe":
        return cls(invented(), uuid4())


def shape(response: httpx.Response, probe: Probe) -> tuple[int, list[tuple[str, str]], int, str]:
    """Status, headers, size and words of an answer, without what differs between any two requests."""
    told = words(response.text, probe.serial)
    own = ("x-request-id", "date")
    headers = [(name, value) for name, value in response.headers.items() if name not in own]
    size = len(response.content)
    if 'seq":' in response.text:  # the number of a push grows by itself
        headers = [(name, value) for name, value in headers if name != "content-length"]
        size = len(told)
    return response.status_code, headers, size, told


@dataclass(frozen=True)
class World:
    """A visit of ann's, and real units of each class that no job of the north explains."""

    ready: make.ReadyVisit
    photo_id: str
    units: dict[str, list[Probe]]


async def world_of(context: Context, cast: Cast) -> World:
    ready = await make.ready_visit(context, cast)
    units: dict[str, list[Probe]] = {name: [] for name in CLASSES}
    long_ago = {"warranty_start_on": dt.date(2015, 1, 1), "warranty_end_on": dt.date(2017, 1, 1)}
    async with begin(context.database, SYSTEM) as work:
        for name, given in (("known", {}), ("scrapped", {"status": "scrapped"}), ("expired", long_ago), ("honey", {})):
            for _ in range(3):
                serial = f"SN{make.number():08d}"
                units[name].append(Probe(serial, await make.unit(work, ready.model_id, serial=serial, **given)))
        dull = {"visit_id": ready.visit_id, "kind": "label", "sha256": uuid4().hex * 2, "entered_at": work.now}
        photo_id = await make.keep(work, Photo, dull, {"partner_id": ready.partner_id})
    for name in ("foreign", "claimed"):
        for _ in range(2):
            other = await make.ready_visit(context, cast, technician=cast.ben)
            units[name].append(Probe(other.serial, other.unit_id))
            if name == "claimed":
                await claimed(other)
    for probe in units["honey"]:
        await cast.ada.done("/honey-serials", {"serial": probe.serial, "note": "never sold"})
    return World(ready, str(photo_id), units)


Way = Callable[[Probe], Awaitable[httpx.Response]]


def ways(world: World, cast: Cast, phone: Handset) -> dict[str, Way]:
    """Every way in which a partner's people can name a serial or a unit, but for photos and whole submissions."""
    ready, ann, pam = world.ready, cast.ann, cast.pam
    visit = {"visit_id": str(ready.visit_id), "source": "camera"}

    def scan(text: Callable[[Probe], str], **given: str) -> Way:
        async def read(probe: Probe) -> httpx.Response:
            return await ann.post("/scans", visit | {"scanned_text": text(probe), "scanned_at": now()} | given)

        return read

    def get(who: Caller, path: str) -> Way:
        return lambda probe: who.get(path.format(serial=probe.serial, id=probe.unit_id))

    def text_of(who: Caller) -> Way:
        return lambda probe: who.post("/barcodes/text", {"text": f"(01){ready.gtin}(21){probe.serial}"})

    def link(probe: Probe) -> str:
        return f"https://id.example/01/{ready.gtin}/21/{probe.serial}"

    async def register(probe: Probe) -> httpx.Response:
        return await ann.post("/units", {"model_id": str(ready.model_id), "serial": probe.serial})

    async def correct(probe: Probe) -> httpx.Response:
        change = {"field": "serial", "base": probe.serial, "value": ready.serial}
        body = {"unit_id": str(probe.unit_id), "changes": [change], "reason": "read off the plate"}
        return await ann.post("/units/correct", body)

    async def take(probe: Probe) -> httpx.Response:
        change = {"field": "serial", "base": ready.serial, "value": probe.serial}
        body = {"unit_id": str(ready.unit_id), "changes": [change], "reason": "read off the plate"}
        return await ann.post("/units/correct", body)

    async def push(probe: Probe) -> httpx.Response:
        body = visit | {"scanned_text": probe.serial, "scanned_at": now()}
        return await phone.send(phone.record("scan.record", body))

    typed = {"source": "typed", "typed_reason": "label torn", "photo_id": world.photo_id}
    return {
        "camera": scan(lambda probe: probe.serial),
        "camera, with its GTIN": scan(link),
        "camera, with an invented tag code": scan(lambda probe: f"{link(probe)}?tag=0123456789AB"),
        "photo": scan(lambda probe: probe.serial, source="photo", photo_id=world.photo_id),
        "typed": scan(lambda probe: probe.serial, **typed),
        "pushed": push,
        "text, technician": text_of(ann),
        "text, office": text_of(pam),
        "found unit": register,
        "correction of it": correct,
        "correction to it": take,
        "by serial, technician": get(ann, "/units/by-serial/{serial}"),
        "by serial, office": get(pam, "/units/by-serial/{serial}"),
        "unit, technician": get(ann, "/units/{id}"),
        "unit, office": get(pam, "/units/{id}"),
        "moves": get(ann, "/units/{id}/moves"),
    }


async def test_hundreds_of_pairs_of_real_and_invented_serials_are_answered_alike(context: Context, cast: Cast) -> None:
    world = await world_of(context, cast)
    known = ways(world, cast, handset(cast.ann))
    different: list[str] = []
    pairs = 0
    for turn in range(ROUNDS):
        for name in CLASSES:
            real = world.units[name][turn % len(world.units[name])]
            for how, ask in known.items():
                nothing = Probe.of_nothing()
                # Half of the pairs ask for the invented one first.
                order = (real, nothing) if turn % 2 else (nothing, real)
                one, other = [shape(await ask(probe), probe) for probe in order]
                pairs += 1
                if one != other:
                    different.append(f"{name} by {how}: {one} / {other}")
    assert pairs >= 300
    assert different == []


async def test_they_stay_alike_after_the_office_has_judged_them(context: Context, cast: Cast) -> None:
    world = await world_of(context, cast)
    ask = ways(world, cast, handset(cast.ann))["camera"]
    probes = [probe for name in CLASSES for probe in (world.units[name][0], Probe.of_nothing())]
    for probe in probes:
        await ask(probe)
    await drain(context)
    for who in (cast.ann, cast.pam):
        listed = (await who.get("/scans", visit_id=str(world.ready.visit_id))).json()["items"]
        by_text = {one.pop("scanned_text"): one for one in listed}
        for one in by_text.values():
            del one["id"], one["scanned_at"]
        assert by_text.keys() == {probe.serial for probe in probes}
        assert all(one == by_text[probes[0].serial] for one in by_text.values())


@pytest.mark.parametrize("who", ["ann", "pam"])
async def test_a_photo_of_a_real_and_of_an_invented_serial_tell_the_same(
    context: Context, cast: Cast, who: str
) -> None:
    world = await world_of(context, cast)
    told = []
    for probe in (*(world.units[name][0] for name in CLASSES), Probe.of_nothing()):
        picture = jpeg(label(Code("Code128", probe.serial, probe.serial, "Code 128")))
        response = await getattr(cast, who).upload("/barcodes/photo", picture, "image/jpeg")
        answer = response.json()
        (code,) = answer["reads"]
        assert code["parsed"]["serial"] == probe.serial
        told.append((response.status_code, code["recognised"], answer["selected"]))
    assert told == [told[0]] * len(told)
    assert told[0][1]["knowledge"] == "under-check"


async def test_a_submission_about_a_real_and_an_invented_serial_is_answered_alike(context: Context, cast: Cast) -> None:
    world = await world_of(context, cast)
    system = await system_of(cast)
    told = []
    probes = (Probe.of_nothing(), *(world.units[name][0] for name in CLASSES), Probe.of_nothing())
    for hour, probe in enumerate(probes):
        ready = await make.ready_visit(context, cast)
        ended = dt.datetime.now(dt.UTC) - dt.timedelta(hours=hour / 2, minutes=2)
        times = {"arrived_at": (ended - dt.timedelta(minutes=20)).isoformat(), "completed_at": ended.isoformat()}
        body = await submission_of(context, ready, scan={"scanned_text": probe.serial}, **times)
        response = await system.post("/claims/submit", body)
        assert response.status_code == 201, response.text
        status, headers, size, said = shape(response, probe)
        told.append((status, headers, size, re.sub(r'claim_number":\d+', "number", said)))
    # The first is no pair of the others: its technician was nowhere else that day, which the sheet says.
    assert told[1:] == [told[1]] * (len(CLASSES) + 1)
    assert "under-check" in str(told)
