"""Posts messages to partners' systems: to public addresses only, over one connection that was looked at first."""

import http.client
import socket
import ssl
import threading
import time
from dataclasses import dataclass

from domain.kit.problem import InvalidRequest
from domain.webhooks.addresses import Address, address_of, may_call

seconds_max = 10.0
answer_bytes_max = 4096
AGENT = "Fieldstone-Webhooks/1"


@dataclass(frozen=True, slots=True)
class Posted:
    """The status that was answered, or what went wrong; how long it took."""

    milliseconds: int
    status: int | None = None
    error: str | None = None


class NotCalled(Exception):
    """The address may not be called, or its name does not resolve."""


class _Plain(http.client.HTTPConnection):
    """A connection to an address that was chosen before, under the name of the host."""

    def __init__(self, name: str, port: int, chosen: str) -> None:
        super().__init__(name, port, timeout=seconds_max)
        self._chosen = chosen

    def connect(self) -> None:
        self.sock = socket.create_connection((self._chosen, self.port), self.timeout)


class _Secure(_Plain):
    """The same with TLS; the certificate is the name's."""

    default_port = http.client.HTTPS_PORT

    def connect(self) -> None:
        began = time.perf_counter()
        super().connect()
        self.sock.settimeout(_left(began))
        self.sock = ssl.create_default_context().wrap_socket(self.sock, server_hostname=self.host)


def post(url: str, headers: dict[str, str], body: bytes, *, loopback: bool) -> Posted:
    """Post a body and return what was answered within ten seconds in all.

    The name is resolved here and every address it has must be public; the connection goes to the one that was looked
    at. Redirects are answers like any other, and of the answer's body at most 4 KB are read, then dropped.
    """
    began = time.perf_counter()

    def took() -> int:
        return round((time.perf_counter() - began) * 1000)

    try:
        address = address_of(url, loopback=loopback)
        connection = (_Secure if address.secure else _Plain)(address.name, address.port, _chosen(address, loopback))
        try:
            connection.connect()
            # Every step has its time limit; this ends an answer that comes byte by byte. It holds the socket itself:
            # the connection lets go of it as soon as the answer says that it will close.
            watchdog = threading.Timer(_left(began), _cut, (connection.sock,))
            watchdog.start()
            try:
                connection.request("POST", address.path, body, {"user-agent": AGENT, **headers})
                answer = connection.getresponse()
                answer.read(answer_bytes_max)
                return Posted(took(), status=answer.status)
            finally:
                watchdog.cancel()
        finally:
            connection.close()
    except (NotCalled, InvalidRequest) as refused:
        return Posted(took(), error=str(refused)[:200])
    except (OSError, http.client.HTTPException, ValueError) as error:
        return Posted(took(), error=type(error).__name__)


def _left(began: float) -> float:
    """Return how many seconds are left of all that an attempt may take. Raises: TimeoutError."""
    left = began + seconds_max - time.perf_counter()
    if left <= 0:
        raise TimeoutError
    return left


def _cut(open_one: socket.socket) -> None:
    try:
        open_one.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # it ended by itself


def _chosen(address: Address, loopback: bool) -> str:
    try:
        found = socket.getaddrinfo(address.name, address.port, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError) as error:
        raise NotCalled("The host's name does not resolve.") from error
    chosen = [str(entry[4][0]) for entry in found]
    if not chosen or not all(may_call(one, loopback=loopback) for one in chosen):
        raise NotCalled("The host leads to an address that is not public.")
    return chosen[0]
