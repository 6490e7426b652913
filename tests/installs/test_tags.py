"""Tag codes: only our key makes them, they are stored hashed, and a revoked one proves nothing."""

from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from api.adapters.signer import HmacSigner
from api.context import Context, register_of, secret_key
from api.settings import Settings
from domain.claims.labelled import tagged_unit
from domain.installs.serials import parse
from domain.installs.tags import hash_of_code, is_ours, tag_code
from domain.kit.actor import SYSTEM
from domain.kit.ids import operation_id
from domain.kit.work import begin
from tests import make
from tests.cast import Cast, actor_of
from tests.conftest import rows

SIGNER = HmacSigner(b"one key")
GTIN, KEY = "04000000000012", "SN0012A"


async def unit_of(context: Context, **given: Any) -> tuple[UUID, str]:
    """A unit, and its model's GTIN."""
    async with begin(context.database, SYSTEM) as work:
        model_id = await make.model(work, **given)
        gtin = await work.db.scalar(text("SELECT gtin FROM model WHERE id = :id"), {"id": model_id})
        return await make.unit(work, model_id), gtin or ""


def test_a_code_is_ours_however_it_is_written() -> None:
    code = tag_code(SIGNER, GTIN, KEY, 1)
    assert len(code) == 14
    for written in (code, code.lower(), code.replace("-", ""), code.replace("0", "O").replace("1", "l")):
        assert is_ours(SIGNER, written, GTIN, KEY)


def test_a_code_is_of_one_serial_one_model_one_generation_and_one_key() -> None:
    code = tag_code(SIGNER, GTIN, KEY, 1)
    assert not is_ours(SIGNER, code, GTIN, "SN0012B")
    assert not is_ours(SIGNER, code, "04000000000029", KEY)
    assert not is_ours(SIGNER, "2" + code[1:], GTIN, KEY)
    assert not is_ours(HmacSigner(b"another key"), code, GTIN, KEY)
    assert len({tag_code(SIGNER, GTIN, KEY, generation) for generation in range(1, 32)}) == 31


def test_no_single_misread_character_passes_and_nothing_makes_it_stumble() -> None:
    code = tag_code(SIGNER, GTIN, KEY, 7).replace("-", "")
    for place in range(len(code)):
        for other in "0123456789ABCDEFGHJKMNPQRSTVWXYZ":
            assert is_ours(SIGNER, code[:place] + other + code[place + 1 :], GTIN, KEY) is (other == code[place])
    for strange in ("", "-", code + "0", code[:-1], "ß" * 12, "🙂" * 12, "U" * 12, "x" * 4000):
        assert not is_ours(SIGNER, strange, GTIN, KEY)


async def test_the_office_issues_a_label_and_prints_it_again(context: Context, cast: Cast, owner: AsyncEngine) -> None:
    unit_id, gtin = await unit_of(context)
    response = await cast.dora.post("/tags", {"unit_id": str(unit_id)}, key="one")
    assert response.status_code == 201, response.text
    told = response.json()
    assert told == {"id": str(operation_id(cast.dora.id, "one")), "unit_id": str(unit_id), "generation": 1}
    first, again = [(await cast.ada.get(f"/tags/{told['id']}")).json() for _ in range(2)]
    assert first == again
    parsed = parse(first["text"])
    assert (parsed.gtin, parsed.serial, parsed.tag) == (gtin, first["serial"], first["code"].replace("-", ""))
    stored = await rows(
        owner,
        "SELECT t::text FROM unit_tag AS t UNION ALL "
        "SELECT concat(encode(sent, 'escape'), encode(answer, 'escape'), verdict) FROM journal_body",
    )
    assert told["id"] in str(stored)
    assert parsed.tag is not None
    assert parsed.tag not in str(stored)
    assert first["code"] not in str(stored)


async def test_a_new_label_revokes_the_others_only_if_asked(context: Context, cast: Cast) -> None:
    unit_id, _ = await unit_of(context)
    for revoke in (False, False, True):
        await cast.ada.done("/tags", {"unit_id": str(unit_id), "revoke_others": revoke})
    found = (await cast.ada.get("/tags", unit_id=str(unit_id))).json()["items"]
    assert [(one["generation"], one["revoked_at"] is not None) for one in found] == [(3, False), (2, True), (1, True)]
    page = (await cast.ada.get("/tags", limit=2)).json()
    rest = (await cast.ada.get("/tags", limit=2, cursor=page["next"])).json()
    assert [*page["items"], *rest["items"]] == found


