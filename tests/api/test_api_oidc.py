"""Logins by a provider (OIDC): a real one on loopback, and one that lies."""

import base64
import hashlib
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import httpx
import pytest
import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey
from tests.api.people import A, Site, console, cookie_in, site
from tests.api.providing import BACK, BEGIN, agree, back, begin, provided, tell

from foreseen.control.identity.people import person
from foreseen.control.scopes import Role

Serve = Callable[[FastAPI], AbstractContextManager[httpx.Client]]
ME = "/api/v1/me"


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Site]:
    with site(tmp_path) as made:
        made.clock.now = time.time_ns() // 1_000_000  # providers have clocks of their own
        yield made


@pytest.fixture
def client(place: Site, serve: Serve) -> Iterator[httpx.Client]:
    with serve(place.app) as made:
        yield made


def entered(client: httpx.Client, issuer_query: str, kept: str) -> dict[str, Any]:
    answer = back(client, issuer_query, kept)
    assert answer.status_code == 303, answer.text
    assert answer.headers["location"] == "/"
    me: dict[str, Any] = client.get(ME, headers=console(cookie_in(answer))).json()
    return me


def test_a_login_page_learns_whether_there_is_a_provider(
    place: Site, client: httpx.Client, provider: str
) -> None:
    ways = "/api/v1/auth/ways"
    assert client.get(ways).json() == {"provider": False}
    provided(place, provider)
    assert client.get(ways).json() == {"provider": True}
    assert client.get(ways, params={"tenant": "nobody"}).json() == {"provider": False}


