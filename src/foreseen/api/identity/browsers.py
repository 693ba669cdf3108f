"""What browsers are told and asked: cookies, where a request comes from, security headers."""

from collections.abc import Iterable
from http import HTTPStatus
from urllib.parse import urlsplit

from fastapi import Request, Response
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from foreseen.api.identity.settings import Identity, is_loopback
from foreseen.api.problems import ProblemError

HEADER = "X-Foreseen-Request"
FOREIGN = "urn:foreseen:problem:foreign-request"
_NAME = "foreseen-session"
_ANSWER = "foreseen-oidc"
_HOST = "__Host-"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
POLICY = (
    "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none';"
    " object-src 'none'"
)
_ALWAYS = {
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_KEPT = ("/assets/",)  # files whose names change with their content


def is_secure(request: Request, identity: Identity) -> bool:
    """Whether cookies go over TLS only: always, but for a browser on this machine itself."""
    if identity.public_url is not None:
        return identity.public_url.startswith("https:")
    caller = request.client.host if request.client else None
    plain = request.url.scheme == "http" and is_loopback(request.url.hostname)
    return not (plain and is_loopback(caller))


def cookie_of(request: Request, identity: Identity) -> str | None:
    """The session's cookie, if there is one."""
    return request.cookies.get(_named(_NAME, secure=is_secure(request, identity)))


def set_cookie(request: Request, response: Response, identity: Identity, value: str) -> None:
    """Let the browser keep the session's cookie."""
    _set(request, response, identity, _NAME, value, identity.limits.absolute // 1000)


def forget_cookie(request: Request, response: Response, identity: Identity) -> None:
    """Let the browser forget it."""
    _set(request, response, identity, _NAME, "", 0)


def answer_of(request: Request, identity: Identity) -> str | None:
    """What was kept for a provider's answer, if anything was."""
    return request.cookies.get(_named(_ANSWER, secure=is_secure(request, identity)))


def keep_for_answer(
    request: Request, response: Response, identity: Identity, value: str, *, seconds: int
) -> None:
    """Let the browser keep what a provider's answer is compared with; empty: forget it."""
    _set(request, response, identity, _ANSWER, value, seconds)


def _set(  # noqa: PLR0913, PLR0917 (a cookie's parts)
    request: Request, response: Response, identity: Identity, name: str, value: str, seconds: int
) -> None:
    secure = is_secure(request, identity)
    response.set_cookie(
        _named(name, secure=secure),
        value,
        max_age=seconds,
        path="/",
        secure=secure,
        httponly=True,
        samesite="lax",
    )


def _named(name: str, *, secure: bool) -> str:
    return f"{_HOST}{name}" if secure else name


def public_address(request: Request, identity: Identity) -> str:
    """Where browsers reach the server."""
    return identity.public_url or f"{request.url.scheme}://{request.url.netloc}"


def refuse_foreign(request: Request, identity: Identity, *, with_cookie: bool) -> None:
    """Refuse what a page of somebody else makes a browser send.

    With a cookie the request has to prove that it is ours: by where it comes from and by a header
    that no other page can add. Without one it only must not be foreign.

    Raises:
        ProblemError: 403, it may be another page's.
    """
    if request.method in _SAFE:
        return
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    foreign = site is not None and site != "same-origin"
    if origin is not None:
        foreign = foreign or not _is_ours(origin, request, identity)
    unproved = with_cookie and (
        (site is None and origin is None) or HEADER.lower() not in request.headers
    )
    if foreign or unproved:
        raise ProblemError(
            HTTPStatus.FORBIDDEN,
            f"with a session, send what changes from the console's own page and with {HEADER}: 1",
            kind=FOREIGN,
        )


def _is_ours(origin: str, request: Request, identity: Identity) -> bool:
    if identity.public_url is not None:
        return origin == identity.public_url
    return urlsplit(origin).netloc == request.headers.get("host")


class SecurityHeaders:
    """Adds the headers that bound what a browser does with any answer.

    Args:
        app: What answers.
        secure: Browsers shall come by TLS only from now on.
    """

    def __init__(self, app: ASGIApp, *, secure: bool = False) -> None:
        self._app, self._secure = app, secure

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, with the headers."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._wanted(scope["path"]):
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, sending)

    def _wanted(self, path: str) -> Iterable[tuple[str, str]]:
        yield from _ALWAYS.items()
        if not path.startswith(_KEPT):
            yield "Cache-Control", "no-store"
        if self._secure:
            yield "Strict-Transport-Security", "max-age=31536000"
