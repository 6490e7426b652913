"""A refresh token in two hands, and answers that were lost: the thief never stays, the honest one never loses."""

import asyncio
from uuid import uuid4

from sqlalchemy import text

from tests.prove.result import Result, Sizes, judged
from tests.prove.stage import Stage, theatre

NUMBER = 11
SIZES = {"races": (100, 5_000), "lost": (100, 5_000)}
PASSWORD = "a long pass phrase"


async def measure(sizes: Sizes) -> Result:
    """Race thieves against owners, and repeat refreshes whose answer did not arrive."""
    failures: list[str] = []
    async with theatre() as house, house.stage() as stage:
        await _invited(stage)
        for number in range(sizes["races"]):
            failures += [f"race {number}: {why}" for why in await _theft(stage)]
        for number in range(sizes["lost"]):
            failures += [f"lost answer {number}: {why}" for why in await _lost(stage)]
    return judged(
        "stolen refresh tokens and lost answers",
        f"{sizes['races']:,} thefts end the session, {sizes['lost']:,} lost answers do not",
        f"{len(failures)} went otherwise",
        failures,
    )


async def _invited(stage: Stage) -> None:
    person = await stage.cast.pam.done("/people", {"login": "new@test", "name": "New", "role": "technician"})
    link = await stage.cast.pam.done("/people/invitation-links", {"account_id": person["id"]})
    await stage.nobody.done("/sign-in/password", {"token": link["token"], "password": PASSWORD})


async def _signed_in(stage: Stage) -> str:
    async with stage.owner.begin() as connection:
        await connection.execute(text("DELETE FROM budget"))
    body = {"login": "new@test", "password": PASSWORD, "phone": {"id": str(uuid4()), "name": "a phone"}}
    return str((await stage.nobody.done("/sign-in", body))["refresh_token"])


async def _refreshed(stage: Stage, token: str) -> tuple[int, str]:
    answer = await stage.nobody.post("/sign-in/refresh", {"refresh_token": token})
    return answer.status_code, str(answer.json().get("refresh_token", ""))


async def _theft(stage: Stage) -> list[str]:
    """Thief and owner refresh at once and get one successor; when it is used, the old token ends the family."""
    first = await _signed_in(stage)
    both = await asyncio.gather(*(_refreshed(stage, first) for _ in range(4)))
    seconds = {token for status, token in both if status == 200}
    if len(seconds) != 1:
        return [f"{len(seconds)} successors of one token"]
    (second,) = seconds
    _, third = await _refreshed(stage, second)
    reused, _ = await _refreshed(stage, first)
    after, _ = await _refreshed(stage, third)
    return [] if (reused, after) == (401, 401) else [f"a used token {reused}, then its family {after}"]


async def _lost(stage: Stage) -> list[str]:
    """The answer is lost, the phone repeats with the old token, gets the same successor and goes on with it."""
    first = await _signed_in(stage)
    _, unheard = await _refreshed(stage, first)
    status, second = await _refreshed(stage, first)
    if status != 200 or second != unheard:
        return [f"repeated: {status}, {'the same' if second == unheard else 'another'} successor"]
    status, _ = await _refreshed(stage, second)
    return [] if status == 200 else [f"going on: {status}"]
