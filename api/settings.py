"""Settings of a running product, from the environment; every one has a default that works on a laptop."""

import os
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

ROOT = Path(__file__).resolve().parents[1]
DEMO_MAILBOX = "FIELDSTONE_DEMO_MAILBOX"
"""How ``fieldstone demo`` tells its processes that anybody may read its letters: the address of its own database."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """How this process is set up. Environment variables are the upper-case names with FIELDSTONE_ in front.

    ``database_url`` also answers to DATABASE_URL; without it the embedded PostgreSQL under ``data`` is used. The
    partner's and the owner's addresses default to the same address with the role's name; ``replica`` is host:port of a
    copy of that database, for reads that may lag. The three keys that seal are
    PEM, or the base64 of DER; without them they are made under ``data``. ``brand_name`` is the maker's, on all papers;
    ``brand_lines`` are up to three lines of address and contact with | between them, ``brand_colour`` a dark colour as
    #123d54, ``brand_logo`` a PNG or JPEG file. ``demo_mailbox`` is the demo's alone. So long after a
    service request was decided, who asked is erased: ``requests_kept_days``.
    """

    data: str = str(ROOT / ".fieldstone")
    database_url: str = ""
    partner_database_url: str = ""
    owner_database_url: str = ""
    replica: str = ""
    host: str = "127.0.0.1"
    port: int = 8000
    processes: int = 1
    pool_size: int = 10
    behind_pooler: bool = False
    public_url: str = "http://127.0.0.1:8000"
    session_key: str = ""
    tag_key: str = ""
    token_key: str = ""
    pdf_key: str = ""
    checkpoint_key: str = ""
    brand_name: str = ""
    brand_lines: str = ""
    brand_colour: str = ""
    brand_logo: str = ""
    photo_workers: int = 1
    log_level: str = "info"
    metrics_token: str = ""
    webhook_loopback: bool = False
    smtp_url: str = ""
    mail_from: str = "reports@localhost.localdomain"
    demo_mailbox: bool = False
    requests_kept_days: Annotated[int, Meta(ge=1, le=3650)] = 365

    @property
    def mails(self) -> bool:
        """Whether customers are written to: by a mail server, or into the demo's mailbox."""
        return bool(self.smtp_url) or self.demo_mailbox


def load_settings(environment: dict[str, str] | None = None) -> Settings:
    """Read the settings; raises msgspec.ValidationError naming the variable that is wrong."""
    env = dict(os.environ if environment is None else environment)
    found: dict[str, str] = {}
    mailbox = env.pop(DEMO_MAILBOX, "")
    for name in Settings.__struct_fields__:
        value = env.get(f"FIELDSTONE_{name.upper()}", "")
        if not value and name == "database_url":
            value = env.get("DATABASE_URL", "")
        if value:
            found[name] = value
    if mailbox and mailbox != found.get("database_url"):
        raise msgspec.ValidationError(
            f"{DEMO_MAILBOX} would show every customer's letters and PINs to anybody: only 'fieldstone demo' sets it, "
            "for the database it filled itself. Remove it."
        )
    return msgspec.structs.replace(msgspec.convert(found, Settings, strict=False), demo_mailbox=bool(mailbox))
