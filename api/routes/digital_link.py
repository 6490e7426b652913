"""The address in the QR on a machine: anybody who opens it may ask for service; a technician's phone goes to the unit.

No answer depends on the install base: the page is made of the address alone, and a request is kept whatever the machine
is. What is true of it is found out afterwards, inside.
"""

import re
from uuid import uuid4

from api.callers import marked
from api.multipart_form import MULTIPART, read_form
from api.operation import PUBLIC, Call, Reply, convert, operation
from api.pages import FOLDER, language_of, page, shown
from api.problems import status_of
from api.routes.barcodes import PHOTO_PROBLEMS
from domain.jobs import requests
from domain.jobs.requests import MachineOfRequest, Wish
from domain.kit.limits import Sha256
from domain.kit.problem import InvalidRequest, Problem, TooMany
from domain.kit.work import Work
from mobile_sync.photos.sandbox import photo_seconds_max

TAG = "service requests"
photo_bytes_max = 8 * 1024 * 1024
form_bytes_max = photo_bytes_max + 128 * 1024
SCRIPT = (FOLDER / "unit.js").read_bytes()
_TAG = re.compile(r"[0-9A-Za-z \-]{1,40}")
EXAMPLE = (
    "".join(
        f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in (
            ("name", "Li Wei"),
            ("phone", "+86 21 5555 0199"),
            ("wish", "It leaks."),
            ("form_key", "3f0c8f5e-6d0a-4a53-9a55-0d3c9f6f3a11"),
        )
    )
    + "--x--\r\n"
)
_FIELDS = ("name", "phone", "wish", "tag", "form_key")


@operation(
    "GET",
    "/01/{gtin:str}/21/{serial:str}",
    tag=TAG,
    by=PUBLIC,
    params=MachineOfRequest,
    answer=str,
    media="text/html",
)
@shown
async def open_digital_link(call: Call) -> object:
    """Ask for service for the machine whose label was scanned: the page behind a GS1 Digital Link of ours.

    The page is the same for every machine, known to us or not. On a phone that a technician has signed in on, it leads
    to the unit in the app. `tag` is the label's code; whatever else GS1 readers add to a link says nothing to us.
    """
    tag = call.request.query_params.get("tag", "")
    kept = dict.fromkeys(_FIELDS, "") | {"tag": tag if _TAG.fullmatch(tag) else "", "form_key": str(uuid4())}
    return _form(call, call.params(MachineOfRequest), kept)


@operation("GET", "/01/app.js", tag=TAG, by=PUBLIC, answer=str, media="text/javascript", etag=True)
async def to_the_app(call: Call) -> object:
    """Give the script that leads a technician's phone from a label to the unit in the app."""
    return Reply(SCRIPT, media="text/javascript")


@operation(
    "POST",
    "/01/{gtin:str}/21/{serial:str}",
    tag=TAG,
    by=PUBLIC,
    params=MachineOfRequest,
    body=bytes,
    body_media=MULTIPART,
    body_bytes_max=form_bytes_max,
    answer=str,
    example=EXAMPLE,
    media="text/html",
    problems=(InvalidRequest, TooMany, *PHOTO_PROBLEMS),
)
@shown
async def request_service(call: Call) -> object:
    """Ask for service for a machine: `name`, `phone`, `wish`, and a `photo` of up to 8 MB if wanted.

    The fields of the form, beside these: `tag`, the label's code, and `form_key`, a UUID: a form sent twice is one
    request. Answers with a number whatever the machine is.
    """
    machine = call.params(MachineOfRequest)
    given, photo = await read_form(call.request.headers.get("content-type", ""), call.parts(), "photo", photo_bytes_max)
    asked = call.request.query_params.get("lang", "")
    language = asked if asked in ("en", "zh") else language_of(call.request.headers.get("accept-language", ""))
    kept = {name: given.get(name, "").replace("\r\n", "\n").strip() for name in _FIELDS}
    try:
        wish = convert(kept, Wish)
    except InvalidRequest as problem:
        return _again(call, machine, kept, problem)

    async def admit(work: Work) -> int | None:
        number = await requests.earlier_number(work, wish.form_key)
        if number is None:
            await requests.spend_request(work, machine, marked(call))
        return number

    number = await call.write(admit)
    if number is None:
        try:
            picture = await _picture(call, photo)
        except PHOTO_PROBLEMS as problem:
            return _again(call, machine, kept, problem)
        signer = call.context.signer
        number = await call.write(lambda work: requests.take_request(work, signer, machine, wish, language, picture))
    return page(call, "requested.html", number=number, machine=machine)


async def _picture(call: Call, photo: bytes) -> Sha256 | None:
    """Draw the photo afresh without metadata and store it."""
    if not photo:
        return None
    copy = await call.context.sandbox.reencode(photo, wall_seconds_max=photo_seconds_max)
    return await call.context.blobs.put(copy.jpeg)


def _form(call: Call, machine: MachineOfRequest, kept: dict[str, str], status: int = 200, wrong: str = "") -> Reply:
    return page(call, "request.html", status=status, machine=machine, kept=kept, wrong=wrong, scripts=not wrong)


def _again(call: Call, machine: MachineOfRequest, kept: dict[str, str], problem: Problem) -> Reply:
    """Show the form once more with what was written, and what is wrong with it."""
    field = str(problem.facts.get("field", "")) if isinstance(problem, InvalidRequest) else "photo"
    if field == "form_key" or "text/html" not in call.request.headers.get("accept", ""):
        raise problem
    return _form(call, machine, kept, status_of(type(problem)), f"request.wrong.{field}")
