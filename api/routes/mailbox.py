"""The demo's mailbox: what would have been mailed to customers, where there is no mail server to hand it to."""

from api.operation import PUBLIC, Call, operation
from api.pages import page, shown
from api.tasks_mail import text_of
from domain.kit.problem import NotFound
from domain.mailing.letters import newest_letters


@operation("GET", "/mailbox", tag="pages", by=PUBLIC, answer=str, media="text/html", problems=(NotFound,))
@shown
async def show_mailbox(call: Call) -> object:
    """Show the newest letters to customers, as text; in the demo alone.

    They hold links and PINs: a product in use has no such page.
    """
    settings = call.context.settings
    if settings.smtp_url or not settings.demo_mailbox:
        raise NotFound("There is no mailbox here.")
    async with call.reading() as db:
        letters = await newest_letters(db)
    return page(call, "mailbox.html", letters=[(one, text_of(call.context, one)) for one in letters])
