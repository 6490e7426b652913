"""Problems: why a request was not carried out, in words that HTTP and the phones share.

A verdict ("this serial is a duplicate") is an answer and lives beside its rule. A problem ("not your job") is a
request that was not carried out. The class name is the stable code, the docstring the title, the message the detail,
and the keyword facts become members of the RFC 9457 body.
"""

import re
from enum import Enum
from typing import Any, ClassVar, Literal

Fate = Literal["rejected", "recorded", "superseded"]


class Kind(Enum):
    """What sort of problem it is. Only the first four are an operation's final outcome."""

    INVALID = "invalid"
    FORBIDDEN = "forbidden"
    MISSING = "missing"
    CONFLICT = "conflict"
    STALE = "stale"
    UNAVAILABLE = "unavailable"
    LIMITED = "limited"
    MALFORMED = "malformed"
    UNSIGNED = "unsigned"
    TOO_LARGE = "too-large"
    WRONG_MEDIA = "wrong-media"

    @property
    def is_final(self) -> bool:
        """Whether it is an outcome for the journal: the others may pass, or never became an operation."""
        return self in (Kind.INVALID, Kind.FORBIDDEN, Kind.MISSING, Kind.CONFLICT)


class Problem(Exception):
    """The request was not carried out."""

    kind: ClassVar[Kind] = Kind.INVALID
    queued: ClassVar[Fate] = "rejected"
    code: ClassVar[str] = "problem"
    title: ClassVar[str] = "The request was not carried out"

    def __init_subclass__(cls, *, kind: Kind, queued: Fate = "rejected") -> None:
        """Give the class its code and title; ``queued`` is what becomes of it when a phone had queued the command."""
        cls.kind = kind
        cls.queued = queued
        cls.code = re.sub(r"(?<!^)(?=[A-Z])", "-", cls.__name__).lower()
        cls.title = (cls.__doc__ or cls.code).strip().splitlines()[0].rstrip(".")

    def __init__(self, detail: str, *, retry_after: int | None = None, **facts: Any) -> None:
        super().__init__(detail)
        self.detail = detail
        self.retry_after = retry_after
        self.facts = facts


def every_problem() -> dict[str, type[Problem]]:
    """Return all problem classes that are loaded, by code."""
    found: dict[str, type[Problem]] = {}
    waiting = list(Problem.__subclasses__())
    while waiting:
        cls = waiting.pop()
        found[cls.code] = cls
        waiting.extend(cls.__subclasses__())
    return dict(sorted(found.items()))


class NotAllowed(Problem, kind=Kind.FORBIDDEN):
    """Your role may not do this."""


class NotFound(Problem, kind=Kind.MISSING):
    """There is no such thing, or it is not yours to see."""


class InvalidRequest(Problem, kind=Kind.INVALID):
    """A field is missing, unknown or out of bounds."""


class MalformedRequest(Problem, kind=Kind.MALFORMED):
    """The request could not be read."""


class NotSignedIn(Problem, kind=Kind.UNSIGNED):
    """Sign in first, or refresh your access token."""


class BodyTooLarge(Problem, kind=Kind.TOO_LARGE):
    """The body is larger than this operation accepts."""


class WrongMediaType(Problem, kind=Kind.WRONG_MEDIA):
    """This operation accepts another content type."""


class OperationIdReused(Problem, kind=Kind.INVALID):
    """This idempotency key was used before with other content."""


class AlreadyTaken(Problem, kind=Kind.CONFLICT):
    """Something else already holds this place."""


class Stale(Problem, kind=Kind.STALE):
    """The record changed since you read it; read it again and repeat."""


class Busy(Problem, kind=Kind.UNAVAILABLE):
    """The service is busy; repeat the same request with the same idempotency key."""


class TooMany(Problem, kind=Kind.LIMITED):
    """Too many requests; wait as long as Retry-After says."""
