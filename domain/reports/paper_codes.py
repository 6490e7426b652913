"""The collection code on a paper job sheet: printed before the visit, good for its report once that is keyed in."""

import base64
from uuid import UUID

from domain.kit.ports import Signer
from domain.reports.codes import COLLECTION_BYTES, PIN_DIGITS, CollectionSecret


def paper_secret(signer: Signer, visit_id: UUID) -> CollectionSecret:
    """Return the code and PIN on the paper of a visit: always the same ones, so printing again changes nothing.

    Made from our key: nobody else can, and nothing is stored before the report is there.
    """
    code = signer.mark(b"paper collection code 1\x00" + visit_id.bytes)
    pin = signer.mark(b"paper collection pin 1\x00" + visit_id.bytes)
    digits = int.from_bytes(pin, "big") % 10**PIN_DIGITS
    text = base64.b32encode(code[:COLLECTION_BYTES]).decode().rstrip("=")
    return CollectionSecret(text, f"{digits:0{PIN_DIGITS}d}")
