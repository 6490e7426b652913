"""No changed PDF is accepted as genuine and unchanged; what other people's tools say of each is told beside it."""

import asyncio
import hashlib

from sqlalchemy.ext.asyncio import AsyncEngine

from api.adapters.pdf_check import inner_seal
from api.context import Context
from domain.kit.actor import SYSTEM
from domain.kit.database import reading
from domain.sealing.seals import seal_of_pdf
from tests.cast import Cast
from tests.sealing.attacks import ATTACKS, FLIPS, flipped_bytes, flipped_digits
from tests.sealing.reports import issued

DIGITS = 400
"""A seal has 4,096, most of them filling."""


async def test_no_attack_and_no_flip_of_a_byte_is_accepted(context: Context, cast: Cast, owner: AsyncEngine) -> None:
    _, pdf = await issued(context, cast, owner)
    key = (await context.sealing.hands()).pdf_key
    forged = await asyncio.to_thread(lambda: {name: attack(pdf, key) for name, attack in ATTACKS.items()})
    assert len(forged) >= 10
    flipped = list(flipped_bytes(pdf))
    assert len(flipped) == FLIPS
    async with reading(context.database, SYSTEM) as db:
        assert await seal_of_pdf(db, hashlib.sha256(pdf).hexdigest()) is not None
        for other in (*forged.values(), *flipped):
            assert other != pdf
            assert await seal_of_pdf(db, hashlib.sha256(other).hexdigest()) is None
    for name, other in forged.items():
        said = await asyncio.to_thread(inner_seal, other, [key.root])
        assert not said.whole or name == "sealed_with_the_stolen_key", name


async def test_what_the_signature_does_not_cover_cannot_be_changed_either(
    context: Context, cast: Cast, owner: AsyncEngine
) -> None:
    _, pdf = await issued(context, cast, owner)
    root = (await context.sealing.hands()).pdf_key.root
    assert (await asyncio.to_thread(inner_seal, pdf, [root])).whole
    changed = list(flipped_digits(pdf, DIGITS))
    seals = await asyncio.to_thread(lambda: [inner_seal(one, [root]) for one in changed])
    assert not any(seal.whole for seal in seals)
    assert any(seal.ours for seal in seals)  # the signature alone lets some of them pass
