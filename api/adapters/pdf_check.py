"""What the seal inside a PDF says by itself, read by pyHanko: without the register, so without what became of it."""

import io
import logging

import msgspec
from pyhanko.keys import load_certs_from_pemder_data
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import SignatureCoverageLevel, validate_pdf_signature
from pyhanko.sign.validation.status import PdfSignatureStatus
from pyhanko_certvalidator import ValidationContext


class InnerSeal(msgspec.Struct, frozen=True, kw_only=True):
    """What a PDF proves of itself.

    ``ours``: a key that one of the roots vouches for signed it, and what was signed is there as it was. ``whole``:
    nothing was added afterwards, and there is no second signature. ``from_us``: it names a signer whom one of the roots
    vouches for, whether the signature holds or not. ``certificate`` is the signer's, in DER.
    """

    ours: bool
    whole: bool
    from_us: bool = False
    certificate: bytes | None = None
    said: str


def inner_seal(pdf: bytes, roots: list[bytes]) -> InnerSeal:
    """Return what the first signature in a PDF says; ``roots`` are certificates in DER.

    Runs an event loop of its own: call it in a thread. Anything unreadable is not ours: a hostile file may make the
    reader fail in any way.
    """
    logging.getLogger("pyhanko").setLevel(logging.CRITICAL)  # it would tell of every forged file at length
    logging.getLogger("pyhanko_certvalidator").setLevel(logging.CRITICAL)
    try:
        signatures = PdfFileReader(io.BytesIO(pdf)).embedded_signatures
        if not signatures:
            return InnerSeal(ours=False, whole=False, said="no signature in it")
        trusted = [one for der in roots for one in load_certs_from_pemder_data(der)]
        context = ValidationContext(trust_roots=trusted, allow_fetching=False)
        status = validate_pdf_signature(signatures[0], context)
        signer = signatures[0].signer_cert
        return _inner(status, len(signatures), signer.dump() if signer is not None else None)
    except Exception as error:
        return InnerSeal(ours=False, whole=False, said=f"unreadable: {type(error).__name__}")


def _inner(status: PdfSignatureStatus, signatures: int, certificate: bytes | None) -> InnerSeal:
    ours = bool(status.intact and status.valid and status.trusted)
    whole = status.coverage == SignatureCoverageLevel.ENTIRE_FILE and bool(status.docmdp_ok) and signatures == 1
    said, from_us = status.summary(), bool(status.trusted)
    return InnerSeal(ours=ours, whole=ours and whole, from_us=from_us, certificate=certificate, said=said)
