"""The single gate: whose rows a principal may see or touch. Row-level security is the second wall behind it."""

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, bindparam, false, true

from domain.kit.actor import OFFICE, Actor, Role
from domain.kit.problem import NotAllowed

DESK = frozenset({Role.ADMIN, Role.DISPATCHER, Role.SERVICE_MANAGER})
"""Who plans the work."""
MASTER_DATA = frozenset({Role.ADMIN, Role.SERVICE_MANAGER, Role.PARTS_MANAGER})
REVIEWERS = frozenset({Role.REVIEWER, Role.SERVICE_MANAGER})
"""Who decides on claims: our own office, so never of the organisation that submitted."""
PARTNER_DESK = DESK | {Role.PARTNER_OFFICE}
FIELD = frozenset({Role.TECHNICIAN})
SHEET = FIELD | DESK
"""Who may write a job sheet: its technician, or the office keying in paper."""
PEOPLE = frozenset({Role.ADMIN, Role.SERVICE_MANAGER, Role.PARTNER_OFFICE})
EVERYBODY = OFFICE | {Role.PARTNER_OFFICE, Role.TECHNICIAN}


def own_rows(actor: Actor, partner_id: Any, technician_id: Any = None) -> ColumnElement[bool]:
    """Return the condition that keeps a statement to rows this principal may see.

    The office sees all; a partner's office its partner's rows; a technician the rows that name them, or all rows of
    their own side where the table has no technician.
    """
    ours = actor.partner_id is None
    return _own(actor.role, ours, partner_id, technician_id, actor.partner_id, actor.account_id)


def own_rows_of(role: Role, ours: bool, partner_id: Any, technician_id: Any = None) -> ColumnElement[bool]:
    """Return the condition of ``own_rows`` for everybody of a role and side, for a statement that is made once.

    It takes ``own_params`` when it runs.
    """
    return _own(role, ours, partner_id, technician_id, bindparam("own_partner"), bindparam("own_account"))


def _own(
    role: Role, ours: bool, partner_id: Any, technician_id: Any, own_partner: Any, own_account: Any
) -> ColumnElement[bool]:
    if role in OFFICE or role is Role.SYSTEM:
        return true()
    if role is Role.PARTNER_OFFICE:
        return and_(partner_id == own_partner, partner_id.is_not(None))
    if role is Role.TECHNICIAN:
        same_side = partner_id.is_(None) if ours else partner_id == own_partner
        return same_side if technician_id is None else and_(same_side, technician_id == own_account)
    return false()


def own_params(actor: Actor) -> dict[str, UUID | None]:
    """Return the parameters of ``own_rows_of``."""
    return {"own_partner": actor.partner_id, "own_account": actor.account_id}


def refuse_to_keep(actor: Actor, role: str) -> None:
    """Raise NotAllowed unless the principal may keep accounts of a role: who resets a password can become that person.

    An admin's account is kept by admins, and a partner's office keeps technicians; whose rows they are is asked apart.
    """
    if role == Role.ADMIN and actor.role not in (Role.ADMIN, Role.SYSTEM):
        raise NotAllowed("An admin's account is kept by an admin.")
    if actor.role is Role.PARTNER_OFFICE and role != Role.TECHNICIAN:
        raise NotAllowed("A partner's office looks after its technicians.")
