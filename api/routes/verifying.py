"""The verification pages: whether a report is genuine, for anybody who holds one."""

from typing import Annotated
from urllib.parse import quote

import msgspec
from msgspec import Meta

from api.callers import address_of, marked
from api.misses import Misses
from api.operation import PUBLIC, Call, Reply, operation
from api.pages import FOLDER, FORM, FORM_BYTES_MAX, HEADERS, Again, led, page, shown, wants_json
from api.routes.reports import TAG
from domain.kit.limits import NO_CONTROL
from domain.kit.problem import TooMany
from domain.kit.work import Work
from domain.people.sessions import spend
from domain.reports import rules, verified
from domain.sealing.token import CLASSES

MEDIA = "text/html|application/json"
SCRIPT_HEADERS = {
    "cache-control": "no-cache",
    "content-security-policy": "default-src 'none'; connect-src 'self'",
    "cross-origin-resource-policy": "same-origin",
}
_MISSES = Misses(rules.MISSES, rules.MISSES_SECONDS)


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
    """Tell whether a report is genuine by the short code typed from it.

    Whoever tries many has to wait, and keeps nobody else waiting.
    """
    typed = (await call.form(TypedCode)).code

    async def look_up(work: Work) -> verified.Verified | None:
        own = f"verify-by-hand:{marked(call)}"
        await spend(work.db, own, work.now, limit=rules.HAND_TRIES_OF_ONE, window=rules.HAND_WINDOW)
        await spend(work.db, "verify-by-hand", work.now, limit=rules.HAND_TRIES, window=rules.HAND_WINDOW)
        return await verified.verified_by_hand(work.db, typed)

    return _told(call, await call.write(look_up), again=("/V", {"code": typed}))


@operation(
    "GET",
    "/V/{token:str}",
    tag=TAG,
    by=PUBLIC,
    params=ByToken,
    answer=verified.Verified,
    media=MEDIA,
    problems=(verified.NotOurs, TooMany),
)
@shown
async def verify_report(call: Call) -> object:
    """Tell whether a report is genuine by the address in its QR: genuine, superseded, withdrawn, or not ours.

    Needs no account, names no person and changes nothing. Whoever asks for codes that are not ours again and again has
    to wait; what we signed is told always.
    """
    token = call.params(ByToken).token
    address = address_of(call)
    said = await call.context.sealing.read_token(token)  # the signature first: no forgery reaches the register
    if said is None:
        _MISSES.refuse_beyond(address)
    async with call.reading() as db:
        told = await verified.verified(db, token, said)
    if told is None:
        _MISSES.count(address)
    return _told(call, told)


@operation("GET", "/v", tag=TAG, by=PUBLIC, answer=str, media="text/html", statuses=(308,))
async def ask_for_code_in_small_letters(call: Call) -> object:
    """Lead an address typed in small letters to the one in capitals."""
    return led("/V", 308)


@operation("GET", "/v/{token:str}", tag=TAG, by=PUBLIC, params=ByToken, answer=str, media="text/html", statuses=(308,))
async def verify_in_small_letters(call: Call) -> object:
    """Lead an address of a report in small letters to the one in capitals."""
    return led(f"/V/{quote(call.params(ByToken).token, safe='')}", 308)


@operation("GET", "/V/offline", tag=TAG, by=PUBLIC, answer=str, media="text/html")
@shown
async def verify_offline(call: Call) -> object:
    """Show the page that a browser keeps for codes that are scanned without a network."""
    return page(call, "offline.html", scripts=True, classes={letter: result for result, letter in CLASSES.items()})


def _script(name: str, summary: str) -> None:
    content = (FOLDER / name).read_bytes()

    async def serve(_: Call) -> Reply:
        return Reply(content, media="text/javascript", headers=SCRIPT_HEADERS)

    serve.__name__ = f"script_{name.removesuffix('.js')}"
    serve.__doc__ = summary
    media = "text/javascript"
    operation("GET", f"/V/{name}", tag=TAG, by=PUBLIC, answer=str, media=media, etag=True)(serve)


_script("check.js", "Give the script of the verification page.")
_script("token.js", "Give the script that checks the signature in a report's code by itself.")
_script("wait.js", "Give the script of the page that waits for a report.")
_script("sign.js", "Give the script of the pad that a customer signs on.")
_script("offline.js", "Give the service worker that keeps the verification page.")


def _told(call: Call, told: verified.Verified | None, again: Again | None = None) -> Reply:
    if told is None:
        raise verified.NotOurs("Check the code; a report without a code of ours is not ours.")
    if wants_json(call.request):
        return Reply(msgspec.json.encode(told), headers=HEADERS)
    return page(call, "verified.html", scripts=True, again=again, told=told)
