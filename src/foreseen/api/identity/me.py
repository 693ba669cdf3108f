"""Who calls, and what they may change of themselves."""

from http import HTTPStatus

from fastapi import APIRouter, Request
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool

from foreseen.api.identity.authentication import Authenticates, admitted, forgiven
from foreseen.api.identity.views import STRICT, Code, Password, Text, UserView, user_view
from foreseen.api.problems import ProblemError, documented
from foreseen.api.scopes import Personal, Reading
from foreseen.api.services import Serviced, Services
from foreseen.control.database import writing
from foreseen.control.grants import Grant, address_of
from foreseen.control.identity import second_factor
from foreseen.control.identity.entering import password_of, set_password
from foreseen.control.identity.lockout import Attempt, tell_failure
from foreseen.control.identity.passwords import Hashing
from foreseen.control.identity.people import Wanted, change_person, person, row_of
from foreseen.control.scopes import Scope
from foreseen.core.errors import ConflictError

router = APIRouter(prefix="/api/v1/me")


class MeView(BaseModel):
    """The caller: a person, or a token that nobody owns (then `user` is null)."""

    tenant: str
    name: str
    scopes: list[Scope]
    way: str
    user: UserView | None


class MeBody(BaseModel):
    """What becomes of oneself."""

    model_config = STRICT
    display_name: Text


class PasswordBody(BaseModel):
    """The password that is, and the one that shall be."""

    model_config = STRICT
    password: Password
    new_password: Password


class ProofBody(BaseModel):
    """The password, typed again."""

    model_config = STRICT
    password: Password


class CodeBody(BaseModel):
    """A code of the authenticator."""

    model_config = STRICT
    code: Code


class DisableBody(BaseModel):
    """The password, and a code or a recovery code."""

    model_config = STRICT
    password: Password
    code: Code


class EnrolmentView(BaseModel):
    """What goes into an authenticator; shown only now."""

    secret: str
    address: str


class RecoveryView(BaseModel):
    """Codes that stand for the authenticator once each; shown only now."""

    recovery_codes: list[str]


@router.get("", responses=documented())
def get_me(services: Serviced, grant: Reading) -> MeView:
    """Who the server takes the caller for."""
    found = grant.user and person(services.control, grant.tenant, grant.user)
    return MeView(
        tenant=grant.tenant,
        name=grant.name,
        scopes=[scope for scope in Scope if scope in grant.scopes],
        way=grant.login.way if grant.login else "token",
        user=user_view(found) if found else None,
    )


@router.patch("", responses=documented())
def change_me(services: Serviced, grant: Personal, request: Request, body: MeBody) -> UserView:
    """Change what one is called."""
    wanted = Wanted(display_name=body.display_name)
    by, now = grant.actor(request), services.clock()
    user = grant.user or ""
    return user_view(change_person(services.control, grant.tenant, user, wanted, by=by, now=now))


@router.post("/password", status_code=HTTPStatus.NO_CONTENT, responses=documented(409, 429))
async def change_password(
    services: Serviced,
    authenticates: Authenticates,
    grant: Personal,
    request: Request,
    body: PasswordBody,
) -> None:
    """Change the own password; every other login ends."""
    attempt = await _proved(services, authenticates.hashing, grant, body.password, request)
    await run_in_threadpool(forgiven, services, attempt, succeeded=False)
    hash_ = await authenticates.hashing.hash(body.new_password)

    def write() -> None:
        with writing(services.control) as session:
            row = row_of(session, grant.tenant, grant.user or "")
            by, now, mine = grant.actor(request), services.clock(), _login(grant)
            set_password(session, row, hash_, by=by, now=now, login=mine)

    await run_in_threadpool(write)


@router.post("/totp", responses=documented(409, 429))
async def enrol_totp(
    services: Serviced,
    authenticates: Authenticates,
    grant: Personal,
    request: Request,
    body: ProofBody,
) -> EnrolmentView:
    """Get a secret for an authenticator; it counts once `/me/totp/confirm` has had a code of it."""
    attempt = await _proved(services, authenticates.hashing, grant, body.password, request)
    await run_in_threadpool(forgiven, services, attempt, succeeded=False)

    def write() -> second_factor.Enrolment:
        with writing(services.control) as session:
            row = row_of(session, grant.tenant, grant.user or "")
            return second_factor.enrol(row, services.identity.seal, now=services.clock())

    made = await run_in_threadpool(write)
    return EnrolmentView(secret=made.secret, address=made.address)


@router.post("/totp/confirm", responses=documented(429))
async def confirm_totp(
    services: Serviced, grant: Personal, request: Request, body: CodeBody
) -> RecoveryView:
    """Make the second factor count; every other login ends."""
    attempt = _attempt(grant, request)
    await admitted(services, attempt)

    def write() -> list[str]:
        with writing(services.control) as session:
            return second_factor.confirm(
                session,
                row_of(session, grant.tenant, grant.user or ""),
                body.code,
                services.identity.seal,
                by=grant.actor(request),
                login=_login(grant),
                now=services.clock(),
            )

    codes = await run_in_threadpool(write)
    await run_in_threadpool(forgiven, services, attempt, succeeded=False)
    return RecoveryView(recovery_codes=codes)


@router.post("/totp/disable", status_code=HTTPStatus.NO_CONTENT, responses=documented(409, 429))
async def disable_totp(
    services: Serviced,
    authenticates: Authenticates,
    grant: Personal,
    request: Request,
    body: DisableBody,
) -> None:
    """Take the own second factor away; the password and a code are needed."""
    attempt = await _proved(services, authenticates.hashing, grant, body.password, request)
    seal, now = services.identity.seal, services.clock()

    def write() -> bool:
        with writing(services.control) as session:
            row = row_of(session, grant.tenant, grant.user or "")
            if not second_factor.take_code(session, row, body.code, seal, now=now):
                return False
            second_factor.disable(session, row, by=grant.actor(request), now=now)
            return True

    if not await run_in_threadpool(write):
        raise ProblemError(HTTPStatus.FORBIDDEN, "the code is not right")
    await run_in_threadpool(forgiven, services, attempt, succeeded=False)


async def _proved(
    services: Services, hashing: Hashing, grant: Grant, password: str, request: Request
) -> Attempt:
    """See that whoever has the session knows its person's password, too.

    The attempt stays counted until the caller forgives it: a code may be guessed beside it.

    Raises:
        ConflictError: The person has no password.
        ProblemError: 403 it is another one; 429 too many wrong ones.
    """
    attempt = _attempt(grant, request)
    hash_ = await run_in_threadpool(password_of, services.control, grant.tenant, attempt.name)
    if hash_ is None:
        raise ConflictError("you have no password here; ask an admin for a link to set one")
    await admitted(services, attempt)
    if not await hashing.fits(password, hash_):
        now = services.clock()
        await run_in_threadpool(tell_failure, services.control, attempt, "password again", now=now)
        raise ProblemError(HTTPStatus.FORBIDDEN, "the password is not right")
    return attempt


def _attempt(grant: Grant, request: Request) -> Attempt:
    return Attempt(grant.tenant, grant.user or "", address_of(request))


def _login(grant: Grant) -> str:
    return grant.login.id if grant.login else ""
