"""Which compressions are spoken, and how a client says which it takes."""

import gzip
import re
from collections.abc import Callable

import brotli

COMPRESS_FROM_BYTES = 1024
COMPRESSIONS: dict[str, Callable[[bytes], bytes]] = {
    "br": lambda content: brotli.compress(content, quality=4),
    "gzip": lambda content: gzip.compress(content, compresslevel=5),
}
"""The better first."""
_NO_WEIGHT = re.compile(r"q=0(\.0{0,3})?")


def accepts(header: str, coding: str) -> bool:
    """Tell whether an Accept-Encoding header names ``coding`` without refusing it by a weight of nothing."""
    for part in header.lower().split(","):
        name, _, weight = part.partition(";")
        if name.strip() == coding:
            return _NO_WEIGHT.fullmatch(weight.strip()) is None
    return False