def test_who_comes_first_is_made_with_the_role_of_their_groups_and_known_again(
    place: Site, client: httpx.Client, provider: str
) -> None:
    provided(place, provider, roles={"secops": "analyst", "leads": "engineer"})
    tell(provider, "u1", preferred_username="Ana Lyst", name="Ana", groups=["secops", "leads"])
    address, kept = begin(client)
    asked = parse_qs(urlsplit(address).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert all(len(asked[name][0]) >= 32 for name in ("state", "nonce", "code_challenge"))
    me = entered(client, agree(address, "u1"), kept)
    assert (me["name"], me["way"], me["user"]["role"]) == ("ana-lyst", "provider", "engineer")
    assert me["user"]["issuer"] == provider
    tell(provider, "u1", preferred_username="somebody-else", groups=["secops"])
    address, kept = begin(client)
    again = entered(client, agree(address, "u1"), kept)
    assert (again["name"], again["user"]["role"]) == ("ana-lyst", "analyst")
    tell(provider, "u1", groups=["cleaners"])
    address, kept = begin(client)
    assert back(client, agree(address, "u1"), kept).status_code == 403


def test_an_account_is_never_taken_over_by_name_or_address(
    place: Site, client: httpx.Client, provider: str
) -> None:
    place.person("ada", Role.ADMIN)
    provided(place, provider, default_role="viewer")
    tell(provider, "u2", preferred_username="ada", email="ada", email_verified=True)
    address, kept = begin(client)
    me = entered(client, agree(address, "u2"), kept)
    assert (me["name"], me["user"]["role"]) == ("ada-2", "viewer")
    assert person(place.engine, A, "ada").issuer is None


def test_only_verified_addresses_of_allowed_domains_log_in(
    place: Site, client: httpx.Client, provider: str
) -> None:
    provided(place, provider, default_role="viewer", allowed_domains=["Example.org"])
    for subject, email, verified, status in (
        ("v1", "a@example.org", True, 303),
        ("v2", "a@example.org", False, 403),
        ("v3", "a@example.org", "true", 403),
        ("v4", "a@example.org.evil.example", True, 403),
        ("v5", "a@evil.example", True, 403),
    ):
        tell(provider, subject, email=email, email_verified=verified)
        address, kept = begin(client)
        assert back(client, agree(address, subject), kept).status_code == status, subject


def test_an_account_is_bound_by_who_is_logged_in_and_by_nobody_else(
    place: Site, client: httpx.Client, provider: str
) -> None:
    provided(place, provider, default_role="viewer")
    place.person("ada", Role.ADMIN)
    place.person("eve", Role.VIEWER)
    ada, eve = place.login("ada"), place.login("eve")

    def bound(headers: dict[str, str], subject: str, returning: dict[str, str]) -> int:
        answer = client.post(f"{ME}/provider", headers=headers)
        kept, address = answer.cookies["foreseen-oidc"], answer.json()["address"]
        client.cookies.clear()
        cookie = f"{returning.get('Cookie', '')}; foreseen-oidc={kept}"
        query = agree(address, subject)
        return client.get(f"{BACK}?{query}", headers={"Cookie": cookie}).status_code

    assert client.post(f"{ME}/provider", headers={"Cookie": ada["Cookie"]}).status_code == 403
    assert bound(ada, "b1", {}) == 403
    assert bound(ada, "b1", eve) == 403
    assert bound(ada, "b1", ada) == 303
    client.cookies.clear()
    assert bound(eve, "b1", eve) == 409
    client.cookies.clear()
    address, kept = begin(client)
    me = entered(client, agree(address, "b1"), kept)
    assert (me["name"], me["user"]["role"]) == ("ada", "admin")


def test_answers_that_this_browser_did_not_ask_for_are_refused(
    place: Site, client: httpx.Client, provider: str
) -> None:
    provided(place, provider, default_role="viewer")
    address, kept = begin(client)
    _, other = begin(client)
    query = agree(address, "a1")
    said = dict(parse_qsl(query))
    assert back(client, query, None).status_code == 400
    assert back(client, query, "x").status_code == 400
    assert back(client, query, other).status_code == 403  # the state of another login
    assert back(client, urlencode({**said, "state": "x"}), kept).status_code == 403
    assert back(client, urlencode({"code": said["code"]}), kept).status_code == 403
    assert back(client, urlencode({"state": said["state"]}), kept).status_code == 403
    error = {"state": said["state"], "error": "access_denied"}
    assert back(client, urlencode(error), kept).status_code == 403
    assert back(client, urlencode({**said, "iss": "https://other"}), kept).status_code == 403
    assert back(client, urlencode({**said, "code": "\x00"}), kept).status_code == 403
    assert back(client, query, kept).status_code == 303
    assert back(client, query, kept).status_code == 403  # once
    address, kept = begin(client)
    query = agree(address, "a1")
    place.clock.passes(seconds=601)
    assert back(client, query, kept).status_code == 400  # too late


def test_a_disabled_account_does_not_log_in_by_its_provider(
    place: Site, client: httpx.Client, provider: str
) -> None:
    provided(place, provider, default_role="viewer")
    address, kept = begin(client)
    name = entered(client, agree(address, "d1"), kept)["name"]
    place.person("ada", Role.ADMIN)
    body = {"state": "disabled"}
    path = f"/api/v1/users/{name}"
    assert client.patch(path, json=body, headers=place.login("ada")).status_code == 200
    address, kept = begin(client)
    assert back(client, agree(address, "d1"), kept).status_code == 403


def test_a_provider_that_cannot_be_reached_is_told_and_local_logins_go_on(
    place: Site, client: httpx.Client
) -> None:
    provided(place, "http://127.0.0.1:9")
    assert client.get(BEGIN).status_code == 503
    assert client.get(f"{BEGIN}?tenant=other").status_code == 409
    assert client.get(f"{BEGIN}?tenant=%00").status_code == 409


@dataclass
class Liar:
    """A provider of our own, which can be told to lie."""

    issuer: str = ""
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "k"}))
    signs: Callable[[dict[str, Any]], str] | None = None
    claims: dict[str, Any] = field(default_factory=dict)
    discovery: dict[str, Any] = field(default_factory=dict)
    challenges: dict[str, str] = field(default_factory=dict)
    nonce: str = ""

    def authorize(self, address: str) -> str:
        """Log in; the query that it answers with."""
        asked = dict(parse_qsl(urlsplit(address).query))
        code = secrets.token_hex(8)
        self.challenges[code], self.nonce = asked["code_challenge"], asked["nonce"]
        return urlencode({"code": code, "state": asked["state"]})

    def token(self, code: str, verifier: str) -> dict[str, str] | None:
        """What the code gives, once, to who shows the verifier of its challenge."""
        digest = hashlib.sha256(verifier.encode()).digest()
        shown = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if self.challenges.pop(code, None) != shown:
            return None
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "sub": "liar",
            "aud": "foreseen",
            "iat": now,
            "exp": now + 60,
            "nonce": self.nonce,
            **self.claims,
        }
        claims = {name: value for name, value in claims.items() if value is not None}
        signed = self.signs(claims) if self.signs else self.signed(claims)
        return {"access_token": "t", "token_type": "Bearer", "id_token": signed}

    def signed(self, claims: dict[str, Any], key: RSAKey | None = None) -> str:
        """A token of these claims."""
        return jwt.encode({"alg": "RS256", "kid": "k"}, claims, key or self.key)


