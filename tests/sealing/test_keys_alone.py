"""``verify-report --keys``: what a report is worth by the list of keys alone, when some of them were revoked."""

import asyncio
import datetime as dt
import json
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncEngine

from api.adapters.certificates import leaf_certificate
from api.adapters.key_files import new_private_key, read_private_key
from api.adapters.pdf_check import inner_seal
from api.adapters.pdf_seal import PdfKey, seal_pdf
from api.context import Context
from printing.report import render_report
from tests.cast import Cast
from tests.conftest import rows
from tests.printing import visits
from tests.sealing.pdf_keys import AT
from tests.sealing.test_commands import fieldstone, filed, verdict

REASON = "A laptop was stolen"


async def exported(context: Context, folder: Path) -> tuple[str, Path]:
    """The option that names the list of keys as it is now."""
    result = await fieldstone(context, "keys", "export", folder / "out", "--json")
    return "--keys", Path(json.loads(result.output)["written"][0])


async def revoke(context: Context, owner: AsyncEngine, purpose: str) -> str:
    """Revoke the key for a purpose as a person does, and return its id."""
    ((key,),) = await rows(owner, f"SELECT id FROM sealing_key WHERE purpose = '{purpose}' AND revoked_at IS NULL")
    assert (await fieldstone(context, "keys", "revoke", key, "--reason", REASON)).exit_code == 0
    return str(key)


async def sealed_by_thief(context: Context, owner: AsyncEngine) -> bytes:
    """A paper of somebody who has the root: sealed with a key of their own, for which it vouches."""
    ((root, certificate),) = await rows(owner, "SELECT id, certificate FROM sealing_key WHERE purpose = 'root'")
    pem = (Path(context.settings.data) / "keys" / f"root-{root}.pem").read_bytes()
    key = new_private_key()
    assert isinstance(certificate, bytes)
    leaf = leaf_certificate(key.public_key(), read_private_key(pem), certificate, AT)
    paper = render_report(visits.document(), visits.personal(), {}, visits.VERIFY_URL, visits.SHORT_CODE)
    sealed = await asyncio.to_thread(seal_pdf, paper, AT, PdfKey("00000000", key, leaf, certificate))
    assert (await asyncio.to_thread(inner_seal, sealed, [certificate])).whole
    return sealed


async def test_what_a_revoked_key_signed_is_taken_for_nothing_without_the_register(
    context: Context, cast: Cast, owner: AsyncEngine, tmp_path: Path
) -> None:
    token, file = await filed(context, cast, owner, tmp_path)
    revoked = [await revoke(context, owner, purpose) for purpose in ("token", "pdf")]
    keys = await exported(context, tmp_path)
    for which, key in zip((token, file), revoked, strict=True):
        status, told = await verdict(context, which, *keys)
        assert (status, told["verdict"]) == (7, "key-not-valid"), told
        assert f"Key {key} was revoked on {dt.datetime.now(dt.UTC):%Y-%m}" in told["reason"]
        assert REASON in told["reason"]
        assert (await verdict(context, which))[0] == 0, "the register knows that it was sealed before"


async def test_a_listed_key_counts_by_itself_when_its_root_was_revoked(
    context: Context, cast: Cast, owner: AsyncEngine, tmp_path: Path
) -> None:
    token, file = await filed(context, cast, owner, tmp_path)
    root = await revoke(context, owner, "root")
    keys = await exported(context, tmp_path)
    status, told = await verdict(context, file, *keys)
    assert (status, told["verdict"]) == (8, "status-unknown"), told
    assert f"Root {root}, which vouches for its key, was revoked" in told["reason"]
    assert (await verdict(context, token, *keys))[0] == 8
    assert (await verdict(context, file))[0] == 0
    file.write_bytes(file.read_bytes() + b"\n% later")
    assert [(await verdict(context, file, *way))[0] for way in ((), keys)] == [6, 6]


async def test_a_key_that_a_stolen_root_vouches_for_is_none_of_ours(
    context: Context, cast: Cast, owner: AsyncEngine, tmp_path: Path
) -> None:
    await filed(context, cast, owner, tmp_path)
    forged = tmp_path / "forged.pdf"
    forged.write_bytes(await sealed_by_thief(context, owner))
    status, told = await verdict(context, forged, *await exported(context, tmp_path))
    assert (status, told["verdict"]) == (5, "not-ours"), told
    assert "not on this list" in told["reason"]
    status, told = await verdict(context, forged)
    assert (status, told["verdict"]) == (5, "not-ours"), told
    assert "revoke that root" in told["reason"]
    root = await revoke(context, owner, "root")
    status, told = await verdict(context, forged, *await exported(context, tmp_path))
    assert (status, told["verdict"]) == (7, "key-not-valid"), told
    assert f"root {root}, which vouches for it, was revoked" in told["reason"]


async def test_nothing_more_is_sealed_under_a_revoked_root(
    context: Context, cast: Cast, owner: AsyncEngine, tmp_path: Path
) -> None:
    before = (await context.sealing.hands()).pdf_key
    await revoke(context, owner, "root")
    after = (await context.sealing.hands()).pdf_key
    assert after.root != before.root
    assert after.id != before.id
