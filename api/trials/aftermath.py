"""What follows a week of visits: reports corrected, withdrawn and asked about, and people who ask for service."""

from uuid import UUID

import msgspec

from api.trials.week import Week
from api.trials.world import Installed
from api.worker import drain
from domain.installs.serials import normalise
from domain.installs.tags import IssueTag, TagIssued, tag_code
from domain.jobs.requests import MachineOfRequest, Wish, take_request
from domain.kit.actor import SYSTEM, Actor, Role
from domain.kit.ids import new_id
from domain.kit.limits import Language
from domain.kit.work import Work, transact, utc_now
from domain.reports.amendments import AmendReport, DecideAmendment, ReportAmended, WithdrawReport
from domain.reports.corrections import Corrections


async def follow(week: Week) -> None:
    """Correct a report twice over, once still waiting for a second person; withdraw one; ask for service thrice.

    The reports of the week must have been frozen and sealed.
    """
    corrected, withdrawn, waiting = week.signed[:3]
    marek = Actor(week.world.offices["marek"], Role.SERVICE_MANAGER, name="marek")
    admin = Actor(week.world.offices["admin"], Role.ADMIN, name="admin")
    await _approve(week, marek, await _amend(week, week.dora, corrected, "The summary was left unfinished"))
    withdrawal = WithdrawReport(visit_id=withdrawn, reason="The visit was written down twice")
    entry = await week.do(marek, withdrawal, utc_now())
    await _approve(week, admin, entry.answer)
    await _amend(week, marek, waiting, "The customer asks where the old part is")
    tagged, plain = week.labels[:2]
    chinese = next(unit for unit in week.world.units if unit.time_zone == "Asia/Shanghai")
    code = await _labelled(week, tagged)
    await _ask(week, tagged, "Jonas Weber", "+49 40 5550 0142", "It stops after ten minutes and shows E04.", tag=code)
    await _ask(week, plain, "Sofia Marques", "+351 21 555 0176", "Water under the machine since this morning.")
    await _ask(week, chinese, "王芳", "+86 21 5555 0188", "开机后有异响，制冷效果差。", language="zh")
    await drain(week.context)


async def _amend(week: Week, actor: Actor, visit_id: UUID, reason: str) -> bytes:
    notes = "Exchanged, tested for half an hour, in order. The old part was taken along."
    command = AmendReport(visit_id=visit_id, reason=reason, corrections=Corrections(notes=notes))
    return (await week.do(actor, command, utc_now())).answer


async def _approve(week: Week, approver: Actor, answer: bytes) -> None:
    asked = msgspec.json.decode(answer, type=ReportAmended)
    if asked.state == "waiting":
        await week.do(approver, DecideAmendment(amendment_id=asked.id, decision="approve"), utc_now())


async def _labelled(week: Week, unit: Installed) -> str:
    """Issue a label for a unit and return its code."""
    entry = await week.do(week.dora, IssueTag(unit_id=unit.id), utc_now())
    generation = msgspec.json.decode(entry.answer, type=TagIssued).generation
    return tag_code(week.context.signer, unit.gtin, normalise(unit.serial), generation)


async def _ask(
    week: Week, unit: Installed, name: str, phone: str, wish: str, *, tag: str = "", language: Language = "en"
) -> None:
    machine = MachineOfRequest(unit.gtin, unit.serial)
    asked = Wish(name=name, phone=phone, wish=wish, tag=tag, form_key=new_id())

    async def body(work: Work) -> int:
        return await take_request(work, week.context.signer, machine, asked, language, None)

    await transact(week.context.database, SYSTEM, body, queue=week.context.queue)