async def test_a_label_is_revoked_once_with_a_reason(context: Context, cast: Cast) -> None:
    unit_id, _ = await unit_of(context)
    tag_id = (await cast.ada.done("/tags", {"unit_id": str(unit_id)}))["id"]
    body = {"tag_id": tag_id, "reason": "copied and sold"}
    assert (await cast.ada.done("/tags/revoke", body)) == {"id": tag_id}
    again = await cast.ada.post("/tags/revoke", body)
    assert (again.status_code, again.json()["code"]) == (409, "tag-revoked")
    (found,) = (await cast.ada.get("/tags", unit_id=str(unit_id))).json()["items"]
    assert found["revoked_reason"] == "copied and sold"
    missing = await cast.ada.post("/tags/revoke", body | {"tag_id": str(uuid4())})
    assert missing.status_code == 404


@pytest.mark.parametrize("given", [{"gtin": None}, {}])
async def test_what_no_gs1_code_can_carry_gets_no_label(context: Context, cast: Cast, given: dict[str, Any]) -> None:
    async with begin(context.database, SYSTEM) as work:
        unit_id = await make.unit(work, await make.model(work, **given), serial="SN1" if given else "X" * 21)
    refused = await cast.ada.post("/tags", {"unit_id": str(unit_id)})
    assert (refused.status_code, refused.json()["code"]) == (422, "no-label-possible")


async def test_a_unit_has_at_most_31_labels(context: Context, cast: Cast) -> None:
    unit_id, _ = await unit_of(context)
    for _ in range(31):
        await cast.ada.done("/tags", {"unit_id": str(unit_id)})
    refused = await cast.ada.post("/tags", {"unit_id": str(unit_id)})
    assert (refused.status_code, refused.json()["code"]) == (409, "labels-used-up")


async def test_a_label_whose_unit_has_another_serial_by_now_is_not_printed(context: Context, cast: Cast) -> None:
    unit_id, _ = await unit_of(context)
    tag_id = (await cast.ada.done("/tags", {"unit_id": str(unit_id)}))["id"]
    async with begin(context.database, SYSTEM) as work:
        await work.db.execute(text("UPDATE unit SET serial = 'NEW1', serial_key = 'NEW1'"))
    response = await cast.ada.get(f"/tags/{tag_id}")
    assert (response.status_code, response.json()["code"]) == (409, "tag-outdated")
    assert (await cast.ada.get(f"/tags/{uuid4()}")).status_code == 404


async def test_labels_are_the_desks_and_the_parts_managers_alone(context: Context, cast: Cast) -> None:
    unit_id, _ = await unit_of(context)
    tag_id = (await cast.ada.done("/tags", {"unit_id": str(unit_id)}))["id"]
    for caller in (cast.ann, cast.pam, cast.otto, cast.rex):
        assert (await caller.post("/tags", {"unit_id": str(unit_id)})).status_code == 403
        assert (await caller.post("/tags/revoke", {"tag_id": tag_id, "reason": "because"})).status_code == 403
        for path in ("/tags", f"/tags/{tag_id}"):
            assert (await caller.get(path)).status_code == 403


async def test_a_partners_role_reads_no_label_and_finds_a_unit_by_its_code_alone(context: Context, cast: Cast) -> None:
    unit_id, gtin = await unit_of(context)
    tag_id = (await cast.ada.done("/tags", {"unit_id": str(unit_id)}))["id"]
    label = (await cast.ada.get(f"/tags/{tag_id}")).json()
    known = hash_of_code(gtin, label["serial"], label["code"])
    async with begin(context.database, actor_of(cast.ann)) as work:
        found = await tagged_unit(work.driver, known)
        assert found is not None
        assert (found.id, found.revoked) == (unit_id, False)
        assert await tagged_unit(work.driver, hash_of_code(gtin, label["serial"], "0" * 12)) is None
    with pytest.raises(DBAPIError, match="permission denied"):
        async with begin(context.database, actor_of(cast.ann)) as work:
            await work.db.execute(text("SELECT code_hash FROM unit_tag"))


def test_the_key_of_labels_is_made_once_and_kept_to_its_owner(tmp_path: Path) -> None:
    settings = Settings(data=str(tmp_path))
    first, again = register_of(settings), register_of(settings)
    kept = tmp_path / "keys" / "tag.key"
    assert kept.stat().st_mode & 0o777 == 0o600
    assert first.signer is not None
    assert again.signer is not None
    assert first.signer.mark(b"label") == again.signer.mark(b"label")
    assert first.signer.mark(b"label") == HmacSigner(kept.read_bytes()).mark(b"label")
    assert kept.read_bytes() != secret_key(settings)
    assert str(kept.read_bytes()) not in repr(first)
    given = register_of(msgspec.structs.replace(settings, tag_key="given by the environment"))
    assert given.signer == HmacSigner(b"given by the environment")
