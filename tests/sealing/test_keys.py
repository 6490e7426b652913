"""Sealing keys: made once, kept private, followed by others, and what is left when one was stolen."""

import asyncio
import datetime as dt
import hashlib
import secrets
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from api.adapters.key_files import NotAKey, kept_secret, new_private_key, private_bytes, read_private_key
from api.context import Context
from api.sealing import REFRESHES_MAX, KeyGiven, Sealing
from api.worker import drain
from domain.kit.actor import SYSTEM
from domain.kit.work import Work, transact
from domain.sealing.keys import KeyRevoked, key_id, public_bytes, public_key, revoke_key
from domain.sealing.rules import SEALING
from domain.sealing.seals import NewSeal, register_seal
from domain.sealing.token import Token, seal_token
from tests.cast import Cast
from tests.conftest import rows
from tests.reports.sheets import reported
from tests.sealing.reports import issued, run

JSON = {"accept": "application/json"}


async def revoke(context: Context, key: str, since: dt.datetime | None = None) -> None:
    async def body(work: Work) -> None:
        await revoke_key(work, key, "A laptop was stolen", since)

    await transact(context.database, SYSTEM, body)


async def test_processes_that_start_at_once_make_one_key_a_purpose(context: Context, owner: AsyncEngine) -> None:
    starters = [Sealing(context.settings, context.database) for _ in range(8)]
    hands = await asyncio.gather(*(one.hands() for one in starters))
    assert len({one.token_key_id for one in hands}) == 1
    assert len({one.pdf_key.id for one in hands}) == 1
    made = await rows(owner, "SELECT purpose, id FROM sealing_key ORDER BY purpose")
    assert [purpose for purpose, _ in made] == ["checkpoint", "pdf", "root", "token"]
    folder = Path(context.settings.data) / "keys"
    assert sorted(path.name for path in folder.iterdir()) == sorted(f"{purpose}-{key}.pem" for purpose, key in made)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}


def test_of_processes_that_keep_a_secret_at_once_the_first_one_wins(tmp_path: Path) -> None:
    async def race() -> set[bytes]:
        tries = (asyncio.to_thread(kept_secret, tmp_path / "keys" / "one", secrets.token_bytes(32)) for _ in range(32))
        return set(await asyncio.gather(*tries))

    (kept,) = asyncio.run(race())
    assert (tmp_path / "keys" / "one").read_bytes() == kept
    assert [path.name for path in (tmp_path / "keys").iterdir()] == ["one"]


async def test_a_key_of_the_settings_is_used_and_written_nowhere(context: Context, owner: AsyncEngine) -> None:
    given = new_private_key()
    settings = msgspec.structs.replace(context.settings, token_key=private_bytes(given).decode())
    sealing = Sealing(settings, context.database)
    hands = await sealing.hands()
    assert hands.token_key_id == key_id(public_bytes(given.public_key()))
    assert not list((Path(settings.data) / "keys").glob("token-*"))
    with pytest.raises(KeyGiven):
        await sealing.rotate("token")
    await revoke(context, hands.token_key_id)
    with pytest.raises(KeyGiven):
        await sealing.hands()


@pytest.mark.parametrize("wrong", [b"", b"abc", b"-----BEGIN PUBLIC KEY-----\n", b"AAAA"])
def test_what_is_no_private_key_is_refused(wrong: bytes) -> None:
    with pytest.raises(NotAKey):
        read_private_key(wrong)


