"""Where a request without an account comes from, as far as a limit may know it."""

import hashlib
import ipaddress

from api.operation import Call


def address_of(call: Call) -> str:
    """Return the address a request came from: the visitor's, where the proxy that was named tells it."""
    return call.request.client.host if call.request.client else ""


def neighbourhood(address: str) -> str:
    """Return an IPv4 address as it is, and of an IPv6 address the part that a subscriber cannot change at will.

    A socket for both kinds writes 192.0.2.1 as ::ffff:192.0.2.1: everybody's first half is the same there.
    """
    try:
        read = ipaddress.ip_address(address)
    except ValueError:
        return ""
    if isinstance(read, ipaddress.IPv4Address):
        return address
    return str(read.ipv4_mapped or ipaddress.ip_network((read, 64), strict=False))


def marked(call: Call) -> str:
    """Return who asks as a budget may hold it, not to be read back."""
    key = call.context.session_key[:64]
    return hashlib.blake2b(neighbourhood(address_of(call)).encode(), key=key, digest_size=16).hexdigest()
