"""A report checked by a list of keys alone, without the register: never more than that a key of ours signed it.

The list says of each key whether it was revoked. Whoever stole a key can date back what it signs, so what a revoked key
signed is taken for nothing here; the register knows what was sealed before. A root only vouches for keys towards other
people's tools: a key that stands on the list counts by itself, and one that does not is nobody's, whoever vouches.
"""

import base64
from collections.abc import Sequence

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec

from api.adapters.certificates import issued
from api.adapters.pdf_check import InnerSeal, inner_seal
from domain.reports.checked import Checked
from domain.sealing.published import PublishedKey
from domain.sealing.token import read_token

_UNKNOWN = "The signature is ours and holds. Without the register its current status is unknown."
_REVOKED = "Key {} was revoked on {:%Y-%m-%d %H:%M} UTC: {}. What it sealed before, only the register knows."
_ROOT_REVOKED = " Root {}, which vouches for its key, was revoked on {:%Y-%m-%d %H:%M} UTC: do not trust that any more."
_UNLISTED = "Its key is not on this list, though root {} vouches for it. If the report is newer, fetch the list anew."
_UNLISTED_REVOKED = (
    "Its key is not on this list, and root {}, which vouches for it, was revoked on {:%Y-%m-%d %H:%M} UTC."
)


def check_token(token: str, keys: Sequence[PublishedKey]) -> Checked:
    """Say what the text in a QR is worth by these keys. Raises ValueError when one of them is none."""
    said = read_token(token, {key.kid: _verifier(key) for key in keys if key.purpose == "token"})
    if said is None:
        return Checked(verdict="not-ours", reason="None of these keys signed it.")
    key = next(key for key in keys if key.kid == said.key_id)
    known = Checked(verdict="status-unknown", reason=_UNKNOWN, revision=said.revision, token_key_id=key.kid)
    if key.revoked_at is None:
        return known
    return msgspec.structs.replace(known, verdict="key-not-valid", reason=_revoked(key))


def check_pdf(pdf: bytes, keys: Sequence[PublishedKey]) -> Checked:
    """Say what a PDF is worth by these keys. Runs an event loop of its own: call it in a thread."""
    inner = inner_seal(pdf, [one for key in keys if key.purpose == "root" for one in _certificates(key)])
    if not inner.ours and not inner.from_us:
        return Checked(verdict="not-ours", reason="None of these keys sealed it.", inner=inner.said)
    key = next((key for key in keys if key.purpose == "pdf" and inner.certificate in _certificates(key)), None)
    if inner.ours and key is None:
        return _by_unlisted_key(inner, keys)
    if not inner.whole or key is None:
        return Checked(verdict="changed", reason="It carries our seal, and was changed after it.", inner=inner.said)
    if key.revoked_at is not None:
        return Checked(verdict="key-not-valid", reason=_revoked(key), pdf_key_id=key.kid, inner=inner.said)
    root = _root_of(inner, keys)
    reason = _UNKNOWN
    if root is not None and root.revoked_at is not None:
        reason += _ROOT_REVOKED.format(root.kid, root.revoked_at)
    return Checked(verdict="status-unknown", reason=reason, pdf_key_id=key.kid, inner=inner.said)


def _by_unlisted_key(inner: InnerSeal, keys: Sequence[PublishedKey]) -> Checked:
    root = _root_of(inner, keys)
    if root is None or root.revoked_at is None:
        reason = _UNLISTED.format("?" if root is None else root.kid)
        return Checked(verdict="not-ours", reason=reason, inner=inner.said)
    reason = _UNLISTED_REVOKED.format(root.kid, root.revoked_at)
    return Checked(verdict="key-not-valid", reason=reason, inner=inner.said)


def _root_of(inner: InnerSeal, keys: Sequence[PublishedKey]) -> PublishedKey | None:
    """Return the root that vouches for the signer of a PDF."""
    leaf = inner.certificate
    roots = (key for key in keys if key.purpose == "root")
    return next((key for key in roots if leaf and any(issued(one, leaf) for one in _certificates(key))), None)


def _certificates(key: PublishedKey) -> list[bytes]:
    return [base64.b64decode(one) for one in key.x5c]


def _revoked(key: PublishedKey) -> str:
    return _REVOKED.format(key.kid, key.revoked_at, key.reason)


def _verifier(key: PublishedKey) -> ec.EllipticCurvePublicKey:
    x, y = (int.from_bytes(base64.urlsafe_b64decode(part + "="), "big") for part in (key.x, key.y))
    return ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
