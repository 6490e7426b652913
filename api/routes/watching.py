"""The watch over serials: alerts, honey serials, its numbers, and unlocking a partner. For our office alone."""

from api.operation import Call, command_operation, operation
from domain.claims import watch_desk
from domain.claims.watching import Numbers
from domain.kit.actor import MANAGERS, OFFICE
from domain.kit.page import Page, PageQuery

TAG = "watch"

command_operation("/honey-serials", TAG, watch_desk.add_honey_serial)
command_operation("/honey-serials/remove", TAG, watch_desk.remove_honey_serial)
command_operation("/alerts/handle", TAG, watch_desk.handle_alert)
command_operation("/partners/unlock", TAG, watch_desk.unlock_partner)
command_operation("/watch-limits", TAG, watch_desk.set_watch_limits)


@operation("GET", "/alerts", tag=TAG, by=OFFICE, query=watch_desk.AlertQuery, answer=Page[watch_desk.AlertLine])
async def list_alerts(call: Call) -> object:
    """List what the watch saw, newest first: honey serials, runs of serials, spent budgets, locked partners."""
    page = call.query(watch_desk.AlertQuery)
    async with call.reading() as db:
        return await watch_desk.alerts(db, page)


@operation(
    "GET",
    "/honey-serials",
    tag=TAG,
    by=MANAGERS,
    query=PageQuery,
    answer=Page[watch_desk.HoneyLine],
)
async def list_honey_serials(call: Call) -> object:
    """List the serials that are watched for; the fewer people know them, the better."""
    page = call.query(PageQuery)
    async with call.reading() as db:
        return await watch_desk.honey_serials(db, page)


@operation("GET", "/watch-limits", tag=TAG, by=MANAGERS, answer=Numbers)
async def show_watch_limits(call: Call) -> object:
    """Show the numbers of the watch that are in force."""
    async with call.reading() as db:
        return await watch_desk.watch_limits(db)
