"""A partner invents thirty visits, another one makes thirty: the invented ones wait for a person, the others do not."""

import datetime as dt
import hashlib
import random

from PIL import Image, ImageEnhance
from sqlalchemy import select, update

from api.context import Context
from api.worker import drain
from domain.claims.model import Claim
from domain.claims.score_model import ScoreRecord
from domain.customers.model import Contact
from domain.kit.actor import SYSTEM
from domain.kit.work import begin
from domain.people.model import Account
from domain.worklog.print_bits import Print
from domain.worklog.uploads import keep_upload
from mobile_sync.photos.prints import prints_of
from tests import make
from tests.cast import Caller, Cast, actor_of

VISITS = 30
PLACE = {"latitude_e6": 52_520_000, "longitude_e6": 13_405_000}


def scene(seed: int) -> Image.Image:
    """A picture that looks like no other one: soft clouds."""
    small = Image.frombytes("L", (12, 9), hashlib.shake_256(str(seed).encode()).digest(108))
    return small.resize((320, 240), Image.Resampling.BICUBIC)


async def visit(
    context: Context, cast: Cast, who: Caller, begins: dt.datetime, minutes: int, picture: Image.Image, place: int
) -> make.ReadyVisit:
    """Make a whole visit that began some time ago, with a photo and a reading of the label."""
    there = {name: at + place * 1_000 for name, at in PLACE.items()}
    ready = await make.ready_visit(
        context, cast, technician=who, site_given=there, created_at=begins - dt.timedelta(days=2)
    )
    own, left = {"visit_id": str(ready.visit_id)}, begins + dt.timedelta(minutes=minutes)
    await who.done("/visits/arrive", own | {"at": begins.isoformat()})
    fault = {"fault_code_id": str(ready.fault_code_id), "model_component_id": str(ready.component_id)}
    await who.done("/faults", own | fault | {"symptom": "does not drain", "designator": "R12"})
    labour = {"kind": "labour", "minutes": 55, "labour_operation_id": str(ready.labour_operation_id)}
    await who.done("/times", own | labour)
    await who.done("/times", own | {"kind": "travel", "minutes": 30})
    sha256 = hashlib.sha256(ready.visit_id.bytes).hexdigest()
    await keep(context, who, sha256, prints_of(picture))
    taken = {"taken_at": (begins + dt.timedelta(minutes=1)).isoformat(), **there}
    await who.done("/photos", own | {"kind": "after", "sha256": sha256} | taken)
    seen = {"source": "camera", "scanned_text": ready.serial, "scanned_at": left.isoformat(), **there}
    await who.done("/scans", own | seen)
    done = {"at": left.isoformat(), "result": "repaired", "no_signature_reason": "absent"}
    await who.done("/visits/complete", own | done)
    return ready


async def keep(context: Context, who: Caller, sha256: str, prints: tuple[Print, ...]) -> None:
    async with begin(context.database, actor_of(who), queue=context.queue) as work:
        await keep_upload(
            work, sha256=sha256, blob_sha256=sha256, width=320, height=240, taken_at=None, reads=[], prints=prints
        )


async def test_thirty_invented_visits_wait_for_a_person_and_thirty_real_ones_are_accepted(
    context: Context, cast: Cast
) -> None:
    rng = random.Random(30)
    now = dt.datetime.now(dt.UTC)
    async with begin(context.database, SYSTEM) as work:
        await work.db.execute(update(Account).where(Account.login == "ben@test").values(phone="+49 171 5550199"))
    ghosts, honest = [], []
    for n in range(VISITS):
        day = now - dt.timedelta(days=2 + n % 15, hours=3 if n < 15 else 6)
        honest.append(await visit(context, cast, cast.ann, day, rng.randint(50, 90), scene(n), n))
        # All on two days, gone as soon as arrived, always the same photo, and the customer is called at his own number.
        night = now - dt.timedelta(days=4 + n % 2, minutes=20 * n)
        copy = ImageEnhance.Brightness(scene(99)).enhance(rng.uniform(0.9, 1.1))
        ghosts.append(await visit(context, cast, cast.ben, night, rng.randint(2, 9), copy, 50 + n))
        async with begin(context.database, SYSTEM) as work:
            mine = update(Contact).where(Contact.id == ghosts[-1].contact_id)
            await work.db.execute(mine.values(phone="0171 5550199", phone_digits="01715550199"))
        if n % 10 == 9:
            await drain(context)
    async with begin(context.database, SYSTEM) as work:
        found = {claim.visit_id: claim for claim in await work.db.scalars(select(Claim))}
        said = {row.claim_id: row.findings for row in await work.db.scalars(select(ScoreRecord))}
    told = {ready.visit_id: [hit["reason"] for hit in said[found[ready.visit_id].id]] for ready in [*honest, *ghosts]}
    assert [told[ready.visit_id] for ready in honest if found[ready.visit_id].state != "accepted"] == []
    assert [told[ready.visit_id] for ready in ghosts if found[ready.visit_id].state != "in_review"] == []
    assert all(found[ready.visit_id].told["reasons"] == ["under-check"] for ready in ghosts)
    later = {reason for ready in ghosts[1:] for reason in told[ready.visit_id]}
    assert {"photo-used-before", "contact-is-the-partner", "labour-over-time-on-site"} <= later
