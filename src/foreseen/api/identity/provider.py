"""Talks with a provider of logins (OIDC): discovery, code flow with PKCE, signed tokens."""

import secrets
from dataclasses import dataclass
from typing import Any

import httpx2
import orjson
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.httpx_client import AsyncOAuth2Client
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from pydantic import BaseModel, ConfigDict, ValidationError

from foreseen.api.identity.settings import ProviderSettings, is_loopback, secret_of
from foreseen.control.identity.provided import Claimed
from foreseen.control.scopes import Role
from foreseen.core.errors import DeniedError, TransientError

_SIGNATURES = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
_TIMEOUT = httpx2.Timeout(10.0)
_KNOWN_MS = 3_600_000
_AGAIN_MS = 60_000  # keys are asked for again so often at most, when a token names an unknown one
_LEEWAY_SECONDS = 120
_LARGEST = 1 << 20
_MOST_TO_SAY = (Role.ADMIN, Role.ENGINEER, Role.RESPONDER, Role.ANALYST, Role.VIEWER)


class _Discovered(BaseModel):
    model_config = ConfigDict(frozen=True)
    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str


@dataclass(frozen=True, slots=True)
class _Known:
    place: _Discovered
    keys: KeySet
    since: int


@dataclass(frozen=True, slots=True)
class Asked:
    """A login that a provider was asked for; the browser keeps it, sealed.

    Attributes:
        address: Where the browser goes.
        state: What the answer has to bring back.
        nonce: What its token has to name.
        verifier: What proves to the provider that we asked (PKCE).
    """

    address: str
    state: str
    nonce: str
    verifier: str


