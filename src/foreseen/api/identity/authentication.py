"""Logging in by password or link: lockout, hashing, database, in this order."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, cast

from fastapi import Depends, Request
from starlette.concurrency import run_in_threadpool

from foreseen.api.identity.provider import Providers
from foreseen.api.problems import ProblemError
from foreseen.api.scopes import CHALLENGE
from foreseen.api.services import Services
from foreseen.control.database import writing
from foreseen.control.grants import address_of
from foreseen.control.identity import entering, lockout
from foreseen.control.identity.entering import (
    WRONG,
    Door,
    Entered,
    SecondFactorNeededError,
    Shown,
    enter_by_link,
    enter_by_password,
)
from foreseen.control.identity.links import Purpose, link_of
from foreseen.control.identity.lockout import Attempt
from foreseen.control.identity.logins import Came
from foreseen.control.identity.passwords import Hashing
from foreseen.core.errors import DeniedError
from foreseen.core.ids import TenantId

SECOND_FACTOR = "urn:foreseen:problem:second-factor"
WAIT = "urn:foreseen:problem:wait"
BREAK_GLASS = "break-glass"


@dataclass(frozen=True, slots=True)
class Authenticating:
    """What an app keeps to prove who calls: threads that hash, what is known of providers."""

    hashing: Hashing
    providers: Providers


def authenticating_of(request: Request) -> Authenticating:
    """That of the app that a request came to."""
    return cast("Authenticating", request.app.state.authenticating)


Authenticates = Annotated[Authenticating, Depends(authenticating_of)]


def door_of(services: Services) -> Door:
    """What logging in depends on."""
    return Door(services.control, services.identity.seal, services.identity.limits)


def came_by(way: str, request: Request) -> Came:
    """How a request's sender logs in."""
    return Came(way, address_of(request), request.headers.get("user-agent", ""))


@dataclass(frozen=True, slots=True)
class Typed:
    """What a person typed to log in."""

    tenant: TenantId
    name: str
    password: str
    code: str | None


async def log_in(services: Services, hashing: Hashing, typed: Typed, request: Request) -> Entered:
    """Log in by password.

    Raises:
        ProblemError: 401 what was typed is not right, or a code is needed too; 403 this server
            takes no passwords; 429 too many failed before.
        TransientError: Too many log in at once.
    """
    settings, now = services.identity.of(typed.tenant), services.clock()
    is_rescue = not settings.local_login and typed.name == settings.break_glass
    if not settings.local_login and not is_rescue:
        raise ProblemError(HTTPStatus.FORBIDDEN, "log in by your organisation's provider")
    came = came_by(BREAK_GLASS if is_rescue else "password", request)
    engine = services.control
    attempt = await run_in_threadpool(
        lockout.attempt_of, engine, typed.tenant, typed.name, came.address
    )
    await admitted(services, attempt)
    try:
        await _check(services, hashing, typed)
        return await run_in_threadpool(
            enter_by_password, door_of(services), attempt, typed.code, came, now=now
        )
    except SecondFactorNeededError as error:
        raise _needs_code(error) from error
    except DeniedError as error:
        await run_in_threadpool(lockout.tell_failure, engine, attempt, "password", now=now)
        raise ProblemError(HTTPStatus.UNAUTHORIZED, WRONG, CHALLENGE) from error


async def _check(services: Services, hashing: Hashing, typed: Typed) -> None:
    hash_ = await run_in_threadpool(
        entering.password_of, services.control, typed.tenant, typed.name
    )
    if not await hashing.fits(typed.password, hash_):
        raise DeniedError(WRONG)


async def admitted(services: Services, attempt: Attempt) -> None:
    """Count an attempt.

    Raises:
        ProblemError: 429, too many failed before.
    """
    wait = await run_in_threadpool(
        lockout.admit,
        services.control,
        attempt,
        services.identity.seal.key,
        now=services.clock(),
    )
    if wait > 0:
        raise ProblemError(
            HTTPStatus.TOO_MANY_REQUESTS,
            "too many logins failed; wait, or ask an admin to unlock you",
            {"Retry-After": str(-(-wait // 1000))},
            kind=WAIT,
        )


@dataclass(frozen=True, slots=True)
class ByLink:
    """What comes with a link."""

    secret: str
    password: str | None
    code: str | None
    name: str | None
    display_name: str


async def use_link(services: Services, hashing: Hashing, by: ByLink, request: Request) -> Entered:
    """Use a set-up or login link up.

    Raises:
        ProblemError: 401 a code is needed or wrong; 429 too many wrong ones.
        DeniedError: The link is not valid.
        MalformedInputError: The name or password is not acceptable.
    """
    now, engine = services.clock(), services.control
    link = await run_in_threadpool(link_of, engine, by.secret, now=now)
    attempt = Attempt(TenantId(link.tenant), link.user or "", address_of(request))
    if by.code is not None and link.purpose != Purpose.SETUP:
        await admitted(services, attempt)
    hash_ = None if by.password is None else await hashing.hash(by.password)
    shown = Shown(by.secret, hash_, by.code, by.name, by.display_name)
    try:
        entered = await run_in_threadpool(
            enter_by_link, door_of(services), shown, came_by("link", request), now=now
        )
    except SecondFactorNeededError as error:
        raise _needs_code(error) from error
    except DeniedError:
        await run_in_threadpool(lockout.tell_failure, engine, attempt, "link", now=now)
        raise
    if by.code is not None and link.purpose != Purpose.SETUP:
        await run_in_threadpool(forgiven, services, attempt, succeeded=True)
    return entered


def forgiven(services: Services, attempt: Attempt, *, succeeded: bool) -> None:
    """Take back the count of an attempt that did not fail; of all when somebody has logged in."""
    with writing(services.control) as session:
        lockout.forgive(session, attempt, services.identity.seal.key, succeeded=succeeded)


def _needs_code(error: SecondFactorNeededError) -> ProblemError:
    return ProblemError(HTTPStatus.UNAUTHORIZED, str(error), CHALLENGE, kind=SECOND_FACTOR)
