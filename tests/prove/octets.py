"""What Schemathesis does not know by itself: how the bytes of an upload are sent."""

from typing import Any

import schemathesis


@schemathesis.serializer("application/offset+octet-stream")
def bytes_of_an_upload(_: Any, value: Any) -> Any:
    """Send bytes as they are, and anything else as its text."""
    return value if isinstance(value, bytes) else str(value).encode()
