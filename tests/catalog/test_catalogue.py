"""The catalogue is everybody's to read."""

from api.context import Context
from domain.kit.actor import SYSTEM
from domain.kit.work import begin
from tests import make
from tests.cast import Cast


async def test_everybody_reads_models_with_components(context: Context, cast: Cast) -> None:
    async with begin(context.database, SYSTEM) as work:
        model_id = await make.model(work, code="WM-1", name="Washer")
        await make.model(work, code="DR-1", name="Dryer")
        await make.component(work, model_id, code="PCB", designator="required")
    for caller in (cast.ann, cast.pam, cast.otto, cast.dora):
        listed = await caller.get("/models", search="wash")
        assert [line["code"] for line in listed.json()["items"]] == ["WM-1"]
        shown = (await caller.get(f"/models/{model_id}")).json()
        assert [(part["code"], part["designator"]) for part in shown["components"]] == [("PCB", "required")]
    assert (await cast.ann.get(f"/models/{cast.north}")).status_code == 404
    headers = cast.ann.headers | {"if-none-match": listed.headers["etag"]}
    assert (await cast.ann.http.get("/models", params={"search": "wash"}, headers=headers)).status_code == 304


async def test_lists_come_in_pages_by_code(context: Context, cast: Cast) -> None:
    async with begin(context.database, SYSTEM) as work:
        group = await make.fault_group(work, code="DRIVE")
        for number in range(3):
            await make.part(work, number=f"P-{number}")
            await make.fault_code(work, code=f"F{number}", fault_group_id=group)
            await make.labour_operation(work, code=f"L{number}")
    for path, key, codes in (
        ("/parts", "number", ["P-0", "P-1", "P-2"]),
        ("/fault-codes", "code", ["F0", "F1", "F2"]),
        ("/labour-operations", "code", ["L0", "L1", "L2"]),
    ):
        first = (await cast.ann.get(path, limit=2)).json()
        second = (await cast.ann.get(path, limit=2, cursor=first["next"])).json()
        assert [line[key] for line in [*first["items"], *second["items"]]] == codes
        assert second["next"] is None
        assert [line[key] for line in (await cast.ann.get(path, search=codes[1].lower())).json()["items"]] == [codes[1]]
    assert (await cast.ann.get("/fault-codes")).json()["items"][0]["group"] == "DRIVE"
