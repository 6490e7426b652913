"""Problems over HTTP (RFC 9457): the only place that knows status codes."""

from typing import Any

import msgspec

from domain.kit.problem import Kind, Problem, every_problem

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


class IdempotencyKeyMissing(Problem, kind=Kind.MALFORMED):
    """A write needs an Idempotency-Key header of 1 to 128 visible ASCII characters."""
class AppNotBuilt(Problem, kind=Kind.MISSING):
    """The technician's app is not built on this server."""




def status_of(cls: type[Problem]) -> int:
    """Return the HTTP status of a problem class."""
    if cls is ServerDefect:
        return 500
    if cls is MethodNotAllowed:
        return 405
    return STATUS[cls.kind]


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
