"""A worker that kills itself at a point: ``python -m tests.prove.dying_worker``, told on stdin ``NTH KIND POINT``.

``none`` as the point is a worker that lives. Of transactions only those count that tasks of one kind open.
"""

import asyncio
from contextvars import ContextVar
from typing import Any

import structlog
from pgqueuer import Queries

from api import tasks, tasks_mail, tasks_webhooks
from api.adapters.blobs import FolderBlobs
from api.context import Context, build
from api.settings import load_settings
from api.worker import TASKS, Task, run_worker
from domain.claims.scored import SCORE
from domain.mailing import letters
from domain.reports.actions import RENDER
from domain.webhooks import actions as webhooks
from domain.worklog.transfers import FINISH
from domain.worklog.uploads import PHOTO_CAME
from printing.fonts import typeface
from tests.prove.dying import BEFORE, COMMITTED, OPENED, SENT, Death, lay_in_wait
from tests.prove.forked import fork_for_each_line

assert tasks  # they are declared
WATCHED = (FINISH, PHOTO_CAME, RENDER, SCORE, letters.SEND, webhooks.SEND)
TAKEN = "tasks were taken, none was begun"
DONE = "tasks are done, not marked so"
KEPT = "a file is kept, its row is not"
POSTED = "a webhook was sent, not noted"
MAILED = "a mail was handed over, not noted"
POINTS = (TAKEN, OPENED, BEFORE, SENT, COMMITTED, KEPT, POSTED, MAILED, DONE)
_kind: ContextVar[str] = ContextVar("kind", default="")


class _InTasks(Death):
    """Counts what happens in tasks of one kind."""

    def __init__(self, point: str, nth: int, kind: str) -> None:
        super().__init__(point, nth)
        self.kind = kind

    def due(self, point: str) -> bool:
        return _kind.get() == self.kind and super().due(point)


def _known_as(kind: str, run: Task) -> Task:
    async def known(context: Context, payload: bytes) -> None:
        _kind.set(kind)
        await run(context, payload)

    return known


def lie_in_wait(point: str, nth: int, kind: str) -> None:
    """Put the points where the worker takes tasks, commits, keeps files, sends, and marks what is done."""
    lay_in_wait(_InTasks(point, nth, kind))
    TASKS[kind] = _known_as(kind, TASKS[kind])
    death = Death(point, nth)
    real_dequeue, real_log = Queries.dequeue, Queries.log_jobs
    real_put, real_post, real_mail = FolderBlobs._put, tasks_webhooks.post, tasks_mail.post_mail

    async def dequeue(self: Queries, *given: Any, **more: Any) -> Any:
        taken = await real_dequeue(self, *given, **more)
        if any(job.entrypoint in WATCHED for job in taken):
            death.at(TAKEN)
        return taken

    async def log_jobs(self: Queries, ended: Any) -> None:
        if any(job.entrypoint in WATCHED and status == "successful" for job, status, _ in ended):
            death.at(DONE)
        await real_log(self, ended)

    def put(self: FolderBlobs, content: bytes) -> str:
        kept = real_put(self, content)
        death.at(KEPT)
        return kept

    def post(*given: Any, **more: Any) -> Any:
        posted = real_post(*given, **more)
        death.at(POSTED)
        return posted

    def post_mail(*given: Any) -> None:
        real_mail(*given)
        death.at(MAILED)

    Queries.dequeue, Queries.log_jobs = dequeue, log_jobs  # type: ignore[method-assign, assignment]
    FolderBlobs._put = put  # type: ignore[method-assign]
    tasks_webhooks.post, tasks_mail.post_mail = post, post_mail


def main() -> None:
    """Work for every line, until a death."""
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    settings = load_settings()
    typeface()  # before the forks, which then have it

    def live(told: str) -> None:
        nth, kind, point = told.split(" ", 2)
        lie_in_wait(point, int(nth), kind)
        asyncio.run(run_worker(build(settings)))

    fork_for_each_line(live)


if __name__ == "__main__":
    main()
