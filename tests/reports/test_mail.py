"""Reports that are mailed to customers: once, in their language, by a real mail server or into the demo's mailbox."""

import datetime as dt
import re
from dataclasses import replace
from email.policy import SMTP
from typing import Any
from uuid import UUID, uuid4

import httpx
import msgspec
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from api.adapters.smtp import NotAccepted, NotReached, post_mail
from api.context import Context
from api.worker import drain
from domain.kit.actor import SYSTEM
from domain.kit.work import Work, begin, transact
from domain.mailing.letters import PAUSES, SEND, SendLetter, send_report, write_attempt
from domain.mailing.message import NoAddress, Written, message
from domain.reports.codes import letter_secret
from tests.cast import Cast
from tests.conftest import rows
from tests.reports.mail_sink import mail_server
from tests.reports.sheets import Reported, browser, give_pin, printed, reported

ADDRESS = "Cyd.Meyer+machines@customer.example"
LETTERS = "SELECT state, attempts, error FROM letter"


@pytest.fixture
def mailing(context: Context, held: list[Context], http: httpx.AsyncClient) -> Any:
    """Change the settings of the process under test."""

    def change(**settings: Any) -> Context:
        changed = replace(context, settings=msgspec.structs.replace(context.settings, **settings))
        held[:] = [changed]
        return changed

    return change


async def give_address(owner: AsyncEngine, address: str = ADDRESS, language: str = "en") -> None:
    async with owner.begin() as connection:
        await connection.exec_driver_sql(f"UPDATE contact SET email = '{address}'")
        await connection.exec_driver_sql(f"UPDATE customer SET language = '{language}'")


async def mailed(context: Context, cast: Cast, owner: AsyncEngine, **given: str) -> Reported:
    visit = await reported(context, cast)
    await give_address(owner, **given)
    await drain(context)
    return visit


async def report_id(owner: AsyncEngine) -> UUID:
    ((found,),) = await rows(owner, "SELECT id FROM report")
    assert isinstance(found, UUID)
    return found


async def test_a_customer_is_mailed_once_with_a_link_and_a_pin_that_open_the_report(
    mailing: Any, cast: Cast, owner: AsyncEngine, http: httpx.AsyncClient
) -> None:
    async with mail_server() as server:
        product = mailing(smtp_url=server.url, mail_from="reports@maker.example")
        visit = await mailed(product, cast, owner)
        await transact(product.database, SYSTEM, again(await report_id(owner), product), queue=product.queue)
        await drain(product)
    (mail,) = server.mails
    assert server.envelopes == [("reports@maker.example", ADDRESS)]
    assert (mail["From"], mail["To"]) == ("reports@maker.example", ADDRESS)
    assert re.fullmatch(r"Your service report R-\d+", mail["Subject"])
    assert mail["Auto-Submitted"] == "auto-generated"
    text = mail.get_content()
    code, pin = link_and_pin(text)
    for name in ("Mia Okafor", "Canal Street", visit.ready.serial):
        assert name not in text
    assert visit.ready.serial[-4:] in text
    shown = await give_pin(http, code, pin)
    assert "Mia Okafor" in shown.text
    assert "Mia Okafor" in (await give_pin(http, visit.code, visit.pin)).text
    assert await rows(owner, LETTERS) == [("sent", 1, "")]


def again(report: UUID, product: Context) -> Any:
    async def body(work: Work) -> None:
        await send_report(work, report, product.session_key)

    return body


def link_and_pin(text: str) -> tuple[str, str]:
    """What a customer takes from a letter."""
    found = re.search(r"/c/([A-Z2-7]{26})\s[^0-9]*(\d{3}) (\d{3})", text)
    assert found is not None, text
    return found[1], found[2] + found[3]


async def test_the_letter_speaks_the_customer_s_language(mailing: Any, cast: Cast, owner: AsyncEngine) -> None:
    async with mail_server() as server:
        await mailed(mailing(smtp_url=server.url), cast, owner, language="zh")
    (mail,) = server.mails
    assert mail["Subject"].startswith("您的服务报告")
    assert "您的 PIN 码" in mail.get_content()


