"""Problems over HTTP (RFC 9457): the only place that knows status codes."""

from typing import Any

import msgspec

from domain.kit.problem import Kind, Problem, every_problem
from domain.worklog.transfers import WrongOffset
from mobile_sync.uploads import TUS_VERSION, ChecksumMismatch, OtherTusVersion

STATUS = {
    Kind.MALFORMED: 400,
    Kind.UNSIGNED: 401,
    Kind.FORBIDDEN: 403,
    Kind.MISSING: 404,
    Kind.CONFLICT: 409,
    Kind.STALE: 412,
    Kind.TOO_LARGE: 413,
    Kind.WRONG_MEDIA: 415,
    Kind.INVALID: 422,
    Kind.LIMITED: 429,
    Kind.UNAVAILABLE: 503,
}
MEDIA = "application/problem+json"


class ServerDefect(Problem, kind=Kind.UNAVAILABLE):
    """Something broke on our side; it is logged under the request id."""


class NoSuchRoute(Problem, kind=Kind.MISSING):
    """There is nothing at this address."""


class MethodNotAllowed(Problem, kind=Kind.MALFORMED):
    """This address answers other methods."""


class AppNotBuilt(Problem, kind=Kind.MISSING):
    """What runs in the browser, the app or the desk, is not built on this server."""


class IdempotencyKeyMissing(Problem, kind=Kind.MALFORMED):
    """A write needs an Idempotency-Key header of 1 to 128 visible ASCII characters."""


EXACT: dict[type[Problem], int] = {
    ServerDefect: 500,
    MethodNotAllowed: 405,
    OtherTusVersion: 412,
    ChecksumMismatch: 460,
}
"""Statuses that HTTP or tus gives to one problem and not to its kind."""


def status_of(cls: type[Problem]) -> int:
    """Return the HTTP status of a problem class."""
    return EXACT.get(cls) or STATUS[cls.kind]


def tus_headers(error: Exception, *, speaks: bool) -> dict[str, str]:
    """Return what a tus client reads in the headers of a refusal: where to go on, and the version to speak."""
    headers = {"tus-resumable": TUS_VERSION} if speaks else {}
    if isinstance(error, WrongOffset | ChecksumMismatch) and "offset" in error.facts:
        headers["upload-offset"] = str(error.facts["offset"])
    if isinstance(error, OtherTusVersion):
        headers["tus-version"] = TUS_VERSION
    return headers


def problem_body(code: str, told: dict[str, Any], request_id: str) -> tuple[int, bytes]:
    """Return status and RFC 9457 body of a problem, fresh or as the journal kept it."""
    cls = every_problem().get(code, ServerDefect)
    status = status_of(cls)
    facts = {name: value for name, value in told.items() if name not in ("code", "detail")}
    body = {
        **facts,
        "type": f"/problems/{code}",
        "title": cls.title,
        "status": status,
        "detail": told.get("detail", ""),
        "code": code,
        "request_id": request_id,
    }
    return status, msgspec.json.encode(body)


def problems_page() -> str:
    """Return every problem as Markdown: code, status, title, and what becomes of a queued command."""
    lines = [
        "# Problems",
        "",
        "Every refusal is `application/problem+json` (RFC 9457). Its `type` leads to a line of this table.",
        "`queued` is what becomes of the command when a phone had recorded it without a network.",
        "",
        "| code | status | title | queued |",
        "|---|---|---|---|",
    ]
    for code, cls in every_problem().items():
        queued = cls.queued if cls.kind.is_final else "tried again"
        lines.append(f"| `{code}` | {status_of(cls)} | {cls.title} | {queued} |")
    return "\n".join(lines) + "\n"
