"""The list of keys by which anybody checks a seal."""

import base64

import httpx
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy.ext.asyncio import AsyncEngine

from api.context import Context
from domain.sealing.keys import key_id, public_bytes
from domain.sealing.token import read_token
from tests.cast import Cast
from tests.sealing.reports import issued


def number(text: str) -> int:
    return int.from_bytes(base64.urlsafe_b64decode(text + "="), "big")


async def test_the_published_keys_check_tokens_and_certificates(
    context: Context, cast: Cast, http: httpx.AsyncClient, owner: AsyncEngine
) -> None:
    assert (await http.get("/.well-known/report-keys.json")).json() == {"keys": []}
    token, _ = await issued(context, cast, owner)
    answer = await http.get("/.well-known/report-keys.json")
    keys = answer.json()["keys"]
    assert sorted(key["purpose"] for key in keys) == ["checkpoint", "pdf", "root", "token"]
    ring = {}
    for key in keys:
        point = ec.EllipticCurvePublicNumbers(number(key["x"]), number(key["y"]), ec.SECP256R1())
        ring[key["kid"]] = point.public_key()
        assert key["kid"] == key_id(public_bytes(point.public_key()))
        assert key["revoked_at"] is None
        assert {"d", "private", "pem"}.isdisjoint(key)
    assert read_token(token, ring) is not None
    root, leaf = (
        x509.load_der_x509_certificate(base64.b64decode(key["x5c"][0]))
        for purpose in ("root", "pdf")
        for key in keys
        if key["purpose"] == purpose
    )
    leaf.verify_directly_issued_by(root)
    again = await http.get("/.well-known/report-keys.json", headers={"if-none-match": answer.headers["etag"]})
    assert again.status_code == 304
