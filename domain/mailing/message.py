"""What a letter says, in the customer's language: a link and a PIN, and nothing of the report that could leak."""

import re
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from uuid import UUID

from domain.reports.codes import CollectionSecret
from domain.reports.document import ReportDocument

SUBJECT = {"en": "Your service report {number}", "zh": "您的服务报告 {number}"}
TEXT = {
    "en": """\
Hello,

the report of our visit on {day} is ready.

  {model}, serial ends in {serial_ends}

Open it here:
{link}

Your PIN: {pin}

There you can download the PDF, and tell us whether what it says is true.

{brand}
This message was sent by a machine. Nobody reads answers to it.
""",
    "zh": """\
您好：

{day} 的上门服务报告已就绪。

  {model}，序列号末四位 {serial_ends}

查看报告：
{link}

您的 PIN 码：{pin}

您可以在该页面下载 PDF，并告诉我们报告内容是否属实。

{brand}
本邮件由系统自动发送，请勿回复。
""",
}
_WORD = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS = re.compile(rf"{_WORD}(?:\.{_WORD})*@{_LABEL}(?:\.{_LABEL})*")
"""What every mail server takes. Source: RFC 5321, 4.1.2, without quoted names and literal addresses."""


class NoAddress(ValueError):
    """Mail cannot be sent to this, or not from this."""


@dataclass(frozen=True, slots=True)
class Written:
    """A letter as it is read."""

    subject: str
    text: str


def written(document: ReportDocument, language: str, secret: CollectionSecret, public_url: str, brand: str) -> Written:
    """Return subject and text of a letter about a report."""
    spoken = language if language in TEXT else "en"
    text = TEXT[spoken].format(
        day=document.visited_on,
        model=_one_line(f"{document.model_code} {document.model_name}"),
        serial_ends=_one_line(document.serial[-4:]),
        link=f"{public_url.rstrip('/')}/c/{secret.code}",
        pin=f"{secret.pin[:3]} {secret.pin[3:]}",
        brand=_one_line(brand),
    )
    return Written(_one_line(SUBJECT[spoken].format(number=document.report_number)), text)


def message(letter: Written, letter_id: UUID, to: str, sender: str) -> EmailMessage:
    """Return a letter as mail from one address to one other; sent again it has the same id, by which it is known.

    Raises: NoAddress.
    """
    made = EmailMessage(policy=SMTP)
    source = _address(sender)
    made["From"] = source
    made["To"] = _address(to)
    made["Subject"] = _one_line(letter.subject)
    made["Message-ID"] = f"<{letter_id.hex}@{source.domain}>"
    made["Auto-Submitted"] = "auto-generated"
    made.set_content(letter.text, cte="quoted-printable")
    return made


def _address(text: str) -> Address:
    """Return one address; what holds more than that, or a line break, is none."""
    if not _ADDRESS.fullmatch(text):
        raise NoAddress(f"{text[:100]!r} is no address")
    return Address(addr_spec=text)


def _one_line(text: str) -> str:
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
