"""Commands and their actions: the one vocabulary of HTTP bodies, phones' queues and the OpenAPI document."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from domain.kit.actor import Role
from domain.kit.journal import Outcome
from domain.kit.limits import check_moments
from domain.kit.problem import Problem

if TYPE_CHECKING:
    from domain.kit.work import Work


class Command(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="type"):
    """Something a person wants done; imperative, bounded in every field, never holding a credential."""

    def __post_init__(self) -> None:
        """Refuse moments outside the calendar the product can read back."""
        check_moments(self)


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What a principal is told about a command that was carried out."""


@dataclass(frozen=True, slots=True)
class Done:
    """The end of an action: what is told to the principal, what is known (for the office), and the outcome."""

    answer: Answer
    verdict: Any = None
    outcome: Outcome = "applied"


@dataclass(frozen=True, slots=True)
class Action:
    """An action with what the contract says of it: who may, what it answers, what can go wrong, an example."""

    carry_out: Callable[["Work", Any], Awaitable[Done]]
    command: type[Command]
    tag: str
    version: int
    by: frozenset[Role]
    answer: type[Answer]
    raises: tuple[type[Problem], ...]
    example: Command
    creates: bool


C = TypeVar("C", bound=Command)
Carry = Callable[["Work", C], Awaitable[Done]]


def action(
    command: type[C],
    *,
    by: frozenset[Role],
    answer: type[Answer],
    example: C,
    raises: tuple[type[Problem], ...] = (),
    creates: bool = False,
    version: int = 1,
) -> Callable[[Carry[C]], Action]:
    """Turn a function ``(work, command) -> Done`` into the action of ``command``."""

    def declare(carry_out: Carry[C]) -> Action:
        tag = str(command.__struct_config__.tag)
        return Action(carry_out, command, tag, version, by, answer, raises, example, creates)

    return declare
