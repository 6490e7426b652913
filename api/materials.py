"""The bill of materials: every package that the product is made of, read from the locks that install it.

Versions and hashes are the locks'; licences are what the installed packages say, made plain by ``licences.toml``. With
the same locks and packages it is the same byte for byte: no clock, no chance. System packages (barcode reader, fonts,
a PostgreSQL of one's own) are the system's to list.
"""

import base64
import importlib.metadata
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Literal
from uuid import NAMESPACE_URL, uuid5

import msgspec

from api.settings import ROOT

Use = Literal["product", "tool"]
RUN_LOCK = "requirements.lock"
TOOL_LOCKS = ("requirements-dev.lock", "requirements-build.lock", "requirements-app.lock")
WEB_LOCK = "web/package-lock.json"
UNKNOWN = "unknown"
_PINNED = re.compile(r"^(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)==(?P<version>[^\s;\\]+)")
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
_WORD = re.compile(r"[()]|[^\s()]+")
_LOOSE_MAX = 80
"""Longer than this is no licence's name but its text."""


class Material(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """A package: where it comes from, which version, and what its files must hash to.

    ``hashes`` are (algorithm, hexadecimal), one for every file the lock allows: a wheel per platform, the source.
    ``product`` runs or is shipped, ``tool`` builds and tests.
    """

    name: str
    source: Literal["pypi", "npm"]
    version: str
    licence: str
    use: Use
    hashes: tuple[tuple[str, str], ...]

    @property
    def purl(self) -> str:
        """The package URL. Source: purl-spec, types pypi and npm."""
        return f"pkg:{self.source}/{self.name.replace('@', '%40')}@{self.version}"


class Licences(msgspec.Struct, frozen=True):
    """What ``licences.toml`` says."""

    allowed: frozenset[str]
    words: dict[str, str]
    packages: dict[str, str]

    def allows(self, expression: str) -> bool:
        """Tell whether an SPDX expression leaves us a choice of allowed licences; AND binds before OR."""
        words = _WORD.findall(expression)
        answer = self._either(words)
        return answer and not words

    def _either(self, words: list[str]) -> bool:
        answer = self._all(words)
        while words[:1] == ["OR"]:
            words.pop(0)
            answer = self._all(words) or answer
        return answer

    def _all(self, words: list[str]) -> bool:
        answer = self._one(words)
        while words[:1] == ["AND"]:
            words.pop(0)
            answer = self._one(words) and answer
        return answer

    def _one(self, words: list[str]) -> bool:
        word = words.pop(0) if words else ""
        if word != "(":
            return word in self.allowed
        answer = self._either(words)
        return words[:1] == [")"] and words.pop(0) == ")" and answer

    def plain(self, name: str, said: list[str]) -> str:
        """Return the SPDX expression for what a package says of itself, most telling first; else UNKNOWN."""
        if name in self.packages:
            return self.packages[name]
        for word in said:
            found = self.words.get(word, word)
            if found in self.allowed or " OR " in found or " AND " in found:
                return found
        return next((word for word in said if word), UNKNOWN)


def load_licences() -> Licences:
    """Read ``licences.toml``."""
    return msgspec.convert(tomllib.loads((ROOT / "api" / "licences.toml").read_text()), Licences)


def materials(*, tools: bool, root: Path = ROOT) -> list[Material]:
    """Return every package in the order of names; with ``tools`` those too that only build and test."""
    licences = load_licences()
    found = {one.purl: one for one in _web(root / WEB_LOCK, licences) if tools or one.use == "product"}
    for lock in (*(TOOL_LOCKS if tools else ()), RUN_LOCK):  # last: what is also a tool is of the product
        use: Use = "product" if lock == RUN_LOCK else "tool"
        found |= {one.purl: one for one in _python(root / lock, use, licences)}
    return sorted(found.values())


def refused(found: list[Material], licences: Licences) -> list[Material]:
    """Return the packages whose licence is unknown or not allowed."""
    return [one for one in found if not licences.allows(one.licence)]


def pinned(lock: Path) -> dict[tuple[str, str], tuple[str, ...]]:
    """Return the names and versions of a lock with the SHA-256 that each one's files may have."""
    blocks = re.split(r"\n(?=[A-Za-z0-9])", lock.read_text())
    found = ((match, tuple(_HASH.findall(block))) for block in blocks if (match := _PINNED.match(block)))
    return {(match["name"].lower(), match["version"]): hashes for match, hashes in found}


def _python(lock: Path, use: Use, licences: Licences) -> Iterator[Material]:
    for (name, version), hashes in pinned(lock).items():
        yield Material(
            name=name,
            source="pypi",
            version=version,
            licence=licences.plain(name, _said(name)),
            use=use,
            hashes=tuple(("SHA-256", one) for one in sorted(hashes)),
        )


def _said(name: str) -> list[str]:
    """Return what an installed package says of its licence; nothing when it is not installed here."""
    try:
        metadata = importlib.metadata.metadata(name)
    except importlib.metadata.PackageNotFoundError:
        return []
    loose = (metadata["License"] or "").strip()
    if len(loose) > _LOOSE_MAX:
        loose = loose.split("  ")[0].split("\n")[0]
    classifiers = metadata.get_all("Classifier") or []
    named = [one.rpartition(" :: ")[2] for one in classifiers if one.startswith("License :: ")]
    return [metadata["License-Expression"] or "", loose, *named]


def _web(lock: Path, licences: Licences) -> Iterator[Material]:
    for path, package in msgspec.json.decode(lock.read_bytes())["packages"].items():
        name = path.rpartition("node_modules/")[2]
        if name:
            yield Material(
                name=name,
                source="npm",
                version=package["version"],
                licence=licences.plain(name, [package.get("license", "")]),
                use="tool" if package.get("dev") else "product",
                hashes=tuple(_integrity(package.get("integrity", ""))),
            )


def _integrity(written: str) -> Iterator[tuple[str, str]]:
    """Read npm's ``sha512-<base64>``. Source: W3C Subresource Integrity."""
    for one in written.split():
        algorithm, _, digest = one.partition("-")
        yield f"SHA-{algorithm.removeprefix('sha')}", base64.b64decode(digest).hex()


def cyclonedx(found: list[Material]) -> bytes:
    """Write the list as CycloneDX 1.6, JSON. A component's hashes are those of all its files, of which one is used."""
    components = [
        {
            "type": "library",
            "bom-ref": one.purl,
            "name": one.name,
            "version": one.version,
            "scope": "required" if one.use == "product" else "excluded",
            "licenses": _licences(one.licence),
            "hashes": [{"alg": algorithm, "content": content} for algorithm, content in one.hashes],
            "purl": one.purl,
        }
        for one in found
    ]
    version = importlib.metadata.version("fieldstone")
    ours = {"type": "application", "bom-ref": "fieldstone", "name": "fieldstone", "version": version}
    number = uuid5(NAMESPACE_URL, version + msgspec.json.encode(components).hex())
    document = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{number}",
        "version": 1,
        "metadata": {"component": ours},
        "components": components,
    }
    return msgspec.json.format(msgspec.json.encode(document)) + b"\n"


def _licences(expression: str) -> list[dict[str, object]]:
    if expression == UNKNOWN:
        return []
    if " " in expression:
        return [{"expression": expression}]
    return [{"license": {"id": expression}}]
