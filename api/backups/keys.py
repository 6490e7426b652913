"""The private keys in a back-up: as they are, or locked with a passphrase."""

import os
from pathlib import Path

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from api.adapters.key_files import kept_secret
from api.backups.archive import BackupRefused
from api.settings import Settings

PASSPHRASE_BYTES_MIN = 12
_SCRYPT_COST = 1 << 17
"""128 MB and a third of a second a guess. Source: OWASP, password storage, scrypt with r = 8 and p = 1."""


class SealedKeys(msgspec.Struct, frozen=True, kw_only=True):
    """Key files under AES-256-GCM, its key made of a passphrase by scrypt."""

    salt: bytes
    nonce: bytes
    content: bytes


def key_files(settings: Settings) -> dict[str, bytes]:
    """Return every key file of the installation by its name."""
    folder = Path(settings.data) / "keys"
    found = sorted(folder.iterdir()) if folder.exists() else []
    return {path.name: path.read_bytes() for path in found if path.is_file() and not path.name.startswith(".")}


def keys_elsewhere(settings: Settings) -> list[str]:
    """Name the settings whose keys come from the environment: a back-up does not hold these."""
    names = ("session_key", "tag_key", "token_key", "pdf_key", "checkpoint_key")
    return [f"FIELDSTONE_{name.upper()}" for name in names if getattr(settings, name)]


def passphrase(file: Path) -> bytes:
    """Read a passphrase from a file, without the line's end. Raises: BackupRefused for a short one."""
    said = file.read_bytes().rstrip(b"\r\n")
    if len(said) < PASSPHRASE_BYTES_MIN:
        raise BackupRefused(f"The passphrase in {file} is too short: at least {PASSPHRASE_BYTES_MIN} characters.")
    return said


def sealed(keys: dict[str, bytes], said: bytes) -> bytes:
    """Lock key files with a passphrase."""
    salt, nonce = os.urandom(16), os.urandom(12)
    content = AESGCM(_stretched(said, salt)).encrypt(nonce, msgspec.json.encode(keys), None)
    return msgspec.json.encode(SealedKeys(salt=salt, nonce=nonce, content=content))


def unsealed(written: bytes, said: bytes) -> dict[str, bytes]:
    """Return the key files that were locked. Raises: BackupRefused for another passphrase."""
    try:
        locked = msgspec.json.decode(written, type=SealedKeys)
        opened = AESGCM(_stretched(said, locked.salt)).decrypt(locked.nonce, locked.content, None)
    except (InvalidTag, ValueError, msgspec.DecodeError):
        raise BackupRefused("The keys were locked with another passphrase.") from None
    return msgspec.json.decode(opened, type=dict[str, bytes])


def _stretched(said: bytes, salt: bytes) -> bytes:
    return Scrypt(salt=salt, length=32, n=_SCRYPT_COST, r=8, p=1).derive(said)


def refuse_other_keys(settings: Settings, keys: dict[str, bytes]) -> None:
    """Raise BackupRefused where a key file of the same name says something else: it may be needed by another system."""
    for name, content in keys.items():
        path = Path(settings.data) / "keys" / name
        if path.exists() and path.read_bytes() != content:
            raise BackupRefused(f"{path} is another key. Restore into a new FIELDSTONE_DATA, or move its keys away.")


def keep_keys(settings: Settings, keys: dict[str, bytes]) -> None:
    """Put the key files in their place, mode 0600 in a folder of mode 0700."""
    for name, content in keys.items():
        kept_secret(Path(settings.data) / "keys" / name, content)
