"""Operations: what the contract says of a route, and the one way every route is served.

An operation names who may call it (nobody is admitted otherwise), what it takes, what it answers and what can go
wrong. The OpenAPI document is written from the same declarations.
"""

import hmac
import re
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID

import msgspec
from litestar import Request
from litestar.exceptions import InternalServerException
from sqlalchemy.ext.asyncio import AsyncConnection

from api.context import Context
from api.problems import IdempotencyKeyMissing
from domain.kit.actor import SYSTEM, Actor, Role
from domain.kit.command import Action, Command
from domain.kit.database import reading
from domain.kit.ids import operation_id
from domain.kit.journal import Entry, canonical
from domain.kit.limits import body_bytes_max, check_moments, form_fields_max, idempotency_key_max, misfit
from domain.kit.problem import (
    BodyTooLarge,
    InvalidRequest,
    MalformedRequest,
    NotAllowed,
    NotSignedIn,
    OperationIdReused,
    Problem,
    WrongMediaType,
)
from domain.kit.replica import reading_near
from domain.kit.work import Work, execute, transact
from domain.people.keys import use_key

T = TypeVar("T")
S = TypeVar("S", bound=msgspec.Struct)
PUBLIC: frozenset[Role] = frozenset()
"""Nobody needs to sign in: written out, so that nothing becomes public by forgetting."""
NOBODY = Actor(account_id=UUID(int=0), role=Role.SYSTEM, name="nobody")
COOKIE = "__Host-fieldstone"
_KEY = re.compile(rf"[\x21-\x7e]{{1,{idempotency_key_max}}}")


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer that is not plain JSON with status 200."""

    content: bytes = b""
    status: int = 200
    media: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    stream: AsyncIterator[bytes] | None = None


@dataclass(frozen=True, slots=True)
class Operation:
    """One method at one path; ``secret`` names a setting whose value as bearer admits a machine without an account.

    ``keys`` says that a partner's own system may call it with an API key; without it no key is admitted. ``may_lag``
    lets a copy of the database answer that is some seconds behind: for what nobody looks at right after writing it.
    """

    method: str
    path: str
    name: str
    tag: str
    summary: str
    description: str
    by: frozenset[Role]
    answer: Any
    serve: Callable[["Call"], Awaitable[Any]]
    query: type[msgspec.Struct] | None = None
    params: type[msgspec.Struct] | None = None
    body: Any = None
    body_media: str = "application/json"
    body_bytes_max: int = body_bytes_max
    body_optional: bool = False
    problems: tuple[type[Problem], ...] = ()
    statuses: tuple[int, ...] = (200,)
    media: str = "application/json"
    example: Any = None
    example_answer: Any = None
    etag: bool = False
    headers: type[msgspec.Struct] | None = None
    answer_headers: tuple[str, ...] = ()
    command: Action | None = None
    secret: str = ""
    keys: bool = False
    may_lag: bool = False


OPERATIONS: dict[tuple[str, str], Operation] = {}


class Call:
    """One request to an operation, read and checked as far as the operation says."""

    __slots__ = ("actor", "context", "operation", "request", "request_id")

    def __init__(self, request: Request[Any, Any, Any], context: Context, operation: Operation, actor: Actor) -> None:
        self.request = request
        self.context = context
        self.operation = operation
        self.actor = actor
        self.request_id = str(request.scope.get("request_id", ""))

    def query(self, shape: type[T]) -> T:
        """Return the query parameters; raises InvalidRequest naming the one that is wrong."""
        values = self.request.query_params.dict()
        repeated = next((name for name, given in values.items() if len(given) > 1), None)
        if repeated is not None:
            raise InvalidRequest(f"{repeated} is given more than once.", field=repeated)
        return convert({name: given[0] for name, given in values.items()}, shape)

    def params(self, shape: type[T]) -> T:
        """Return the parts of the path."""
        return convert(self.request.path_params, shape)

    def headers(self, shape: type[S]) -> S:
        """Return the request headers that the shape names, as it spells them; raises as ``query``."""
        given = self.request.headers
        names = [field.encode_name for field in msgspec.structs.fields(shape)]
        return convert({name: given[name] for name in names if name in given}, shape)

    def refuse_other_media(self) -> None:
        """Raise WrongMediaType unless the body is of the operation's own kind."""
        wanted = self.operation.body_media
        given = self.request.headers.get("content-type", "").split(";")[0].strip().lower()
        if given not in wanted.split("|"):
            raise WrongMediaType(f"Send {' or '.join(wanted.split('|'))}.", given=given[:100])

    async def parts(self) -> AsyncGenerator[bytes]:
        """Yield the body as it comes; raises for another media type or a body beyond the operation's bound.

        A sender who goes away in the middle ends it with MalformedRequest.
        """
        self.refuse_other_media()
        size = 0
        try:
            async for part in self.request.stream():
                size += len(part)
                if size > self.operation.body_bytes_max:
                    raise BodyTooLarge(f"At most {self.operation.body_bytes_max} bytes.")
                yield part
        except InternalServerException as gone:
            raise MalformedRequest("The body ended before it was whole.") from gone

    async def content(self) -> bytes:
        """Return the body; raises as ``parts``."""
        return b"".join([part async for part in self.parts()])

    def op_id(self) -> UUID:
        """Return the operation id of the request's Idempotency-Key; raises IdempotencyKeyMissing."""
        key = self.request.headers.get("idempotency-key", "")
        if not _KEY.fullmatch(key):
            raise IdempotencyKeyMissing("Send an Idempotency-Key; repeat the request with the same key when unsure.")
        return operation_id(self.actor.account_id, key)

    async def body(self, shape: type[T]) -> T:
        """Return the JSON body as ``shape``."""
        return decode(await self.content(), shape)

    async def form(self, shape: type[T]) -> T:
        """Return the fields of an HTML form as ``shape``; a field may be given once."""
        return convert(fields_of(await self.content()), shape)

    def reading(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """Lend a connection that reads as this principal; where the operation may lag, on the copy if there is one."""
        if self.operation.may_lag and self.context.replica is not None:
            return reading_near(self.context.replica, self.actor)
        return reading(self.context.database, self.actor)

    def created(self, answer: msgspec.Struct) -> Reply:
        """Return an answer with status 201."""
        return Reply(msgspec.json.encode(answer), status=201)

    async def write(
        self, body: Callable[[Work], Awaitable[T]], *, actor: Actor | None = None, op_id: UUID | None = None
    ) -> T:
        """Run ``body`` in a transaction of its own; its opening confirms that the session still stands."""
        context = self.context
        return await transact(context.database, actor or self.actor, body, queue=context.queue, op_id=op_id)

    async def carry_out(self, action: Action) -> Entry:
        """Decode the body as the action's command and carry it out once per Idempotency-Key."""
        op_id = self.op_id()
        raw = await self.content()
        command: Command = decode(raw, action.command)
        sent = canonical({"t": action.tag, "v": action.version, "body": msgspec.json.decode(raw)})
        return await self.write(lambda work: execute(work, op_id, command, sent, self.context.register), op_id=op_id)


def decode(raw: bytes, shape: type[T]) -> T:
    """Return JSON as ``shape``; MalformedRequest when it is no JSON, InvalidRequest when a field does not fit."""
    try:
        found = msgspec.json.decode(raw, type=shape)
        _check(found)
        return found
    except msgspec.ValidationError as error:
        raise _invalid(error) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError) as error:
        raise MalformedRequest(f"The body is not JSON this operation can read: {str(error)[:200]}") from None


