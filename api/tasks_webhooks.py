"""Background work on webhooks: delivering messages, again and again with growing pauses."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import msgspec
import structlog
from pgqueuer.errors import RetryRequested

from api.adapters.posting import post
from api.context import Context
from api.worker import task
from domain.kit.actor import SYSTEM
from domain.kit.database import reading
from domain.kit.work import transact, utc_now
from domain.webhooks.actions import SEND, SendMessage
from domain.webhooks.delivering import letter_of, write_attempt
from domain.webhooks.queries import Attempt

log = structlog.get_logger()
_THREADS = ThreadPoolExecutor(max_workers=8, thread_name_prefix="webhook")
"""Threads of their own: systems that answer slowly hold up nothing else."""


@task(SEND)
async def send_message(context: Context, payload: bytes) -> None:
    """Deliver one message, or come back after the pause that its number of attempts asks for."""
    message_id = msgspec.json.decode(payload, type=SendMessage).message_id
    at = utc_now()
    async with reading(context.database, SYSTEM) as db:
        letter = await letter_of(db, message_id, at)
    if letter is None:
        return
    call = partial(post, letter.url, letter.headers, letter.body, loopback=context.settings.webhook_loopback)
    posted = await asyncio.get_running_loop().run_in_executor(_THREADS, call)
    attempt = Attempt(at, posted.milliseconds, posted.status, posted.error)
    pause, ended = await transact(context.database, SYSTEM, lambda work: write_attempt(work, message_id, attempt))
    if ended is not None:
        log.warning("webhook disabled", webhook=str(letter.webhook_id), why=ended)
    if pause is not None:
        raise RetryRequested(pause, posted.error or f"status {posted.status}")