async def test_nobody_is_mailed_without_an_address_or_without_a_mail_server(
    mailing: Any, context: Context, cast: Cast, owner: AsyncEngine
) -> None:
    await mailed(context, cast, owner)
    assert await rows(owner, LETTERS) == []
    async with mail_server() as server:
        product = mailing(smtp_url=server.url)
        await give_address(owner, "")
        await transact(product.database, SYSTEM, again(await report_id(owner), product), queue=product.queue)
        await drain(product)
    assert (await rows(owner, LETTERS), server.mails) == ([], [])


async def test_a_withdrawn_report_is_mailed_to_nobody(context: Context, cast: Cast, owner: AsyncEngine) -> None:
    await mailed(context, cast, owner)
    async with owner.begin() as connection:
        await connection.exec_driver_sql("UPDATE report SET state = 'withdrawn'")
    await transact(context.database, SYSTEM, again(await report_id(owner), context), queue=context.queue)
    assert await rows(owner, LETTERS) == []


@pytest.mark.parametrize(
    ("verb", "answer", "state"),
    [
        ("RCPT", "550 no such user", "failed"),
        ("RCPT", "450 come back later", "waiting"),
        ("MAIL", "554 no", "failed"),
        ("DATA", "451 full", "waiting"),
    ],
)
async def test_what_may_pass_is_tried_again_and_what_will_not_is_given_up(
    mailing: Any, cast: Cast, owner: AsyncEngine, verb: str, answer: str, state: str
) -> None:
    async with mail_server() as server:
        server.answers[verb] = answer
        product = mailing(smtp_url=server.url)
        await mailed(product, cast, owner)
        ((found, attempts, error),) = await rows(owner, LETTERS)
        assert (found, attempts) == (state, 1)
        assert answer[:3] in str(error)
        server.answers.clear()
        await enqueue_again(product, owner)
    assert len(server.mails) == (state == "waiting")


async def enqueue_again(product: Context, owner: AsyncEngine) -> None:
    ((letter_id,),) = await rows(owner, "SELECT id FROM letter")
    assert isinstance(letter_id, UUID)

    async def body(work: Work) -> None:
        await work.enqueue(SEND, SendLetter(letter_id))

    await transact(product.database, SYSTEM, body, queue=product.queue)
    await drain(product)


async def test_a_letter_is_given_up_after_the_last_pause(mailing: Any, cast: Cast, owner: AsyncEngine) -> None:
    product = mailing(smtp_url="smtp://127.0.0.1:9")
    await mailed(product, cast, owner)
    ((letter_id,),) = await rows(owner, "SELECT id FROM letter")
    pauses: list[dt.timedelta | None] = []
    for _ in range(len(PAUSES) + 1):
        async with begin(product.database, SYSTEM) as work:
            pauses.append(await write_attempt(work, UUID(str(letter_id)), "not reached", final=False))
    assert pauses == [*PAUSES[1:], None, None]
    assert [state for state, _, _ in await rows(owner, LETTERS)] == ["failed"]


@pytest.mark.parametrize(
    "address",
    [
        "a@b.example\nBcc: c@d.example",
        "a@b.example, c@d.example",
        "<a@b.example>",
        "a@b.example\x00",
        "a b@c.example",
        "@b.example",
        "a@",
        "Ann <a@b.example>",
        "a@b..example",
        "\u202ea@b.example",
    ],
)
def test_what_is_more_than_one_address_is_none(address: str) -> None:
    with pytest.raises(NoAddress):
        message(Written("Subject", "text"), uuid4(), address, "reports@maker.example")


def test_no_word_of_a_letter_becomes_a_header() -> None:
    letter = Written("A\u2028subject", "text\r\n.\r\nBcc: c@d.example\r\n")
    made = message(letter, uuid4(), "a@b.example", "reports@maker.example")
    head, _, body = made.as_bytes(policy=SMTP).partition(b"\r\n\r\n")
    assert b"Bcc" not in head
    assert b"Bcc: c@d.example" in body


async def test_an_address_that_is_none_is_given_up(mailing: Any, cast: Cast, owner: AsyncEngine) -> None:
    async with mail_server() as server:
        await mailed(mailing(smtp_url=server.url), cast, owner, address="a@b.example,c@d.example")
    ((state, _, error),) = await rows(owner, LETTERS)
    assert (state, server.mails) == ("failed", [])
    assert "is no address" in str(error)