@pytest.mark.parametrize("other", [lambda: ec.generate_private_key(ec.SECP384R1()), ed25519.Ed25519PrivateKey.generate])
def test_a_private_key_of_another_kind_is_refused(other: Any) -> None:
    with pytest.raises(NotAKey, match="a sealing key is a P-256 key"):
        read_private_key(other().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


async def test_a_new_key_takes_over_and_the_former_seals_for_another_month(
    context: Context, cast: Cast, http: httpx.AsyncClient, owner: AsyncEngine
) -> None:
    first, _ = await issued(context, cast, owner)
    before = await context.sealing.hands()
    made = await context.sealing.rotate("token")
    assert (await context.sealing.hands()).token_key_id == made.id != before.token_key_id
    ((left,),) = await rows(owner, f"SELECT valid_to - now() FROM sealing_key WHERE id = '{before.token_key_id}'")
    assert dt.timedelta(days=29) < left < dt.timedelta(days=31)
    assert (await http.get(f"/V/{first}", headers=JSON)).json()["standing"] == "genuine"


async def test_a_key_that_was_followed_already_is_not_prolonged(context: Context, owner: AsyncEngine) -> None:
    first = (await context.sealing.hands()).token_key_id
    ends = f"SELECT valid_to FROM sealing_key WHERE id = '{first}'"
    await context.sealing.rotate("token")
    before = await rows(owner, ends)
    await context.sealing.rotate("token")
    assert await rows(owner, ends) == before


async def test_another_key_in_the_settings_is_another_key(context: Context) -> None:
    one, other = (
        msgspec.structs.replace(context.settings, checkpoint_key=private_bytes(new_private_key()).decode())
        for _ in range(2)
    )
    first = await Sealing(one, context.database).checkpoint_hand()
    second = await Sealing(other, context.database).checkpoint_hand()
    assert first.key_id != second.key_id


@pytest.mark.parametrize("curve", [ec.SECP384R1(), None])
def test_a_public_key_of_another_kind_is_refused(curve: ec.EllipticCurve | None) -> None:
    private = ed25519.Ed25519PrivateKey.generate() if curve is None else ec.generate_private_key(curve)
    der = private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    with pytest.raises(ValueError, match="P-256"):
        public_key(der)


async def test_a_key_that_is_a_year_old_is_followed_by_itself(context: Context, owner: AsyncEngine) -> None:
    before = await context.sealing.hands()
    await run(owner, "ALTER TABLE sealing_key DISABLE TRIGGER change_key_only_to_end_it")
    await run(owner, "UPDATE sealing_key SET valid_from = valid_from - interval '366 days' WHERE purpose <> 'root'")
    await run(owner, "ALTER TABLE sealing_key ENABLE TRIGGER change_key_only_to_end_it")
    after = await context.sealing.hands()
    assert after.token_key_id != before.token_key_id
    assert after.pdf_key.id != before.pdf_key.id
    assert after.pdf_key.root == before.pdf_key.root
    assert await rows(owner, "SELECT count(*) FROM sealing_key") == [(len(SEALING) * 2 + 1,)]


async def test_a_key_whose_private_half_is_not_here_is_followed_too(context: Context) -> None:
    before = await context.sealing.hands()
    for file in (Path(context.settings.data) / "keys").iterdir():
        file.unlink()
    after = await Sealing(context.settings, context.database).hands()
    assert {after.token_key_id, after.pdf_key.id}.isdisjoint({before.token_key_id, before.pdf_key.id})


async def test_a_process_that_just_started_knows_every_genuine_token_at_once(
    context: Context, cast: Cast, owner: AsyncEngine
) -> None:
    token, _ = await issued(context, cast, owner)
    started = Sealing(context.settings, context.database)
    said = await asyncio.gather(*(started.read_token(token) for _ in range(REFRESHES_MAX * 2)))
    assert None not in said


async def test_drill_a_stolen_key_seals_nothing_more_and_dates_nothing_back(
    context: Context, cast: Cast, http: httpx.AsyncClient, owner: AsyncEngine
) -> None:
    before, pdf = await issued(context, cast, owner)
    stolen = await context.sealing.hands()
    await revoke(context, stolen.token_key_id)

    assert (await http.get(f"/V/{before}", headers=JSON)).json()["standing"] == "genuine"
    assert hashlib.sha256(pdf).hexdigest() in (await http.get(f"/V/{before}")).text

    visit = await reported(context, cast, code="MFRGGZDFMZTWQ2LKNNWG23TPOB")
    ((report_id, digest, partner_id),) = await rows(
        owner,
        "SELECT report_id, digest, report.partner_id FROM report_revision JOIN report ON report.id = report_id "
        f"WHERE visit_id = '{visit.visit_id}'",
    )
    said = Token(stolen.token_key_id, report_id, 1, "123456", dt.date(2026, 1, 1), "repaired", digest[:16])
    forged = seal_token(said, stolen.token_key)
    assert (await context.sealing.read_token(forged)) == said
    assert (await http.get(f"/V/{forged}", headers=JSON)).status_code == 404
    seal = NewSeal(
        report_id=report_id,
        revision=1,
        partner_id=partner_id,
        token=forged,
        token_key_id=stolen.token_key_id,
        pdf_key_id=stolen.pdf_key.id,
        pdf_sha256="0" * 64,
    )
    with pytest.raises(DBAPIError, match="keys that are valid now"):
        await transact(context.database, SYSTEM, lambda work: register_seal(work, seal))

    async def date_back(work: Work) -> None:
        """The application's own way in, in the hands of a thief."""
        columns = "report_id, revision, partner_id, token, token_key_id, pdf_key_id, pdf_sha256, sealed_at"
        values = [f"'{value}'" for value in msgspec.structs.astuple(seal)]
        await work.db.execute(text(f"INSERT INTO report_seal ({columns}) VALUES ({', '.join(values)}, '2020-01-01')"))

    with pytest.raises(DBAPIError, match="keys that are valid now"):
        await transact(context.database, SYSTEM, date_back)

    await drain(context)
    ((after, used),) = await rows(owner, f"SELECT token, token_key_id FROM report_seal WHERE report_id = '{report_id}'")
    assert used != stolen.token_key_id
    assert (await http.get(f"/V/{after}", headers=JSON)).json()["standing"] == "genuine"
    keys = (await http.get("/.well-known/report-keys.json")).json()["keys"]
    (told,) = [key for key in keys if key["kid"] == stolen.token_key_id]
    assert told["revoked_at"] is not None
    assert told["reason"] == "A laptop was stolen"


async def test_what_was_sealed_since_a_theft_that_was_noticed_late_counts_no_more(
    context: Context, cast: Cast, http: httpx.AsyncClient, owner: AsyncEngine
) -> None:
    token, _ = await issued(context, cast, owner)
    ((sealed_at, key),) = await rows(owner, "SELECT sealed_at, pdf_key_id FROM report_seal")
    await revoke(context, key, since=sealed_at)
    assert (await http.get(f"/V/{token}", headers=JSON)).status_code == 404


async def test_a_key_is_revoked_once_and_not_in_the_future(context: Context, owner: AsyncEngine) -> None:
    key = (await context.sealing.hands()).token_key_id
    await revoke(context, key, since=dt.datetime(2090, 1, 1, tzinfo=dt.UTC))
    ((past,),) = await rows(owner, f"SELECT revoked_at <= clock_timestamp() FROM sealing_key WHERE id = '{key}'")
    assert past
    with pytest.raises(KeyRevoked):
        await revoke(context, key)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE sealing_key SET public_key = ''",
        "UPDATE sealing_key SET revoked_at = NULL",
        "UPDATE sealing_key SET valid_to = valid_to + interval '1 day'",
        "UPDATE sealing_key SET valid_to = '2020-01-01'",
        "DELETE FROM sealing_key",
        "UPDATE report_seal SET sealed_at = now()",
        "DELETE FROM report_seal",
    ],
)
async def test_the_product_may_only_end_keys_and_add_seals(
    context: Context, cast: Cast, owner: AsyncEngine, change: str
) -> None:
    await issued(context, cast, owner)
    await revoke(context, (await context.sealing.hands()).token_key_id)

    async def body(work: Work) -> None:
        await work.db.execute(text(change))

    with pytest.raises(DBAPIError):
        await transact(context.database, SYSTEM, body)
