"""Texts that are wrong: a problem that names each thing with its line and the fix."""

from collections.abc import Callable, Iterable
from http import HTTPStatus

from pydantic import BaseModel

from foreseen.api.problems import ProblemError
from foreseen.rules import Problem

FAULTS = "urn:foreseen:problem:faults"
REGRETS = "urn:foreseen:problem:regrets"


class Fault(BaseModel):
    """One thing to mend: where, what is wrong, and what to do."""

    path: str
    line: int
    message: str


def faults_of(problems: Iterable[Problem], shown: Callable[[str], str] = str) -> list[Fault]:
    """Problems as a reader sees them.

    Args:
        problems: What is wrong.
        shown: Texts without what is nobody's business.
    """
    return [
        Fault(path=shown(each.path), line=each.line, message=shown(each.message))
        for each in problems
    ]


def refuse(faults: list[Fault]) -> None:
    """Refuse what cannot be kept.

    Raises:
        ProblemError: 422 with `faults`, there are some.
    """
    if faults:
        raise _error(HTTPStatus.UNPROCESSABLE_ENTITY, FAULTS, faults)


def warn(faults: list[Fault]) -> None:
    """Ask again before something is kept that people will regret.

    Raises:
        ProblemError: 409 with `faults`, there are some.
    """
    if faults:
        raise _error(HTTPStatus.CONFLICT, REGRETS, faults)


def _error(status: HTTPStatus, kind: str, faults: list[Fault]) -> ProblemError:
    told = "; ".join(f"{each.path}:{each.line}: {each.message}" for each in faults[:3])
    more = {"faults": [each.model_dump() for each in faults]}
    return ProblemError(status, f"{told}{'; ...' if faults[3:] else ''}", kind=kind, more=more)
