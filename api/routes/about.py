"""What the service says of itself: health, readiness, metrics, its own contract."""

import msgspec
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import text

from api.operation import PUBLIC, Call, Reply, operation
from api.problems import problems_page
from domain.kit.actor import Role
from domain.kit.limits import Word
from domain.kit.problem import Busy, NotFound, every_problem
from mobile_sync.photos.sandbox import missing_voices
from printing.fonts import missing_fonts

TAG = "about"


class Health(msgspec.Struct, frozen=True):
    """That the process answers."""

    status: str


class Ready(msgspec.Struct, frozen=True):
    """That the process can work, the schema it works on, and what is missing on this machine."""

    status: str
    schema: str
    missing: list[str]


class ProblemCode(msgspec.Struct, frozen=True):
    """A problem's code."""

    code: Word


@operation("GET", "/health", tag=TAG, by=PUBLIC, answer=Health)
async def health(call: Call) -> object:
    """Say that the process answers; touches nothing else."""
    return Health("ok")


@operation("GET", "/ready", tag=TAG, by=PUBLIC, answer=Ready, problems=(Busy,))
async def ready(call: Call) -> object:
    """Say whether requests can be served: the database answers and has a schema."""
    async with call.context.database.app.connect() as connection:
        revision = await connection.scalar(text("SELECT version_num FROM alembic_version"))
    return Ready("ok", str(revision), [*missing_voices(), *(font.code for font in missing_fonts())])


@operation(
    "GET",
    "/metrics",
    tag=TAG,
    by=frozenset({Role.ADMIN}),
    answer=str,
    media="text/plain",
    secret="metrics_token",  # noqa: S106 - the setting's name
)
async def metrics(call: Call) -> object:
    """Give this process's figures to Prometheus."""
    return Reply(generate_latest(), media=CONTENT_TYPE_LATEST)


@operation("GET", "/schema", tag=TAG, by=PUBLIC, answer=str)
async def schema(call: Call) -> object:
    """Give this document: the contract as OpenAPI 3.1."""
    from api.openapi import document_bytes

    return Reply(document_bytes())


@operation(
    "GET",
    "/problems/{code:str}",
    tag=TAG,
    by=PUBLIC,
    params=ProblemCode,
    answer=str,
    problems=(NotFound,),
    media="text/plain",
)
async def explain_problem(call: Call) -> object:
    """Explain one problem: where every problem's type leads."""
    code = call.params(ProblemCode).code
    if code not in every_problem():
        raise NotFound("No problem has this code; GET /problems lists all.")
    lines = problems_page().splitlines()
    chosen = [line for line in lines if line.startswith(f"| `{code}` ")]
    return Reply("\n".join([*lines[:5], *lines[5:7], *chosen]).encode(), media="text/plain")


@operation("GET", "/problems", tag=TAG, by=PUBLIC, answer=str, media="text/plain")
async def list_problems(call: Call) -> object:
    """List every problem the service can answer with."""
    return Reply(problems_page().encode(), media="text/plain")
