"""A mail server for tests: it speaks SMTP over a socket and keeps what it is given."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default


@dataclass(slots=True)
class Sink:
    """What came in, and what the server answers to whom."""

    port: int = 0
    mails: list[EmailMessage] = field(default_factory=list)
    envelopes: list[tuple[str, str]] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)
    """By the verb of a command, an answer other than yes."""
    tls: ssl.SSLContext | None = None
    """With it the server offers encryption."""
    verbs: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        sender = recipient = ""
        writer.write(b"220 sink ESMTP\r\n")
        while line := (await reader.readline()).decode().strip():
            verb = line.split(":")[0].split(" ")[0].upper()
            self.verbs.append(verb)
            if verb == "STARTTLS" and self.tls is not None:
                writer.write(b"220 go on\r\n")
                await writer.start_tls(self.tls)
                continue
            if verb == "MAIL":
                sender = line.partition("<")[2].partition(">")[0]
            if verb == "RCPT":
                recipient = line.partition("<")[2].partition(">")[0]
            if verb == "DATA" and verb not in self.answers:
                writer.write(b"354 go on\r\n")
                content = await reader.readuntil(b"\r\n.\r\n")
                self.envelopes.append((sender, recipient))
                mail = message_from_bytes(content[:-3].replace(b"\r\n..", b"\r\n."), policy=default)
                assert isinstance(mail, EmailMessage)
                self.mails.append(mail)
            offered = "250-STARTTLS\r\n250-AUTH PLAIN\r\n" if self.tls else ""
            usual = {"QUIT": "221 bye", "AUTH": "235 yes", "EHLO": f"250-sink\r\n{offered}250 8BITMIME"}
            writer.write(f"{self.answers.get(verb, usual.get(verb, '250 yes'))}\r\n".encode())
            if verb == "QUIT":
                break
        writer.close()


@asynccontextmanager
async def mail_server(tls: ssl.SSLContext | None = None, *, from_the_start: bool = False) -> AsyncIterator[Sink]:
    """Run a mail server on loopback."""
    sink = Sink(tls=None if from_the_start else tls)
    if from_the_start:
        sink.answers["EHLO"] = "250-sink\r\n250 AUTH PLAIN"
    server = await asyncio.start_server(sink.serve, "127.0.0.1", 0, ssl=tls if from_the_start else None)
    sink.port = server.sockets[0].getsockname()[1]
    async with server:
        yield sink
