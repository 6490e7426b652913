"""The register of commands: the union a phone may send, the action of each, and what follows in the same savepoint."""

from collections.abc import Awaitable, Callable
from typing import Any

from domain.kit.command import Action, Command
from domain.kit.work import Work
from domain.people import actions as people

_ALL: tuple[Action, ...] = (
    people.create_partner,
    people.invite_person,
    people.disable_person,
    people.enable_person,
    people.revoke_device,
)
ACTIONS: dict[type[Command], Action] = {action.command: action for action in _ALL}
THEN: dict[type[Command], list[Callable[[Work, Any], Awaitable[None]]]] = {}
BY_TAG: dict[str, type[Command]] = {action.tag: action.command for action in _ALL}
