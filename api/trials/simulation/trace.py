"""What happened, line by line, in names that mean something and are the same for the same seed."""

import datetime as dt
import hashlib
import re
from dataclasses import dataclass, field
from uuid import UUID

_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


@dataclass(slots=True)
class Trace:
    """The story of one schedule. An id is told by the name it was given, never as it is."""

    lines: list[str] = field(default_factory=list)
    now: dt.datetime = field(default_factory=lambda: dt.datetime.min.replace(tzinfo=dt.UTC))
    _names: dict[UUID, str] = field(default_factory=dict)

    def name(self, entity_id: UUID, label: str) -> UUID:
        """Give an id its name in the story, and return it."""
        self._names.setdefault(entity_id, label)
        return entity_id

    def of(self, entity_id: UUID | str | None) -> str:
        """Return the name of an id; one that nobody named gets the next number."""
        if entity_id is None:
            return "-"
        known = entity_id if isinstance(entity_id, UUID) else UUID(entity_id)
        return self._names.setdefault(known, f"thing {len(self._names) + 1}")

    def say(self, who: str, what: str) -> None:
        """Write a line; ids in it become names."""
        told = _ID.sub(lambda found: self.of(found.group()), what)
        self.lines.append(f"{self.now:%m-%d %H:%M:%S}  {who:14}  {told}")

    @property
    def digest(self) -> str:
        """Return what two runs of one seed agree on."""
        return hashlib.sha256("\n".join(self.lines).encode()).hexdigest()
