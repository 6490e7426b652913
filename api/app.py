"""The web application: every operation served one way, every failure told as a problem."""

import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import structlog
from litestar import Litestar, Request, Response
from litestar.exceptions import HTTPException, MethodNotAllowedException
from litestar.handlers import HTTPRouteHandler
from litestar.response import Stream
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

import api.routes.everything  # noqa: F401 - declares the operations
from api.compression import COMPRESS_FROM_BYTES, COMPRESSIONS, accepts
from api.context import Context, build
from api.observed import Observed
from api.operation import OPERATIONS, Call, Operation, Refused, Reply, admit
from api.problems import MEDIA, MethodNotAllowed, NoSuchRoute, ServerDefect, problem_body, tus_headers
from api.settings import load_settings
from domain.kit.database import is_unavailable, sqlstate
from domain.kit.journal import told_of
from domain.kit.problem import BodyTooLarge, Busy, MalformedRequest, Problem
from domain.kit.work import RETRIED

log = structlog.get_logger()
WORKERS = 1
"""Processes for background work that are counted beside those that serve."""
CONGESTION = RETRIED | {"57014"}
"""SQLSTATEs that mean too busy, not wrong: deadlock, lock, time-out."""


async def answer(request: Request[Any, Any, Any], context: Context, operation: Operation) -> Response[bytes] | Stream:
    """Authenticate, admit, serve, encode."""
    actor = await admit(request, context, operation)
    request.scope["actor"] = str(actor.account_id)  # type: ignore[typeddict-unknown-key]
    result = await operation.serve(Call(request, context, operation, actor))
    reply = result if isinstance(result, Reply) else Reply(msgspec.json.encode(result))
    return encoded(request, operation, reply)


def encoded(request: Request[Any, Any, Any], operation: Operation, reply: Reply) -> Response[bytes] | Stream:
    """Turn a reply into a response: ETag, compression, and nothing cached that was not meant to be."""
    headers = {"cache-control": "private, no-cache" if operation.etag else "no-store", "vary": "accept-encoding"}
    headers |= reply.headers
    if reply.stream is not None:
        return Stream(reply.stream, status_code=reply.status, media_type=reply.media, headers=headers)
    content = reply.content
    if operation.etag and reply.status == 200:
        tag = headers.setdefault("etag", f'W/"{hashlib.blake2b(content, digest_size=12).hexdigest()}"')
        if tag in request.headers.get("if-none-match", ""):
            return Response(b"", status_code=304, headers=headers)
    ahead = "content-encoding" in headers
    if (
        not ahead
        and len(content) >= COMPRESS_FROM_BYTES
        and reply.media.startswith(("application/json", "text/", "image/svg"))
    ):
        for coding, compress in COMPRESSIONS.items():
            if accepts(request.headers.get("accept-encoding", ""), coding):
                content = compress(content)
                headers["content-encoding"] = coding
                break
    return Response(content, status_code=reply.status, media_type=reply.media, headers=headers)


def told_as_problem(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """Return any failure as application/problem+json; a defect says nothing of its inside and is logged."""
    request_id = str(request.scope.get("request_id", ""))
    retry_after: int | None = None
    if isinstance(error, Refused):
        told: dict[str, Any] = msgspec.json.decode(error.entry.answer)
        status, body = problem_body(told["code"], told, request_id)
    else:
        problem = problem_of(error)
        if isinstance(problem, ServerDefect):
            operation = str(getattr(request.scope.get("route_handler"), "name", None) or "none")
            log.error("defect", request_id=request_id, operation=operation, exc_info=error)
        elif problem is not error and isinstance(problem, Busy):
            log.warning("busy", request_id=request_id, why=str(error)[:300])
        retry_after = problem.retry_after
        status, body = problem_body(problem.code, told_of(problem), request_id)
    headers = {"cache-control": "no-store", **tus_headers(error, speaks="tus-resumable" in request.headers)}
    if status in (429, 503, 412):
        headers["retry-after"] = str(retry_after or 1)
    if status == 401:
        headers["www-authenticate"] = 'Bearer realm="fieldstone"'
    if isinstance(error, MethodNotAllowedException):
        headers |= {name.lower(): value for name, value in (error.headers or {}).items()}
    return Response(body, status_code=status, media_type=MEDIA, headers=headers)


def problem_of(error: Exception) -> Problem:
    """Return the problem that stands for an exception."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, MethodNotAllowedException):
        return MethodNotAllowed("Use one of the methods in the Allow header.")
    if isinstance(error, HTTPException):
        if error.status_code == 404:
            return NoSuchRoute("See /schema for what there is.")
        if error.status_code == 413:
            return BodyTooLarge("The body is larger than this operation accepts.")
        if 400 <= error.status_code < 500:
            return MalformedRequest(str(error.detail)[:200])
    lost = isinstance(error, DBAPIError) and error.connection_invalidated
    if isinstance(error, PoolTimeout) or lost or is_unavailable(error) or sqlstate(error) in CONGESTION:
        return Busy("The database is busy; repeat the request.", retry_after=1)
    if isinstance(error, ConnectionError | OSError):
        return Busy("Database or file store cannot be reached right now; repeat the request.", retry_after=2)
    return ServerDefect("It was logged. Quote the request id when you ask about it.")


def routes(context: Callable[[], Context]) -> list[HTTPRouteHandler]:
    """Return a route handler for every declared operation."""

    def handler(operation: Operation) -> HTTPRouteHandler:
        async def serve(request: Request[Any, Any, Any]) -> Response[Any]:
            try:
                return await answer(request, context(), operation)
            except Exception as error:
                return told_as_problem(request, error)

        path = operation.path
        return HTTPRouteHandler(
            path,
            http_method=operation.method,  # type: ignore[arg-type]
            name=f"{operation.method} {operation.path}",
            status_code=200,
            include_in_schema=False,
        )(serve)

    return [handler(operation) for operation in OPERATIONS.values()]


def make_app(held: list[Context] | None = None) -> Litestar:
    """Return the application; it serves with ``held[0]``, or builds a context from the settings when it starts."""
    place: list[Context] = [] if held is None else held

    @asynccontextmanager
    async def lifespan(_: Litestar) -> AsyncIterator[None]:
        if held is None:
            place.append(build(load_settings()))
        await place[0].database.refuse_unsafe_roles()
        settings = place[0].settings
        if not settings.behind_pooler:
            await place[0].database.refuse_too_many_connections(settings.processes + WORKERS)
        try:
            yield
        finally:
            if held is None:
                await place.pop().close()

    app = Litestar(
        route_handlers=routes(lambda: place[0]),
        lifespan=[lifespan],
        exception_handlers={Exception: told_as_problem},
        openapi_config=None,
        request_max_body_size=None,
        debug=False,
        logging_config=None,
    )
    app.asgi_handler = Observed(app.asgi_handler)  # as middleware it would not see what no route answers
    return app
