"""What the seal inside a PDF says by itself, read by pyHanko: without the register, so without what became of it."""

import io
import logging

import msgspec
from asn1crypto import cms, x509
from pyhanko.keys import load_certs_from_pemder_data
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import SignatureCoverageLevel, validate_pdf_signature
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko_certvalidator import ValidationContext


class InnerSeal(msgspec.Struct, frozen=True, kw_only=True):
    """What a PDF proves of itself.

    ``ours``: a key that one of the roots vouches for signed it, and what was signed is there as it was. ``whole``:
    nothing was added afterwards, there is no second signature, and what no signature covers is as sealing wrote it.
    ``from_us``: it carries one of the roots, as our seals do, whether a signature holds or not. ``certificate`` is the
    signer's, in DER.
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
            whole=ours and whole and len(signatures) == 1 and _as_sealed(pdf, signatures[0], trusted),
            from_us=from_us,
            certificate=None if signer is None else signer.dump(),
            said=status.summary(),
        )
    except Exception as error:
        return InnerSeal(ours=False, whole=False, from_us=from_us, said=f"unreadable: {type(error).__name__}")


def _as_sealed(pdf: bytes, seal: EmbeddedPdfSignature, roots: list[x509.Certificate]) -> bool:
    """Say whether a seal is written as ours are: no signature covers its frame, the root beside it and its filling."""
    signer, info = seal.signer_cert, seal.signer_info
    frame = cms.ContentInfo(
        {
            "content_type": "signed_data",
            "content": {
                "version": "v1",
                "digest_algorithms": [{"algorithm": "sha256"}],
                "encap_content_info": {"content_type": "data"},
                "certificates": [signer, *(root for root in roots if root.subject == signer.issuer)],
                "signer_infos": [
                    {
                        "version": "v1",
                        "sid": {
                            "issuer_and_serial_number": {"issuer": signer.issuer, "serial_number": signer.serial_number}
                        },
                        "digest_algorithm": {"algorithm": "sha256"},
                        "signed_attrs": info["signed_attrs"],
                        "signature_algorithm": {"algorithm": "sha256_ecdsa"},
                        "signature": info["signature"].native,
                    }
                ],
            },
        }
    )
    _, before, after, _ = seal.byte_range
    written = frame.dump().hex().upper().encode()
    return bool(pdf[before:after] == b"<" + written.ljust(after - before - 2, b"0") + b">")
