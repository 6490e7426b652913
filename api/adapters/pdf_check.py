"""What the seal inside a PDF says by itself, read by pyHanko: without the register, so without what became of it."""

import io
import logging

import msgspec
from pyhanko.keys import load_certs_from_pemder_data
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import SignatureCoverageLevel, validate_pdf_signature
from pyhanko_certvalidator import ValidationContext


class InnerSeal(msgspec.Struct, frozen=True, kw_only=True):
    """What a PDF proves of itself.

    ``ours``: a key that one of the roots vouches for signed it, and what was signed is there as it was. ``whole``:
    nothing was added afterwards, and there is no second signature. ``from_us``: it carries one of the roots, as our
    seals do, whether a signature holds or not. ``certificate`` is the signer's, in DER.
    """

    ours: bool
    whole: bool
    from_us: bool
    certificate: bytes | None = None
    said: str


def inner_seal(pdf: bytes, roots: list[bytes]) -> InnerSeal:
    """Return what the first signature in a PDF says; ``roots`` are certificates in DER.

    Runs an event loop of its own: call it in a thread. Anything unreadable is not ours: a hostile file may make the
    reader fail in any way.
    """
    logging.getLogger("pyhanko").setLevel(logging.CRITICAL)  # it would tell of every forged file at length
    logging.getLogger("pyhanko_certvalidator").setLevel(logging.CRITICAL)
    from_us = any(der.hex().upper().encode() in pdf for der in roots)
    try:
        signatures = PdfFileReader(io.BytesIO(pdf)).embedded_signatures
        if not signatures:
            return InnerSeal(ours=False, whole=False, from_us=from_us, said="no signature in it")
        trusted = [one for der in roots for one in load_certs_from_pemder_data(der)]
        status = validate_pdf_signature(signatures[0], ValidationContext(trust_roots=trusted, allow_fetching=False))
        signer = signatures[0].signer_cert
        whole = status.coverage == SignatureCoverageLevel.ENTIRE_FILE and bool(status.docmdp_ok)
        ours = bool(status.intact and status.valid and status.trusted)
        return InnerSeal(
            ours=ours,
            whole=ours and whole and len(signatures) == 1,
            from_us=from_us,
            certificate=None if signer is None else signer.dump(),
            said=status.summary(),
        )
    except Exception as error:
        return InnerSeal(ours=False, whole=False, from_us=from_us, said=f"unreadable: {type(error).__name__}")
