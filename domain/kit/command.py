"""Commands and their actions: the one vocabulary of HTTP bodies, phones' queues and the OpenAPI document."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from domain.kit.actor import Role
from domain.kit.journal import Outcome
from domain.kit.limits import check_moments
from domain.kit.ports import Signer
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


Upcast = Callable[[dict[str, Any]], dict[str, Any]]


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
    locks_unit: bool = False
    """Whether it locks a unit: a push commits after it, so that no unit is held while others are waited for."""
    upcasts: tuple[Upcast, ...] = ()
    """How the fields of version 1 become those of version 2, and so on: phones that were not updated stay welcome."""

    def command_from(self, version: int, fields: dict[str, Any]) -> Command:
        """Return the command that a phone queued in ``version``, brought up to this one.

        Raises: msgspec.ValidationError when a field is missing, unknown or out of bounds.
        """
        for upcast in self.upcasts[version - 1 :]:
            fields = upcast(fields)
        return msgspec.convert(fields, self.command)


@dataclass(frozen=True, slots=True)
class Register:
    """What may be asked for: every action, what follows it in the same savepoint, and the commands by their tags.

    ``signer`` is the process's own, for the tag codes of labels.
    """

    actions: dict[type[Command], Action]
    then: dict[type[Command], list[Callable[["Work", Any], Awaitable[None]]]]
    by_tag: dict[str, type[Command]]
    signer: Signer | None = None


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
    locks_unit: bool = False,
    upcasts: tuple[Upcast, ...] = (),
) -> Callable[[Carry[C]], Action]:
    """Turn a function ``(work, command) -> Done`` into the action of ``command``.

    Its version is one more than the upcasts that lead to it.
    """

    def declare(carry_out: Carry[C]) -> Action:
        tag = str(command.__struct_config__.tag)
        version = len(upcasts) + 1
        return Action(carry_out, command, tag, version, by, answer, raises, example, creates, locks_unit, upcasts)

    return declare
