"""Secrets of an installation in files: made once, whoever comes first, and read by all others."""

import base64
import os
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
    load_pem_private_key,
)


class NotAKey(ValueError):
    """What was given as a sealing key is none."""


def kept_secret(path: Path, made: bytes) -> bytes:
    """Return what a file holds, after keeping ``made`` there if there is none yet; mode 0600 in a folder of mode 0700.

    The file appears whole or not at all: of several processes that start at once, all get what the first one kept.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if path.exists():
        return path.read_bytes()
    own = path.with_name(f".{path.name}.{os.urandom(8).hex()}")
    descriptor = os.open(own, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(made)
            file.flush()
            os.fsync(file.fileno())
        os.link(own, path)
    except FileExistsError:
        return path.read_bytes()
    finally:
        own.unlink()
    return made


def new_private_key() -> ec.EllipticCurvePrivateKey:
    """Return a new P-256 key."""
    return ec.generate_private_key(ec.SECP256R1())


def private_bytes(key: ec.EllipticCurvePrivateKey) -> bytes:
    """Write a private key as its file does: PEM, PKCS #8."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def read_private_key(written: bytes) -> ec.EllipticCurvePrivateKey:
    """Read a private key from PEM, or from the base64 of DER on one line, as an environment variable has it.

    Raises: NotAKey.
    """
    try:
        if b"-----BEGIN" in written:
            key = load_pem_private_key(written, None)
        else:
            key = load_der_private_key(base64.b64decode(written, validate=True), None)
    except (ValueError, TypeError) as error:
        raise NotAKey("a sealing key is a P-256 key in PEM, or its DER in base64, without a password") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise NotAKey("a sealing key is a P-256 key")
    return key