@pytest.mark.parametrize(
    ("url", "wrong"),
    [("http://mail.example", NotAccepted), ("smtp://", NotAccepted), ("smtp://127.0.0.1:1", NotReached)],
)
def test_settings_that_lead_nowhere_are_told_from_a_server_that_is_away(url: str, wrong: type[Exception]) -> None:
    mail = message(Written("Subject", "text"), uuid4(), "a@b.example", "reports@maker.example")
    with pytest.raises(wrong):
        post_mail(url, mail)


async def test_no_password_is_sent_in_the_clear(mailing: Any, cast: Cast, owner: AsyncEngine) -> None:
    async with mail_server() as server:
        url = server.url.replace("//", "//user:secret@")
        await mailed(mailing(smtp_url=url), cast, owner)
    ((state, _, error),) = await rows(owner, LETTERS)
    assert (state, server.mails) == ("failed", [])
    assert error == "the mail server wants a password without encryption"


async def test_the_demo_shows_in_a_mailbox_what_was_sent(
    mailing: Any, cast: Cast, owner: AsyncEngine, http: httpx.AsyncClient
) -> None:
    visit = await mailed(mailing(demo_mailbox=True), cast, owner)
    box = await http.get("/mailbox", headers=browser())
    assert ADDRESS in box.text
    code, pin = link_and_pin(re.sub(r"<[^>]+>", "", box.text))
    assert visit.ready.serial in (await give_pin(http, code, pin)).text
    assert await rows(owner, LETTERS) == [("sent", 1, "")]


async def test_the_mailbox_shows_the_newest_letter_opened_and_folds_the_others(
    mailing: Any, cast: Cast, owner: AsyncEngine, http: httpx.AsyncClient
) -> None:
    product = mailing(demo_mailbox=True)
    await mailed(product, cast, owner)
    await reported(product, cast, technician=cast.ben, code="A" * 26)
    await give_address(owner)
    await drain(product)
    box = (await http.get("/mailbox", headers=browser())).text
    assert re.findall(r"<details[^>]*>", box) == ['<details class="card letter" open>', '<details class="card letter">']


@pytest.mark.parametrize("settings", [{}, {"smtp_url": "smtp://127.0.0.1:9", "demo_mailbox": True}])
async def test_a_product_in_use_has_no_mailbox_page(
    mailing: Any, http: httpx.AsyncClient, settings: dict[str, Any]
) -> None:
    mailing(**settings)
    assert (await http.get("/mailbox", headers=browser())).status_code == 404


async def test_erasing_forgets_the_address_and_sends_no_more(mailing: Any, cast: Cast, owner: AsyncEngine) -> None:
    async with mail_server() as server:
        server.answers["MAIL"] = "451 later"
        product = mailing(smtp_url=server.url)
        visit = await mailed(product, cast, owner)
        await cast.ada.done("/reports/erase", {"visit_id": str(visit.visit_id), "reason": "Asked for in writing"})
        server.answers.clear()
        await enqueue_again(product, owner)
    assert server.mails == []
    ((address, state),) = await rows(owner, "SELECT address, state FROM letter")
    assert ("@" in str(address), state) == (False, "failed")


async def test_a_phone_s_code_and_a_letter_s_stand_beside_each_other(
    mailing: Any, cast: Cast, owner: AsyncEngine, http: httpx.AsyncClient
) -> None:
    product = mailing(demo_mailbox=True)
    visit = await mailed(product, cast, owner)
    fresh = (await cast.ann.post("/collection-codes", {"visit_id": str(visit.visit_id)})).json()
    ((letter_id,),) = await rows(owner, "SELECT id FROM letter")
    secret = letter_secret(product.session_key, UUID(str(letter_id)))
    for code, pin in ((fresh["code"], fresh["pin"]), (secret.code, secret.pin)):
        assert visit.ready.serial in (await give_pin(http, code, pin)).text
    assert "being prepared" in (await give_pin(http, visit.code, visit.pin)).text


async def test_reports_that_are_printed_before_are_not_mailed_when_mail_is_switched_on(
    mailing: Any, context: Context, cast: Cast, owner: AsyncEngine
) -> None:
    await printed(context, cast)
    await give_address(owner)
    await drain(mailing(demo_mailbox=True))
    assert await rows(owner, LETTERS) == []
