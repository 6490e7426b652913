"""Why an operation is kept for a person although nothing is wrong with the work itself."""

from domain.kit.problem import Kind, Problem


class UnknownVersion(Problem, kind=Kind.INVALID, queued="recorded"):
    """The phone's app is newer than the server; the operation is kept until it is understood."""


class ServerError(Problem, kind=Kind.CONFLICT, queued="recorded"):
    """The server failed at this operation several times; it is kept, and people were told."""
