"""Who acts: the principal of a request, a push or a background task."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class Role(StrEnum):
    """What a person is to us; it decides which routes and commands are theirs."""

    ADMIN = "admin"
    DISPATCHER = "dispatcher"
    SERVICE_MANAGER = "service_manager"
    REVIEWER = "reviewer"
    PARTS_MANAGER = "parts_manager"
    PARTNER_OFFICE = "partner_office"
    TECHNICIAN = "technician"
    SYSTEM = "system"


OFFICE = frozenset({Role.ADMIN, Role.DISPATCHER, Role.SERVICE_MANAGER, Role.REVIEWER, Role.PARTS_MANAGER})
"""Our own desk: may see every partner's rows."""
MANAGERS = frozenset({Role.ADMIN, Role.SERVICE_MANAGER})
"""Who sets the rules, and answers for money and people."""


@dataclass(frozen=True, slots=True)
class Actor:
    """The principal: an account in a role, and the partner whose rows bound it (None for our own people)."""

    account_id: UUID
    role: Role
    partner_id: UUID | None = None
    session_id: UUID | None = None
    device_id: UUID | None = None
    name: str = ""
    key_id: UUID | None = None
    """The API key it came with: a partner's own system, which may do less than the account it acts as."""

    @property
    def is_office(self) -> bool:
        """Whether this is our own desk."""
        return self.role in OFFICE


SYSTEM = Actor(account_id=UUID(int=0), role=Role.SYSTEM, name="system")
"""The product itself: worker tasks and imports that nobody started by hand."""
