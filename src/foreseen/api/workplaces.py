"""What this server does for a caller's organisation: its lake, its rules; or a refusal."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus

from foreseen.api.problems import ProblemError
from foreseen.api.services import Services
from foreseen.control.grants import Grant
from foreseen.core.errors import TransientError
from foreseen.runners.rules.book import RuleBook
from foreseen.studies.feedback import Office

_NOT_HERE = "no worker of this server judges for your organisation"
_WAIT_SECONDS = 30.0
_HEAVY = threading.Lock()  # one at a time: each reads history or compiles rules, beside the judges


def office_for(services: Services, grant: Grant) -> Office:
    """Where words on the alerts of the caller's organisation are taken.

    Raises:
        ProblemError: 403, this server does not work for it.
    """
    if services.office is None or grant.tenant not in services.tenants:
        raise ProblemError(HTTPStatus.FORBIDDEN, _NOT_HERE)
    return services.office(grant.tenant)


def book_for(services: Services, grant: Grant) -> RuleBook:
    """The rules that label the events of the caller's organisation.

    Raises:
        ProblemError: 403, this server does not work for it.
    """
    if services.rules is None or grant.tenant not in services.tenants:
        raise ProblemError(HTTPStatus.FORBIDDEN, _NOT_HERE)
    return services.rules


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Heavy work of the block waits for that of others.

    Raises:
        TransientError: It waited too long.
    """
    if not _HEAVY.acquire(timeout=_WAIT_SECONDS):
        raise TransientError("the server answers another such question; retry later")
    try:
        yield
    finally:
        _HEAVY.release()
