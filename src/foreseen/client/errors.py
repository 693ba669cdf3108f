"""What a server refuses, as errors: each is one of ours, with the problem that the server told."""

from dataclasses import dataclass

from foreseen.core.errors import (
    ConflictError,
    DeniedError,
    ForeseenError,
    MalformedInputError,
    NotFoundError,
    StaleError,
    TransientError,
)


@dataclass(frozen=True, slots=True)
class Problem:
    """What the server said (RFC 9457).

    Attributes:
        status: The HTTP status.
        detail: What is wrong, and what to do.
        kind: Names the kind, for programs; `about:blank` where the status says all.
        request_id: Finds the request in the server's log.
    """

    status: int
    detail: str
    kind: str = "about:blank"
    request_id: str | None = None


class ProblemError(ForeseenError):
    """A request was refused."""

    def __init__(self, problem: Problem) -> None:
        asked = f" (request {problem.request_id})" if problem.request_id else ""
        super().__init__(f"{problem.detail}{asked}")
        self.problem = problem


class InvalidError(ProblemError, MalformedInputError):
    """The request itself is wrong; a retry will not help."""


class RefusedError(ProblemError, DeniedError):
    """The token is not valid, or may not do this."""


class MissingError(ProblemError, NotFoundError):
    """There is no such thing, or it is not the caller's to know."""


class TakenError(ProblemError, ConflictError):
    """It contradicts what is there."""


class OutdatedError(ProblemError, StaleError):
    """It was changed since the caller looked at it."""


class BusyError(ProblemError, TransientError):
    """The server cannot do it now; it was retried already."""


class UnreachableError(TransientError):
    """There was no answer."""


_BY_STATUS: dict[int, type[ProblemError]] = {
    400: InvalidError,
    401: RefusedError,
    403: RefusedError,
    404: MissingError,
    406: InvalidError,
    409: TakenError,
    412: OutdatedError,
    413: InvalidError,
    415: InvalidError,
    422: InvalidError,
    428: OutdatedError,
    429: BusyError,
    502: BusyError,
    503: BusyError,
    504: BusyError,
}


def error_of(problem: Problem) -> ProblemError:
    """The error that stands for a problem."""
    return _BY_STATUS.get(problem.status, ProblemError)(problem)