def fields_of(raw: bytes) -> dict[str, str]:
    """Return the fields of an HTML form.

    Raises: MalformedRequest when it is none, InvalidRequest for a field that comes twice.
    """
    try:
        pairs = parse_qsl(raw.decode(), keep_blank_values=True, errors="strict", max_num_fields=form_fields_max)
    except ValueError as error:
        raise MalformedRequest(f"The body is not a form this operation can read: {str(error)[:200]}") from None
    fields: dict[str, str] = {}
    for name, value in pairs:
        if name in fields:
            raise InvalidRequest(f"{name[:100]} is given more than once.", field=name[:100])
        fields[name] = value
    return fields


def convert(values: Any, shape: type[T]) -> T:
    """Return texts as ``shape``."""
    try:
        found = msgspec.convert(values, shape, strict=False)
        _check(found)
        return found
    except msgspec.ValidationError as error:
        raise _invalid(error) from None
    except (ValueError, OverflowError) as error:
        raise InvalidRequest(str(error)[:200]) from None


def _check(found: Any) -> None:
    try:
        check_moments(found)
    except ValueError as error:
        raise InvalidRequest(str(error)[:200]) from None


def _invalid(error: msgspec.ValidationError) -> InvalidRequest:
    words, field = misfit(error)
    return InvalidRequest(words, field=field)


async def admit(request: Request[Any, Any, Any], context: Context, operation: Operation) -> Actor:
    """Return the principal, or nobody where none is needed; raises NotSignedIn, NotAllowed, and TooMany for a key.

    A command is admitted for any role: its action refuses, and the journal keeps the refusal.
    """
    if operation.by is PUBLIC or _knows(request, context, operation.secret):
        return NOBODY
    actor = await authenticate(request, context)
    if actor.key_id is not None:
        if not operation.keys:
            raise NotAllowed("An API key may not do this; sign in.")
        await transact(context.database, SYSTEM, lambda work: use_key(work, actor))
    if operation.command is None and actor.role not in operation.by:
        raise NotAllowed(f"This is for: {', '.join(sorted(operation.by))}.")
    return actor


