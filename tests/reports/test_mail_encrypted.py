"""Letters and the mail server's password travel encrypted, and only to a server that proves who it is."""

import asyncio
import datetime as dt
import ipaddress
import ssl
from email.message import EmailMessage
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from api.adapters.smtp import NotReached, post_mail
from tests.reports.mail_sink import mail_server

FIRST = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for this machine with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail of this test")])
    here = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(7).not_valid_before(FIRST).not_valid_after(FIRST + dt.timedelta(days=36_500))
    made = made.add_extension(here, critical=False)
    made = made.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    file = tmp_path_factory.mktemp("tls") / "mail.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(private + made.sign(key, SHA256()).public_bytes(Encoding.PEM))
    return file


@pytest.fixture
def tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def letter() -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "reports@maker.example", "a@b.example", "Your report"
    mail.set_content("It is done.")
    return mail


@pytest.mark.parametrize("from_the_start", [False, True])
async def test_a_server_that_proves_who_it_is_gets_password_and_letter_encrypted(
    tls: ssl.SSLContext, certificate: Path, monkeypatch: pytest.MonkeyPatch, *, from_the_start: bool
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    async with mail_server(tls, from_the_start=from_the_start) as server:
        scheme = "smtps" if from_the_start else "smtp"
        await asyncio.to_thread(post_mail, f"{scheme}://user:secret%2F@127.0.0.1:{server.port}", letter())
    assert [mail["Subject"] for mail in server.mails] == ["Your report"]
    assert "AUTH" in server.verbs
    if not from_the_start:
        assert server.verbs.index("STARTTLS") < server.verbs.index("AUTH")


@pytest.mark.parametrize("from_the_start", [False, True])
async def test_a_server_that_nobody_vouches_for_gets_neither(tls: ssl.SSLContext, *, from_the_start: bool) -> None:
    async with mail_server(tls, from_the_start=from_the_start) as server:
        scheme = "smtps" if from_the_start else "smtp"
        with pytest.raises(NotReached):
            await asyncio.to_thread(post_mail, f"{scheme}://user:secret@127.0.0.1:{server.port}", letter())
    assert server.mails == []
    assert not {"AUTH", "MAIL"} & set(server.verbs)


async def test_a_password_that_is_not_taken_is_tried_again_later(
    tls: ssl.SSLContext, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    async with mail_server(tls) as server:
        server.answers["AUTH"] = "535 no"
        with pytest.raises(NotReached, match="does not take our password"):
            await asyncio.to_thread(post_mail, f"smtp://user:secret@127.0.0.1:{server.port}", letter())
    assert server.mails == []
