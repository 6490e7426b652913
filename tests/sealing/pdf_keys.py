"""Keys for PDFs that need no register."""

import datetime as dt

from api.adapters.certificates import leaf_certificate, root_certificate
from api.adapters.key_files import new_private_key
from api.adapters.pdf_seal import PdfKey

AT = dt.datetime(2026, 11, 20, 9, 30, tzinfo=dt.UTC)


def new_pdf_key() -> PdfKey:
    """A key for PDFs with its own root."""
    now = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)
    root_key, key = new_private_key(), new_private_key()
    root = root_certificate(root_key, now)
    return PdfKey("00000000", key, leaf_certificate(key.public_key(), root_key, root, now), root)
