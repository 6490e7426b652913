"""Hands mail to a mail server. The connection is encrypted wherever the server can, and always before a password."""

import smtplib
import ssl
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

seconds_max = 15.0
PORTS = {"smtp": 25, "smtps": 465}


class NotAccepted(Exception):
    """The server refused this message for good, or the settings lead to no server."""


class NotReached(Exception):
    """It may go through later."""


def post_mail(url: str, message: EmailMessage) -> None:
    """Send a message by the server in ``url``: ``smtp://user:password@host:587`` or ``smtps://…``.

    Raises: NotAccepted, NotReached; neither says what stood in the message.
    """
    place = urlsplit(url)
    if place.scheme not in PORTS or not place.hostname:
        raise NotAccepted("FIELDSTONE_SMTP_URL is no address of a mail server")
    port = place.port or PORTS[place.scheme]
    context = ssl.create_default_context()
    try:
        if place.scheme == "smtps":
            with smtplib.SMTP_SSL(place.hostname, port, timeout=seconds_max, context=context) as server:
                _hand_over(server, message, place.username, place.password)
            return
        with smtplib.SMTP(place.hostname, port, timeout=seconds_max) as server:
            server.ehlo()
            if server.has_extn("starttls"):
                server.starttls(context=context)
                server.ehlo()
            elif place.username:
                raise NotAccepted("the mail server wants a password without encryption")
            _hand_over(server, message, place.username, place.password)
    except smtplib.SMTPRecipientsRefused as refused:
        code = min((code for code, _ in refused.recipients.values()), default=550)
        raise _by_code(code, "the recipient was refused") from refused
    except (smtplib.SMTPNotSupportedError, UnicodeError) as error:
        raise NotAccepted("the mail server does not take such an address") from error
    except smtplib.SMTPAuthenticationError as error:
        raise NotReached("the mail server does not take our password") from error
    except smtplib.SMTPResponseException as answered:
        raise _by_code(answered.smtp_code, "the mail server refused") from answered
    except (OSError, smtplib.SMTPException) as error:
        raise NotReached(type(error).__name__) from error


def _hand_over(server: smtplib.SMTP, message: EmailMessage, user: str | None, password: str | None) -> None:
    if user:
        server.login(unquote(user), unquote(password or ""))
    server.send_message(message)


def _by_code(code: int, why: str) -> NotAccepted | NotReached:
    """Return what an answer means: 4xx may pass, 5xx will not. Source: RFC 5321, 4.2.1."""
    return NotAccepted(f"{why}: {code}") if 500 <= code < 600 else NotReached(f"{why}: {code}")