class Providers:
    """What is known of providers by their issuers, for an hour."""

    def __init__(self) -> None:
        self._known: dict[str, _Known] = {}

    async def ask(self, settings: ProviderSettings, back: str, *, now: int) -> Asked:
        """Begin a login; `back` is our address that the provider answers to.

        Raises:
            TransientError: The provider cannot be reached, or is not what its address says.
        """
        known = await self._of(settings, now)
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        async with _client(settings, back) as client:
            address, _ = client.create_authorization_url(
                known.place.authorization_endpoint,
                state=state,
                code_verifier=verifier,
                nonce=nonce,
            )
        return Asked(address, state, nonce, verifier)

    async def claimed(
        self, settings: ProviderSettings, back: str, code: str, asked: Asked, *, now: int
    ) -> Claimed:
        """Who has logged in, by the code of the provider's answer.

        Raises:
            DeniedError: The code or the token is not valid, or who it is may not log in.
            TransientError: The provider cannot be reached.
        """
        known = await self._of(settings, now)
        try:
            async with _client(settings, back) as client:
                given = await client.fetch_token(
                    known.place.token_endpoint,
                    grant_type="authorization_code",
                    code=code,
                    code_verifier=asked.verifier,
                )
        except AuthlibBaseError as error:
            raise DeniedError("the provider refuses this answer; log in again") from error
        except (httpx2.HTTPError, ValueError) as error:
            raise TransientError(f"{settings.issuer}: {error!r}; try again") from error
        token = given.get("id_token")
        if not isinstance(token, str):
            raise DeniedError("the provider gave no token of who you are (scope openid)")
        claims = await self._verified(settings, known, token, asked, given, now)
        return _claimed(settings, claims)

    async def _verified(  # noqa: PLR0913, PLR0917 (all that a token is checked by)
        self,
        settings: ProviderSettings,
        known: _Known,
        token: str,
        asked: Asked,
        given: dict[str, Any],
        now: int,
    ) -> dict[str, Any]:
        """The claims of a token that this provider signed for us, for this login."""
        try:
            try:
                read = jwt.decode(token, known.keys, algorithms=list(_SIGNATURES))
            except (JoseError, ValueError):
                if now - known.since < _AGAIN_MS:
                    raise
                known = await self._discovered(settings, now)  # it may have changed its keys
                read = jwt.decode(token, known.keys, algorithms=list(_SIGNATURES))
            claims = CodeIDToken(
                read.claims,
                read.header,
                {
                    "iss": {"essential": True, "value": settings.issuer},
                    "aud": {"essential": True, "value": settings.client_id},
                    "sub": {"essential": True},
                },
                {
                    "nonce": asked.nonce,
                    "client_id": settings.client_id,
                    "access_token": given.get("access_token"),
                },
            )
            claims.validate(now // 1000, _LEEWAY_SECONDS)
        except (JoseError, AuthlibBaseError, ValueError, TypeError) as error:
            raise DeniedError("the provider's token is not valid; log in again") from error
        return dict(claims)

    async def _of(self, settings: ProviderSettings, now: int) -> _Known:
        known = self._known.get(settings.issuer)
        if known is None or now - known.since >= _KNOWN_MS:
            known = await self._discovered(settings, now)
        return known

    async def _discovered(self, settings: ProviderSettings, now: int) -> _Known:
        issuer = settings.issuer
        try:
            async with httpx2.AsyncClient(timeout=_TIMEOUT) as client:
                told = await _got(client, f"{issuer.rstrip('/')}/.well-known/openid-configuration")
                place = _Discovered.model_validate_json(told)
                _check(issuer, place)
                keys = KeySet.import_key_set(orjson.loads(await _got(client, place.jwks_uri)))
        except (httpx2.HTTPError, ValidationError, ValueError, JoseError) as error:
            raise TransientError(f"{issuer}: cannot be asked to log in: {error!r}") from error
        self._known[issuer] = _Known(place, keys, now)
        return self._known[issuer]


def _client(settings: ProviderSettings, back: str) -> Any:  # noqa: ANN401 (Authlib has no types)
    return AsyncOAuth2Client(
        settings.client_id,
        secret_of(settings),
        scope=" ".join(settings.scopes),
        redirect_uri=back,
        code_challenge_method="S256",
        timeout=_TIMEOUT,
        follow_redirects=False,
    )


async def _got(client: httpx2.AsyncClient, address: str) -> bytes:
    """What an address holds; a megabyte at most."""
    async with client.stream("GET", address) as answer:
        answer.raise_for_status()
        held = b""
        async for part in answer.aiter_bytes():
            held += part
            if len(held) > _LARGEST:
                raise ValueError(f"{address}: more than a megabyte")
        return held


def _check(issuer: str, place: _Discovered) -> None:
    """Refuse a provider that calls itself something else, or sends secrets in plain text."""
    if place.issuer != issuer:
        raise ValueError(f"it calls itself {place.issuer}")
    for address in (place.authorization_endpoint, place.token_endpoint, place.jwks_uri):
        parts = httpx2.URL(address)
        if parts.scheme != "https" and not is_loopback(parts.host):
            raise ValueError(f"{address} has to begin with https://")


def _claimed(settings: ProviderSettings, claims: dict[str, Any]) -> Claimed:
    email = claims.get("email")
    email = email if isinstance(email, str) else None
    if settings.allowed_domains:
        _check_domain(settings, email, verified=claims.get("email_verified") is True)
    name = claims.get("preferred_username") or (email or "").partition("@")[0] or claims["sub"]
    return Claimed(
        settings.issuer,
        str(claims["sub"]),
        str(name),
        str(claims.get("name") or ""),
        email,
        role_of(settings, claims.get(settings.groups_claim)),
        bool(settings.roles),
    )


def _check_domain(settings: ProviderSettings, email: str | None, *, verified: bool) -> None:
    domain = (email or "").rpartition("@")[2].lower()
    if not verified or domain not in {each.lower() for each in settings.allowed_domains}:
        raise DeniedError("your e-mail address is not of a domain that may log in here")


def role_of(settings: ProviderSettings, groups: object) -> Role | None:
    """The role with most to say of somebody's groups; else the one for everybody, if any."""
    named = groups if isinstance(groups, list) else [groups]
    given = {
        settings.roles[each] for each in named if isinstance(each, str) and each in settings.roles
    }
    return next((role for role in _MOST_TO_SAY if role in given), settings.default_role)
