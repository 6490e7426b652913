"""Signatures of messages. Source: Standard Webhooks 1.0.0 (symmetric, ``v1``). Pure: no clock, no database."""

import base64
import hashlib
import hmac
import secrets

PREFIX = "whsec_"
secret_bytes = 32


def new_secret() -> str:
    """Return a new secret as partners are shown it, once."""
    return PREFIX + base64.b64encode(secrets.token_bytes(secret_bytes)).decode()


def signature(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """Return the signature of a message under one secret: ``v1,`` and base64 of HMAC-SHA256 over id.timestamp.body."""
    signed = b".".join((message_id.encode(), str(timestamp).encode(), body))
    key = base64.b64decode(secret.removeprefix(PREFIX))
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def headers_of(message_id: str, timestamp: int, body: bytes, secrets_in_force: list[str]) -> dict[str, str]:
    """Return the headers of a message; while secrets change over there is a signature for each, blanks between."""
    signatures = " ".join(signature(secret, message_id, timestamp, body) for secret in secrets_in_force)
    return {"webhook-id": message_id, "webhook-timestamp": str(timestamp), "webhook-signature": signatures}
