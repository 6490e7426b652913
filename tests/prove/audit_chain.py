"""Edits, deletions and reorderings of the audit chain by the database's owner: every one is found, and named."""

from tests.audit.attempts import attempted
from tests.prove.result import Result, Sizes, judged
from tests.prove.stage import theatre

NUMBER = 15
SIZES = {"attempts": (220, 10_000)}


async def measure(sizes: Sizes) -> Result:
    """Seal a chain and try so many changes on it, each drawn by its number."""
    async with theatre() as house, house.stage() as stage:
        found = await attempted(stage.context, stage.owner, sizes["attempts"])
    return judged(
        "changes of the audit chain",
        f"{sizes['attempts']:,} attempts, all found and named",
        f"{len(found.passed)} not found, {len(found.misnamed)} misnamed, {len(found.tried)} ways tried",
        [*(f"not found: {one}" for one in found.passed), *(f"misnamed: {one}" for one in found.misnamed)],
        enough=found.tried.total() == sizes["attempts"],
        tried=dict(found.tried),
    )