def app_of(liar: Liar) -> FastAPI:
    app = FastAPI()

    @app.get("/.well-known/openid-configuration")
    def discovery() -> dict[str, Any]:
        places = {
            name: f"{liar.issuer}/{path}"
            for name, path in (
                ("authorization_endpoint", "authorize"),
                ("token_endpoint", "token"),
                ("jwks_uri", "keys"),
            )
        }
        return {"issuer": liar.issuer, **places, **liar.discovery}

    @app.get("/keys")
    def keys() -> dict[str, Any]:
        return {"keys": [liar.key.as_dict(private=False)]}

    @app.post("/token")
    async def token(request: Request) -> JSONResponse:
        sent = dict(parse_qsl((await request.body()).decode()))
        given = liar.token(sent["code"], sent.get("code_verifier", ""))
        return JSONResponse(given or {"error": "invalid_grant"}, 200 if given else 400)

    return app


@contextmanager
def lying() -> Iterator[Liar]:
    liar = Liar()
    config = uvicorn.Config(app_of(liar), port=0, log_level="critical", ws="none", lifespan="off")
    server = uvicorn.Server(config)
    runner = threading.Thread(target=server.run)
    runner.start()
    while not server.started:
        time.sleep(0.005)
    liar.issuer = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    try:
        yield liar
    finally:
        server.should_exit = True
        runner.join()


def encoded(part: str) -> str:
    return base64.urlsafe_b64encode(part.encode()).rstrip(b"=").decode()


def unsigned(claims: dict[str, Any]) -> str:
    body = jwt.encode({"alg": "HS256"}, claims, OctKey.import_key("x" * 32)).split(".")[1]
    head = encoded('{"alg":"none"}')
    return f"{head}.{body}."


def test_tokens_that_are_not_for_this_login_are_refused(place: Site, client: httpx.Client) -> None:
    with lying() as liar:
        provided(place, liar.issuer, default_role="viewer")
        other_key = RSAKey.generate_key(2048, {"kid": "k"})
        public = liar.key.as_pem(private=False)

        def by_public_key(claims: dict[str, Any]) -> str:
            key = OctKey.import_key(base64.urlsafe_b64encode(public))
            return jwt.encode({"alg": "HS256", "kid": "k"}, claims, key)

        past = int(time.time()) - 3600
        lies: dict[str, dict[str, Any]] = {
            "nonce": {"claims": {"nonce": "of another login"}},
            "no nonce": {"claims": {"nonce": None}},
            "issuer": {"claims": {"iss": "https://other.example"}},
            "audience": {"claims": {"aud": "another-client"}},
            "audiences": {"claims": {"aud": ["foreseen", "other"], "azp": "other"}},
            "expired": {"claims": {"exp": past, "iat": past - 60}},
            "no expiry": {"claims": {"exp": None}},
            "no subject": {"claims": {"sub": None}},
            "alg none": {"signs": unsigned},
            "public key as secret": {"signs": by_public_key},
            "another key": {"signs": lambda claims: liar.signed(claims, other_key)},
            "no token": {"signs": lambda _: "x.y.z"},
        }
        for name, lie in lies.items():
            liar.signs, liar.claims = lie.get("signs"), lie.get("claims", {})
            address, kept = begin(client)
            answer = back(client, liar.authorize(address), kept)
            assert (answer.status_code, "set-cookie" in answer.headers) == (403, False), name
        liar.signs, liar.claims = None, {}
        address, kept = begin(client)
        assert entered(client, liar.authorize(address), kept)["name"] == "liar"
        address, kept = begin(client)
        elsewhere = liar.authorize(begin(client)[0])  # the code of another browser, its verifier
        mixed = {
            **dict(parse_qsl(liar.authorize(address))),
            "code": dict(parse_qsl(elsewhere))["code"],
        }
        assert back(client, urlencode(mixed), kept).status_code == 403
        liar.key = RSAKey.generate_key(2048, {"kid": "k2"})  # a provider changes its keys
        place.clock.passes(seconds=90)
        address, kept = begin(client)
        liar.signs = lambda claims: jwt.encode({"alg": "RS256", "kid": "k2"}, claims, liar.key)
        assert back(client, liar.authorize(address), kept).status_code == 303


@pytest.mark.parametrize(
    "told",
    [
        {"issuer": "http://127.0.0.1:1"},
        {"token_endpoint": "http://evil.example/token"},
        {"jwks_uri": "file:///etc/passwd"},
        {"authorization_endpoint": None},
    ],
)
def test_a_provider_that_describes_itself_wrongly_is_not_asked(
    place: Site, client: httpx.Client, told: dict[str, Any]
) -> None:
    with lying() as liar:
        liar.discovery = told
        provided(place, liar.issuer)
        assert client.get(BEGIN).status_code == 503
