"""Sealing a PDF: PAdES by pyHanko with ECDSA on P-256, certified so that nothing may be changed afterwards.

The same PDF, moment and key give the same bytes: the signature is deterministic (RFC 6979), the signing time is given,
and what pyHanko would draw at random or take from the clock is set here.
"""

import asyncio
import datetime as dt
import hashlib
import io
import threading
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from pyhanko.keys import load_certs_from_pemder_data
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter
from pyhanko.sign.signers.pdf_cms import Signer
from pyhanko.sign.signers.pdf_signer import PdfSignatureMetadata, PdfSigner, PdfSigningSession

FIELD = "Seal"
CMS_BYTES = 4096
"""Room for the signature with both certificates, as hex digits."""
_ONE_AT_A_TIME = threading.Lock()
"""A certificate that is kept parses and writes itself as it is used: two threads would meet it half done."""
_ECDSA = ec.ECDSA(SHA256(), deterministic_signing=True)
_META = PdfSignatureMetadata(
    field_name=FIELD,
    md_algorithm="sha256",
    certify=True,
    docmdp_permissions=MDPPerm.NO_CHANGES,
    subfilter=SigSeedSubFilter.PADES,
)


@dataclass(frozen=True, slots=True)
class PdfKey:
    """What a PDF is sealed with: the key's id, the key, and its certificate and the root's in DER."""

    id: str
    key: ec.EllipticCurvePrivateKey = field(repr=False)
    leaf: bytes
    root: bytes


def seal_pdf(pdf: bytes, at: dt.datetime, key: PdfKey) -> bytes:
    """Return a PDF sealed as of a moment, in an invisible field. Runs an event loop of its own: call it in a thread."""
    out = io.BytesIO()
    writer = _Writer(io.BytesIO(pdf))
    with _ONE_AT_A_TIME:
        asyncio.run(_Sealer(at, _signer(key)).async_sign_pdf(writer, bytes_reserved=CMS_BYTES, output=out))
    return out.getvalue()


class _Signer(Signer):
    def __init__(self, key: PdfKey) -> None:
        leaf, root = (one for der in (key.leaf, key.root) for one in load_certs_from_pemder_data(der))
        super().__init__(signing_cert=leaf, embed_roots=True)
        self.cert_registry.register(root)
        self._key = key.key

    async def async_sign_raw(self, data: bytes, digest_algorithm: str, dry_run: bool = False) -> bytes:
        return self._key.sign(data, _ECDSA)


@lru_cache(maxsize=4)
def _signer(key: PdfKey) -> Signer:
    return _Signer(key)


class _Sealer(PdfSigner):
    def __init__(self, at: dt.datetime, signer: Signer) -> None:
        super().__init__(_META, signer)
        self._at = at

    def init_signing_session(self, *args: Any, **given: Any) -> PdfSigningSession:
        session = super().init_signing_session(*args, **given)
        session.system_time = self._at
        return session


class _Writer(IncrementalPdfFileWriter):
    @classmethod
    def _handle_id(cls, prev: Any) -> generic.ArrayObject:
        """Keep the document's first id, and derive the second from its content instead of drawing it."""
        prev.stream.seek(0)
        second = hashlib.sha256(prev.stream.read()).digest()[:16]
        first = prev.trailer["/ID"][0]
        return generic.ArrayObject([generic.ByteStringObject(first.original_bytes), generic.ByteStringObject(second)])

    def _update_meta(self) -> None:
        """Leave title, producer and times as printing wrote them."""
