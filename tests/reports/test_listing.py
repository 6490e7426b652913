"""The reports of a span of time: who may list them, in which order, and how long the span may be."""

import datetime as dt

from api.context import Context
from domain.kit.work import utc_now
from tests.cast import Caller, Cast
from tests.reports.sheets import reported

HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)


def asked(since: dt.datetime, until: dt.datetime, **more: object) -> dict[str, str]:
    return {"from": since.isoformat(), "to": until.isoformat()} | {name: str(value) for name, value in more.items()}


async def lines(who: Caller, **more: object) -> list[dict[str, str]]:
    now = utc_now()
    answer = await who.get("/reports", **asked(now - DAY, now + HOUR, **more))
    assert answer.status_code == 200, answer.text
    found: list[dict[str, str]] = answer.json()["items"]
    return found


async def test_reports_are_listed_as_their_visits_were_completed_page_by_page(context: Context, cast: Cast) -> None:
    visits = [(await reported(context, cast)).visit_id for _ in range(3)]
    found = await lines(cast.dora)
    assert [one["visit_id"] for one in found] == [str(visit) for visit in visits]
    told = (await cast.dora.get(f"/reports/{visits[0]}")).json()
    assert (found[0]["report_number"], found[0]["technician"]) == (told["number"], "Ann")
    now = utc_now()
    first = (await cast.rex.get("/reports", **asked(now - DAY, now + HOUR, limit=2))).json()
    rest = (await cast.rex.get("/reports", **asked(now - DAY, now + HOUR, limit=2, cursor=first["next"]))).json()
    assert first["items"] + rest["items"] == found
    assert rest["next"] is None


async def test_they_are_those_of_a_technician_or_of_everybody(context: Context, cast: Cast) -> None:
    await reported(context, cast)
    assert len(await lines(cast.dora, technician_id=cast.ann.id)) == 1
    assert await lines(cast.dora, technician_id=cast.otto.id) == []
    now = utc_now()
    earlier = (await cast.dora.get("/reports", **asked(now - 3 * DAY, now - 2 * DAY))).json()
    assert earlier["items"] == []


async def test_a_span_is_of_32_days_at_most_and_partners_do_not_list(cast: Cast) -> None:
    now = utc_now()
    for since, until in ((now - 33 * DAY, now), (now, now), (now, now - DAY)):
        answer = await cast.dora.get("/reports", **asked(since, until))
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid-request")
    for who in (cast.pam, cast.ann):
        assert (await who.get("/reports", **asked(now - DAY, now))).status_code == 403
