"""What every request leaves behind: a request id, one structured log line, and two metrics."""

import logging
import re
import sys
import time
from functools import cache
from typing import Any
from uuid import uuid4

import msgspec
import structlog
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from prometheus_client import Counter, Histogram

REQUESTS = Counter("fieldstone_requests_total", "Requests by operation and status.", ["operation", "status"])
SECONDS = Histogram(
    "fieldstone_request_seconds",
    "Time to answer by operation.",
    ["operation"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
OPERATIONS = Counter(
    "fieldstone_operations_total", "Operations that phones pushed, by what became of them.", ["status"]
)
SYNCS = Counter(
    "fieldstone_syncs_total", "Pushes and pulls, by how they ended; reset: a feed began anew.", ["of", "status"]
)
_GIVEN_ID = re.compile(r"[A-Za-z0-9\-_.]{8,64}")
log = structlog.get_logger()


class Observed:
    """ASGI middleware around everything else."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request and write down how it went; a caller's own request id is kept when it is harmless."""
        if scope["type"] != ScopeType.HTTP:
            await self.app(scope, receive, send)
            return
        given = next((value for name, value in scope["headers"] if name == b"x-request-id"), b"").decode("latin-1")
        request_id = given if _GIVEN_ID.fullmatch(given) else uuid4().hex
        scope["request_id"] = request_id  # type: ignore[typeddict-unknown-key]
        started = time.perf_counter()
        status = 500

        async def observed_send(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"x-request-id", request_id.encode()), *SAFE]
            await send(message)

        try:
            await self.app(scope, receive, observed_send)
        finally:
            seconds = time.perf_counter() - started
            handler = scope.get("route_handler")
            operation = str(getattr(handler, "name", None) or "none")
            requests, histogram = _figures(operation, status)
            requests.inc()
            histogram.observe(seconds)
            log.info(
                "request",
                request_id=request_id,
                method=scope["method"],
                operation=operation,
                status=status,
                ms=round(seconds * 1000, 1),
                actor=scope.get("actor"),
            )


SAFE = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
)


@cache
def _figures(operation: str, status: int) -> tuple[Counter, Histogram]:
    """Return the two metrics of an operation and status; both have few values."""
    return REQUESTS.labels(operation, str(status)), SECONDS.labels(operation)


def _line(event: Any, **_: Any) -> str:
    return msgspec.json.encode(event, enc_hook=repr).decode()


def set_up_logs(level: str) -> None:
    """Write one JSON object a line to standard error; paths with codes in them are never logged, operations are."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(serializer=_line),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
