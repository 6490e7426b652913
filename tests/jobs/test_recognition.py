"""What a scanned text tells: the unit it names, when models share its serial, and when it names none."""

from api.context import Context
from domain.kit.actor import SYSTEM
from domain.kit.work import begin
from tests import make
from tests.cast import Cast

GTINS = ["04006381333931", "09521101530001"]


async def test_a_text_tells_its_unit_or_that_models_share_the_serial_or_that_it_names_none(
    cast: Cast, context: Context
) -> None:
    async with begin(context.database, SYSTEM) as work:
        for code, gtin in zip(("WM-1", "WM-2"), GTINS, strict=True):
            await make.unit(work, await make.model(work, code=code, gtin=gtin), serial="AA0001")

    async def told(text: str) -> tuple[str, str | None]:
        found = await cast.dora.done("/barcodes/text", {"text": text})
        return found["recognised"]["knowledge"], (found["recognised"]["unit"] or {}).get("model")

    assert await told(f"(01){GTINS[1]}(21)AA0001") == ("known", "WM-2")
    assert await told("AA0001") == ("several", None)
    assert await told(f"(01){GTINS[1]}(10)LOT7") == ("no-serial", None)
    assert await told("AA0009") == ("not-found", None)
