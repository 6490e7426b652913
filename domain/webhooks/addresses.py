"""Which addresses may be called at all. Pure: whoever resolves names asks here for every answer."""

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from domain.kit.problem import InvalidRequest

_NAME = re.compile(r"(?=.{4,253}$)([a-z0-9]([a-z0-9\-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9\-]{0,61}[a-z0-9]")
_NEVER = tuple(
    map(ipaddress.IPv6Network, ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "::/96", "fec0::/10"))
)
"""IPv6 that carries an IPv4 address within, which a gateway would lead anywhere; and the site-local ones of old."""
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]"})


@dataclass(frozen=True, slots=True)
class Address:
    """Where a message is posted to."""

    secure: bool
    name: str
    port: int
    path: str

    @property
    def host(self) -> str:
        """The host as the office approves it: the name, with a port that is not the usual one."""
        return self.name if self.port == 443 else f"{self.name}:{self.port}"


def address_of(url: str, *, loopback: bool) -> Address:
    """Return the parts of a webhook's URL; raises InvalidRequest for anything but https to a name on the internet.

    ``loopback`` admits http to this machine too, for tests and demonstrations.
    """
    try:
        parts = urlsplit(url)
        name, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        raise InvalidRequest("This is no URL.", field="url") from None
    if parts.username is not None or parts.password is not None or parts.fragment or "\\" in url:
        raise InvalidRequest("A webhook's URL has neither user name nor password nor fragment.", field="url")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if not path.isascii() or not path.isprintable() or " " in path:
        raise InvalidRequest("The path has signs that must be percent-encoded.", field="url")
    if loopback and parts.scheme in ("http", "https") and parts.netloc.rpartition(":")[0] in _LOOPBACK and port:
        return Address(parts.scheme == "https", name, port, path)
    if parts.scheme != "https":
        raise InvalidRequest("A webhook is called by https.", field="url")
    if not _NAME.fullmatch(name):
        raise InvalidRequest("A webhook's host is a name on the internet, not an address.", field="url")
    return Address(True, name, port or 443, path)


def may_call(found: str, *, loopback: bool) -> bool:
    """Decide whether an address that a name resolved to may be called: public ones only, loopback where it is allowed.

    Private, link-local, shared, multicast and reserved ones never, and no IPv4 of those kinds within an IPv6.
    """
    address: ipaddress.IPv4Address | ipaddress.IPv6Address = ipaddress.ip_address(found.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        elif address != ipaddress.IPv6Address("::1") and any(address in network for network in _NEVER):
            return False
    if address.is_loopback:
        return loopback
    return address.is_global and not address.is_multicast and not address.is_reserved
