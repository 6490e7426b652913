"""Background work on mail: sending letters, again with growing pauses where a server cannot be reached."""

import asyncio
import datetime as dt
from concurrent.futures import ThreadPoolExecutor

import msgspec
import structlog
from pgqueuer.errors import RetryRequested

from api.adapters.smtp import NotAccepted, NotReached, post_mail
from api.branding import brand_of
from api.context import Context
from api.worker import task
from domain.kit.actor import SYSTEM
from domain.kit.database import reading
from domain.kit.work import transact
from domain.mailing.letters import SEND, LetterRow, SendLetter, waiting_letter, write_attempt
from domain.mailing.message import NoAddress, Written, message, written
from domain.reports import codes

log = structlog.get_logger()
WITHOUT_SERVER = dt.timedelta(hours=1)
_THREADS = ThreadPoolExecutor(max_workers=4, thread_name_prefix="mail")
"""Threads of their own: a slow mail server holds up nothing else."""


@task(SEND)
async def send_letter(context: Context, payload: bytes) -> None:
    """Send one letter, or come back after the pause that its number of attempts asks for.

    A letter that got out just before a crash may go out twice, under one message id. In the demo it goes to the mailbox
    page.
    """
    letter_id = msgspec.json.decode(payload, type=SendLetter).letter_id
    async with reading(context.database, SYSTEM) as db:
        letter = await waiting_letter(db, letter_id)
    if letter is None:
        return
    if not context.settings.smtp_url and not context.settings.demo_mailbox:
        raise RetryRequested(WITHOUT_SERVER, "there is no mail server in the settings")
    error, final = await _posted(context, letter) if context.settings.smtp_url else ("", True)
    pause = await transact(context.database, SYSTEM, lambda work: write_attempt(work, letter_id, error, final=final))
    if error:
        log.warning("letter not sent", letter=str(letter_id), why=error, again=pause is not None)
    if pause is not None:
        raise RetryRequested(pause, error)


def text_of(context: Context, letter: LetterRow) -> Written:
    """Return what a letter says."""
    secret = codes.letter_secret(context.session_key, letter.id)
    return written(
        letter.opened(), letter.language, secret, context.settings.public_url, brand_of(context.settings).name
    )


async def _posted(context: Context, letter: LetterRow) -> tuple[str, bool]:
    """Return what went wrong, or nothing, and whether trying again is of no use."""
    settings = context.settings
    try:
        mail = message(text_of(context, letter), letter.id, letter.address, settings.mail_from)
        await asyncio.get_running_loop().run_in_executor(_THREADS, post_mail, settings.smtp_url, mail)
    except (NoAddress, NotAccepted) as refused:
        return str(refused), True
    except NotReached as later:
        return str(later), False
    return "", True
