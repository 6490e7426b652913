"""Forms with a file, as browsers send them: read as they come, within bounds; anything else is refused."""

import re
from collections.abc import AsyncIterator

from multipart import MultipartError, MultipartSegment, PushMultipartParser, parse_options_header  # type: ignore[import-untyped]

from domain.kit.problem import BodyTooLarge, InvalidRequest, MalformedRequest

MULTIPART = "multipart/form-data"
fields_max = 12
text_bytes_max = 16 * 1024
_BOUNDARY = re.compile(r"[0-9A-Za-z'()+_,\-./:=?]{1,70}")


async def read_form(
    content_type: str, parts: AsyncIterator[bytes], file_field: str, file_bytes_max: int
) -> tuple[dict[str, str], bytes]:
    """Return the text fields of a form and the bytes of its one file, empty when none was chosen.

    Raises: MalformedRequest, InvalidRequest for a field that comes twice, BodyTooLarge.
    """
    boundary = parse_options_header(content_type)[1].get("boundary", "")
    if not _BOUNDARY.fullmatch(boundary):
        raise MalformedRequest("The form names no boundary between its fields.")
    parser = PushMultipartParser(boundary, max_segment_count=fields_max, strict=True)
    fields: dict[str, bytearray] = {}
    current = bytearray()
    bound = 0
    try:
        async for part in _but_the_last_line_end(parts):
            for event in parser.parse(part):
                if isinstance(event, MultipartSegment):
                    name = event.name or ""
                    if name in fields:
                        raise InvalidRequest(f"{name[:100]} is given more than once.", field=name[:100])
                    current = fields[name] = bytearray()
                    bound = file_bytes_max if name == file_field else text_bytes_max
                elif event is not None:
                    current += event
                    if len(current) > bound:
                        raise BodyTooLarge(f"At most {bound} bytes.")
        parser.close()
    except MultipartError as error:
        raise MalformedRequest(f"The body is not a form this operation can read: {str(error)[:200]}") from None
    file = bytes(fields.pop(file_field, b""))
    try:
        return {name: value.decode() for name, value in fields.items()}, file
    except UnicodeDecodeError:
        raise MalformedRequest("The form is not in UTF-8.") from None


async def _but_the_last_line_end(parts: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Yield a form without the line end behind its last boundary: coming by itself it would be data after the end."""
    held = b""
    async for part in parts:
        whole = held + part
        end = len(whole) - (2 if whole.endswith(b"\r\n") else 1 if whole.endswith(b"\r") else 0)
        held = whole[end:]
        if end:
            yield whole[:end]
