"""The verification pages: whether a report is genuine, for anybody who holds one."""

from typing import Annotated
from urllib.parse import quote

import msgspec
from msgspec import Meta

from api.operation import PUBLIC, Call, Reply, operation
from api.pages import FORM, FORM_BYTES_MAX, HEADERS, led, page, shown, wants_json
from api.routes.reports import TAG
from domain.kit.limits import NO_CONTROL
from domain.kit.problem import TooMany
from domain.kit.work import Work
from domain.people.sessions import spend
from domain.reports import rules, verified

MEDIA = "text/html|application/json"


class ByToken(msgspec.Struct, frozen=True):
    """The text in the QR of a report."""

    token: Annotated[str, Meta(min_length=1, max_length=600, pattern=NO_CONTROL)]


class TypedCode(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The ten-character code beside the QR, as typed."""

    code: Annotated[str, Meta(min_length=1, max_length=40, pattern=NO_CONTROL)]


@operation("GET", "/V", tag=TAG, by=PUBLIC, answer=str, media="text/html")
@shown
async def ask_for_code(call: Call) -> object:
    """Ask for the short code printed beside a report's QR."""
    return page(call, "verify.html")


@operation(
    "POST",
    "/V",
    tag=TAG,
    by=PUBLIC,
    body=TypedCode,
    body_media=FORM,
    body_bytes_max=FORM_BYTES_MAX,
    answer=verified.Verified,
    media=MEDIA,
    problems=(verified.NotOurs, TooMany),
    example=TypedCode("7K3M9 QX2PD"),
)
@shown
async def verify_by_hand(call: Call) -> object:
    """Tell whether a report is genuine by the short code typed from it."""
    typed = (await call.form(TypedCode)).code

    async def look_up(work: Work) -> verified.Verified | None:
        await spend(work.db, "verify-by-hand", work.now, limit=rules.HAND_TRIES, window=rules.HAND_WINDOW)
        return await verified.verified_by_hand(work.db, typed)

    return _told(call, await call.write(look_up))


@operation(
    "GET",
    "/V/{token:str}",
    tag=TAG,
    by=PUBLIC,
    params=ByToken,
    answer=verified.Verified,
    media=MEDIA,
    problems=(verified.NotOurs,),
)
@shown
async def verify_report(call: Call) -> object:
    """Tell whether a report is genuine by the address in its QR: genuine, superseded, withdrawn, or not ours.

    Needs no account, names no person and changes nothing.
    """
    token = call.params(ByToken).token
    async with call.reading() as db:
        return _told(call, await verified.verified(db, token))


@operation("GET", "/v", tag=TAG, by=PUBLIC, answer=str, media="text/html", statuses=(308,))
async def ask_for_code_in_small_letters(call: Call) -> object:
    """Lead an address typed in small letters to the one in capitals."""
    return led("/V", 308)


@operation("GET", "/v/{token:str}", tag=TAG, by=PUBLIC, params=ByToken, answer=str, media="text/html", statuses=(308,))
async def verify_in_small_letters(call: Call) -> object:
    """Lead an address of a report in small letters to the one in capitals."""
    return led(f"/V/{quote(call.params(ByToken).token, safe='')}", 308)


def _told(call: Call, told: verified.Verified | None) -> Reply:
    if told is None:
        raise verified.NotOurs("Check the code; a report without a code of ours is not ours.")
    if wants_json(call.request):
        return Reply(msgspec.json.encode(told), headers=HEADERS)
    return page(call, "verified.html", told=told)
