"""Who asks, behind the proxy that compose.yaml expects: a budget is an address's, so the proxy may not be everybody."""

import re
from typing import Any

import pytest
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from api.settings import ROOT


@pytest.mark.parametrize(
    ("peer", "expected"),
    [("172.18.0.1", "198.51.100.7"), ("172.31.255.1", "198.51.100.7"), ("203.0.113.5", "203.0.113.5")],
)
async def test_the_proxy_is_believed_what_it_added_and_nobody_else(peer: str, expected: str) -> None:
    trusted = re.search(r"FORWARDED_ALLOW_IPS: (\S+)", (ROOT / "compose.yaml").read_text())
    assert trusted is not None
    seen: list[Any] = []

    async def served(scope: Any, *_: Any) -> None:
        seen.append(scope["client"][0])

    forged_then_added = (b"x-forwarded-for", b"192.0.2.1, 198.51.100.7")
    scope: Any = {"type": "http", "scheme": "http", "client": (peer, 40000), "headers": [forged_then_added]}
    await ProxyHeadersMiddleware(served, trusted_hosts=trusted[1])(scope, None, None)  # type: ignore[arg-type]
    assert seen == [expected]
