"""The keys that reports are checked by."""

from api.operation import PUBLIC, Call, operation
from api.routes.reports import TAG
from domain.sealing.keys import every_key
from domain.sealing.published import PublishedKeys, published


@operation("GET", "/.well-known/report-keys.json", tag=TAG, by=PUBLIC, answer=PublishedKeys, etag=True)
async def list_report_keys(call: Call) -> object:
    """List every key that ever sealed, with its time, and when and why it was revoked.

    By them anybody checks the signature in a report's QR and in its PDF. That a signature counts is only in our
    register: ask the report's own address.
    """
    async with call.reading() as db:
        return published(await every_key(db))
