"""Signatures as Standard Webhooks computes them, and the addresses that are never called."""

import base64
import hashlib
import hmac

import pytest

from domain.kit.problem import InvalidRequest
from domain.webhooks.addresses import address_of, may_call
from domain.webhooks.signing import headers_of, new_secret, signature
from domain.webhooks.telling import event_of

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def test_it_signs_as_the_specification_s_example() -> None:
    body = b'{"test": 2432232314}'
    found = signature(SECRET, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body)
    assert found == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_while_secrets_change_over_there_is_a_signature_of_each() -> None:
    old, new = new_secret(), new_secret()
    headers = headers_of("msg_1", 1700000000, b"{}", [new, old])
    assert headers["webhook-signature"].split(" ") == [
        signature(new, "msg_1", 1700000000, b"{}"),
        signature(old, "msg_1", 1700000000, b"{}"),
    ]
    assert (headers["webhook-id"], headers["webhook-timestamp"]) == ("msg_1", "1700000000")


def test_a_secret_has_256_random_bits() -> None:
    assert new_secret().startswith("whsec_")
    assert len(base64.b64decode(new_secret().removeprefix("whsec_"))) == 32
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    mac = hmac.new(key, b"a.1.b", hashlib.sha256).digest()
    assert signature(SECRET, "a", 1, b"b") == "v1," + base64.b64encode(mac).decode()


@pytest.mark.parametrize(
    "url",
    [
        "http://partner.example/hook",
        "https://127.0.0.1/hook",
        "https://2130706433/hook",
        "https://0x7f.1/hook",
        "https://[::1]/hook",
        "https://localhost/hook",
        "https://intranet/hook",
        "https://user@partner.example/hook",
        "https://user:secret@partner.example/hook",
        "https://partner.example:99999/hook",
        "https://partner.example/hook#part",
        "https://partner.example\\@evil.example/hook",
        "https://partner_example.com/hook",
        "https://partner.example/a b",
        "https://partner.example/\r\nx: y",
        "ftp://partner.example/hook",
        "https:///hook",
        "https://10.0.0.1.5/hook",
    ],
)
def test_it_refuses_everything_but_https_to_a_name(url: str) -> None:
    with pytest.raises(InvalidRequest):
        address_of(url, loopback=False)


def test_it_understands_a_usual_address() -> None:
    found = address_of("https://Dispatch.Partner.example/hook?x=1", loopback=False)
    assert (found.name, found.port, found.path) == ("dispatch.partner.example", 443, "/hook?x=1")
    assert found.host == "dispatch.partner.example"
    assert address_of("https://a.example:8443", loopback=False).host == "a.example:8443"


def test_loopback_is_called_only_where_it_is_allowed() -> None:
    assert not address_of("http://127.0.0.1:9000/hook", loopback=True).secure
    with pytest.raises(InvalidRequest):
        address_of("http://10.0.0.7:9000/hook", loopback=True)
    assert may_call("127.0.0.1", loopback=True)
    assert not may_call("127.0.0.1", loopback=False)
    assert not may_call("10.0.0.7", loopback=True)


@pytest.mark.parametrize(
    "found",
    [
        "0.0.0.0",
        "10.1.2.3",
        "100.64.0.1",
        "127.0.0.1",
        "127.8.8.8",
        "169.254.169.254",
        "172.16.0.1",
        "192.168.1.1",
        "192.0.2.1",
        "198.18.0.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:10.0.0.1",
        "::ffff:127.0.0.1",
        "64:ff9b::a00:1",
        "2002:a00:1::",
        "2001:0:a00:1::",
        "fc00::1",
        "fd12::1",
        "fe80::1",
        "fe80::1%eth0",
        "fec0::1",
        "ff02::1",
        "2001:db8::1",
    ],
)
def test_it_calls_no_address_that_is_not_public(found: str) -> None:
    assert not may_call(found, loopback=False)


@pytest.mark.parametrize("found", ["1.1.1.1", "93.184.216.34", "2606:4700::1111", "::ffff:1.1.1.1"])
def test_it_calls_public_addresses(found: str) -> None:
    assert may_call(found, loopback=False)


@pytest.mark.parametrize(
    ("state", "event"),
    [
        ("accepted", "claim.decided"),
        ("refused", "claim.decided"),
        ("approved", "claim.decided"),
        ("in_review", "claim.changed"),
        ("sent_back", "claim.changed"),
        ("paid", "claim.paid"),
    ],
)
def test_a_claim_s_state_says_which_event_it_is(state: str, event: str) -> None:
    assert event_of(state) == event