def _knows(request: Request[Any, Any, Any], context: Context, secret: str) -> bool:
    wanted = str(getattr(context.settings, secret)) if secret else ""
    given = request.headers.get("authorization", "").removeprefix("Bearer ")
    return bool(wanted) and hmac.compare_digest(given.encode(), wanted.encode())


async def authenticate(request: Request[Any, Any, Any], context: Context) -> Actor:
    """Return the principal of a bearer token or of the browser's cookie; a cookie writes from our own pages only."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        token = request.cookies.get(COOKIE, "")
        if token and request.method not in ("GET", "HEAD"):
            origin = urlsplit(request.headers.get("origin", ""))
            if origin.netloc != request.headers.get("host", ""):
                raise NotAllowed("A browser session writes from this site's own pages only.")
    actor = await context.principals.of(token) if 16 <= len(token) <= 400 else None
    if actor is None:
        raise NotSignedIn("Send Authorization: Bearer with an access token that has not run out, or an API key.")
    return actor


def operation(
    method: str,
    path: str,
    *,
    tag: str,
    by: frozenset[Role],
    answer: Any,
    query: type[msgspec.Struct] | None = None,
    params: type[msgspec.Struct] | None = None,
    body: Any = None,
    body_media: str = "application/json",
    body_bytes_max: int = body_bytes_max,
    body_optional: bool = False,
    problems: tuple[type[Problem], ...] = (),
    statuses: tuple[int, ...] = (200,),
    media: str = "application/json",
    example: Any = None,
    example_answer: Any = None,
    etag: bool = False,
    headers: type[msgspec.Struct] | None = None,
    answer_headers: tuple[str, ...] = (),
    secret: str = "",
    keys: bool = False,
    may_lag: bool = False,
) -> Callable[[Callable[[Call], Awaitable[Any]]], Callable[[Call], Awaitable[Any]]]:
    """Declare an operation; its docstring is its summary and description."""

    def declare(serve: Callable[[Call], Awaitable[Any]]) -> Callable[[Call], Awaitable[Any]]:
        summary, _, description = (serve.__doc__ or "").strip().partition("\n")
        add(
            Operation(
                method=method,
                path=path,
                name=serve.__name__,
                tag=tag,
                summary=summary.strip(),
                description=" ".join(description.split()) or summary.strip(),
                by=by,
                answer=answer,
                serve=serve,
                query=query,
                params=params,
                body=body,
                body_media=body_media,
                body_bytes_max=body_bytes_max,
                body_optional=body_optional,
                problems=problems,
                statuses=statuses,
                media=media,
                example=example,
                example_answer=example_answer,
                etag=etag,
                headers=headers,
                answer_headers=answer_headers,
                secret=secret,
                keys=keys,
                may_lag=may_lag,
            )
        )
        return serve

    return declare


def command_operation(path: str, tag: str, action: Action, *, keys: bool = False) -> None:
    """Declare ``POST path`` for a command: body, answer, problems and example come from its action."""

    async def serve(call: Call) -> Reply:
        entry = await call.carry_out(action)
        if entry.outcome == "rejected":
            raise Refused(entry)
        status = 202 if entry.outcome == "recorded" else 201 if action.creates and not entry.replayed else 200
        headers = {"idempotent-replayed": "true"} if entry.replayed else {}
        return Reply(entry.answer, status=status, headers=headers)

    summary, _, description = (action.command.__doc__ or "").strip().partition("\n")
    add(
        Operation(
            method="POST",
            path=path,
            name=action.tag.replace(".", "_").replace("-", "_"),
            tag=tag,
            summary=summary.strip(),
            description=" ".join(description.split()) or summary.strip(),
            by=action.by,
            answer=action.answer,
            serve=serve,
            body=action.command,
            problems=(*action.raises, OperationIdReused, IdempotencyKeyMissing),
            statuses=(201, 200, 202) if action.creates else (200, 202),
            example=action.example,
            command=action,
            keys=keys,
        )
    )


def add(new: Operation) -> None:
    """Register an operation; a path and method may be declared once."""
    if (new.method, new.path) in OPERATIONS:
        raise RuntimeError(f"{new.method} {new.path} is declared twice")
    OPERATIONS[new.method, new.path] = new


class Refused(Exception):
    """A command's entry says rejected: the first answer, told again."""

    def __init__(self, entry: Entry) -> None:
        super().__init__(str(entry.op_id))
        self.entry = entry
