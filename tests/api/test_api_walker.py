"""Every route, whoever added it: it states its scope, keeps others out and tells them nothing.

The routes are read from the app. `route_scopes.txt` beside this file says what each one needs; a
change of it is for a reviewer to see.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import Depends, FastAPI
from fastapi.routing import APIRoute
from sqlalchemy import text
from starlette.routing import BaseRoute
from tests.api.lake_site import plant as plant_in_lake
from tests.api.people import A, B, Site, site
from tests.api.planting import CANARY, Planted, plant, rows_of

from foreseen.api.identity.browsers import FOREIGN
from foreseen.api.scopes import LOGIN_NEEDED, SCOPE_NEEDED, Needs, public
from foreseen.control.scopes import SCOPES_OF, Role, Scope
from foreseen.core.errors import NotFoundError
from foreseen.core.ids import TenantId

SNAPSHOT = Path(__file__).with_name("route_scopes.txt")
SAFE = {"GET", "HEAD", "OPTIONS"}
NO_WORKER = "no worker of this server"
REQUEST = re.compile(r'"request_id":"[^"]*"')  # differs with each request
PARAMETER = re.compile(r"\{(\w+)(?::\w+)?\}")

Serve = Callable[[FastAPI], AbstractContextManager[httpx.Client]]


@dataclass(frozen=True)
class Walked:
    """A route as a caller sees it; `scope` is None where anyone may call it."""

    method: str
    path: str
    scope: Scope | None
    login: bool

    @property
    def needs(self) -> str:
        """What the snapshot says of it."""
        by_login = " by login" if self.login else ""
        return f"{self.scope.value}{by_login}" if self.scope else "public"

    def at(self, *values: object) -> str:
        """Its address with values in the place of parameters."""
        left = iter(values)
        return PARAMETER.sub(lambda _: str(next(left)), self.path)

    @property
    def parameters(self) -> int:
        """How many its address has."""
        return len(PARAMETER.findall(self.path))


def all_routes(found: list[BaseRoute]) -> Iterator[APIRoute]:
    for route in found:
        included = getattr(route, "original_router", None)
        if included is not None:
            yield from all_routes(included.routes)
        else:
            assert isinstance(route, APIRoute), f"{route} states no scope"
            yield route


def walked(app: FastAPI) -> list[Walked]:
    """Every route of the app with every method."""
    found = []
    for route in all_routes(app.routes):
        calls = [each.call for each in route.dependant.dependencies]
        stated = [call for call in calls if isinstance(call, Needs) or call is public]
        assert len(stated) == 1, f"{route.path} has to state one scope"
        needs = stated[0]
        for method in sorted(route.methods or ()):
            if isinstance(needs, Needs):
                found.append(Walked(method, route.path, needs.scope, needs.login))
            else:
                found.append(Walked(method, route.path, None, login=False))
    return sorted(found, key=lambda each: (each.path, each.method))


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Site]:
    with site(tmp_path) as made:
        yield made


def test_every_route_states_who_may_call_it_as_the_snapshot_says(place: Site) -> None:
    lines = [f"{each.method} {each.path}  {each.needs}\n" for each in walked(place.app)]
    wanted = "".join(lines)
    assert SNAPSHOT.read_text(encoding="utf-8") == wanted, f"review, then write:\n{wanted}"


def test_every_route_is_in_the_description_of_the_api(place: Site) -> None:
    described = place.app.openapi()["paths"]
    told = {(name.upper(), path) for path, each in described.items() for name in each}
    assert told == {(each.method, PARAMETER.sub(r"{\1}", each.path)) for each in walked(place.app)}


def test_an_app_with_a_route_that_states_no_scope_is_found_out(place: Site) -> None:
    @place.app.get("/api/v1/forgotten")
    def forgotten() -> None:
        """Nobody said who may call this."""

    with pytest.raises(AssertionError, match="/api/v1/forgotten has to state one scope"):
        walked(place.app)


@dataclass(frozen=True)
class Caller:
    """Who calls, what they may do, and the headers that prove it, made for each call."""

    name: str
    scopes: frozenset[Scope]
    by_login: bool
    headers: Callable[[], dict[str, str]]


def callers(place: Site, tenant: TenantId = A) -> list[Caller]:
    """Nobody, a collector, and each role by token and by login."""
    ingest = place.plain_token(Scope.INGEST, tenant=tenant)
    found = [
        Caller("nobody", frozenset(), by_login=False, headers=dict),
        Caller("collector", frozenset({Scope.INGEST}), by_login=False, headers=lambda: ingest),
    ]
    for role in Role:
        name, scopes = place.person(f"a-{role}", role, tenant), SCOPES_OF[role]
        by_token: Callable[[], dict[str, str]] = partial(dict, place.token(name, role, tenant))
        by_login = partial(place.login, name, tenant)
        found += [
            Caller(f"{role} by token", scopes, by_login=False, headers=by_token),
            Caller(f"{role} by login", scopes, by_login=True, headers=by_login),
        ]
    return found


def asked(client: httpx.Client, method: str, path: str, **more: Any) -> tuple[int, str]:  # noqa: ANN401
    """Status and text of an answer; of an endless one what comes within a second."""
    with client.stream(method, path, **more) as answer:
        if not answer.headers.get("content-type", "").startswith("text/event-stream"):
            return answer.status_code, answer.read().decode(errors="replace")
    held: list[str] = []
    with (
        suppress(httpx.ReadTimeout),
        client.stream(method, path, timeout=httpx.Timeout(30, read=1), **more) as answer,
    ):
        held.extend(answer.iter_text())
    return answer.status_code, "".join(held)


def test_only_callers_with_its_scope_get_through_to_a_route(place: Site, serve: Serve) -> None:
    with serve(place.app) as client:
        wrong = [
            f"{caller.name}: {route.method} {route.path} needs {route.needs}: {said}"
            for caller in callers(place)
            for route in walked(place.app)
            if (said := fault(client, caller, route)) is not None
        ]
    assert wrong == []


def fault(client: httpx.Client, caller: Caller, route: Walked) -> str | None:
    """What is wrong with how a caller fares at a route."""
    path = route.at(*["1"] * route.parameters)
    with client.stream(route.method, path, headers=caller.headers()) as answer:
        status = answer.status_code
        said = answer.read().decode() if status in {401, 403} else ""
    may = route.scope is None or (
        route.scope in caller.scopes and (caller.by_login or not route.login)
    )
    if may:
        kept_out = status == 401 or (status == 403 and NO_WORKER not in said)
        return f"{status} {said}" if kept_out or status >= 500 else None
    if not caller.scopes:
        return None if status == 401 else f"{status}"
    told = any(kind in said for kind in (SCOPE_NEEDED, LOGIN_NEEDED))
    return None if status == 403 and told else f"{status} {said}"


@pytest.mark.long
def test_what_changes_is_refused_when_another_page_sends_it(place: Site, serve: Serve) -> None:
    name = place.person("a-admin", Role.ADMIN)
    attacks: tuple[dict[str, str | None], ...] = (
        {"Origin": "https://evil.example"},
        {"Sec-Fetch-Site": None, "Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": None, "Origin": "null"},
        {"Sec-Fetch-Site": None},
        {"X-Foreseen-Request": None},
    )
    passed = []
    with serve(place.app) as client:
        for route in (each for each in walked(place.app) if each.method not in SAFE):
            for attack in attacks if route.scope else attacks[:5]:
                sent = {**place.login(name), **attack}
                headers = {key: value for key, value in sent.items() if value is not None}
                path = route.at(*["1"] * route.parameters)
                body = None if route.scope else example(place.app, route)
                answer = client.request(route.method, path, headers=headers, json=body)
                if answer.status_code != 403 or answer.json()["type"] != FOREIGN:
                    passed.append((route.method, route.path, attack, answer.status_code))
    assert passed == []


@pytest.mark.long
def test_another_tenant_learns_nothing_and_changes_nothing(place: Site, serve: Serve) -> None:
    planted = [*plant(place.engine, B), *plant_in_lake(place.lake, B)]
    before = rows_of(place.engine, B)
    with serve(place.app) as client:
        assert leaks(place, client, walked(place.app), planted) == []
    assert rows_of(place.engine, B) == before


def test_a_route_that_forgets_the_tenant_is_found_out(place: Site, serve: Serve) -> None:
    @place.app.get("/api/v1/users/{name}/anywhere", dependencies=[Depends(Needs(Scope.READ))])
    def anywhere(name: str) -> str:
        """What everybody of that name is."""
        query = text('SELECT display_name FROM "user" WHERE name = :name')
        with place.engine.connect() as connection:
            found = connection.execute(query, {"name": name}).scalar()
        if found is None:
            raise NotFoundError(name)
        return str(found)

    planted = plant(place.engine, B)
    forgetful = [each for each in walked(place.app) if each.path.endswith("anywhere")]
    with serve(place.app) as client:
        told = leaks(place, client, forgetful, planted)
    assert [CANARY in each for each in told] == [True, True]
    assert "200, and 404 for what is nowhere" in told[1]


def leaks(
    place: Site, client: httpx.Client, routes: list[Walked], planted: list[Planted]
) -> list[str]:
    """What the routes tell callers of one tenant, who may all there, of another's planted rows."""
    by_name = {each.name: each for each in callers(place, A)}
    token, login = by_name["admin by token"], by_name["admin by login"]
    found: list[str] = []
    for route in routes:
        caller = by_name["collector"] if route.scope is Scope.INGEST else token
        caller = login if route.login else caller
        for ids in addresses(route, planted):
            found += leak(client, place.app, caller, route, ids)
    return found


def addresses(route: Walked, planted: list[Planted]) -> Iterator[tuple[object, ...]]:
    """Names of the planted rows for a route: of the table that it speaks of, if one is."""
    if not route.parameters:
        yield ()
        return
    stems = {part.rstrip("s").replace("-", "_") for part in route.path.split("/") if part}
    near = [each for each in planted if each.table in stems]
    values = {each.value for each in near or planted}
    for value in sorted(values, key=str):
        yield (value, *[value] * (route.parameters - 1))
    numbers = sorted(value for value in values if isinstance(value, int))
    texts = sorted(value for value in values if isinstance(value, str))
    if route.parameters == 2:  # a thing and the number of a part of it
        yield from product(texts[:4], numbers[:4])


def leak(
    client: httpx.Client, app: FastAPI, caller: Caller, route: Walked, ids: tuple[object, ...]
) -> Iterator[str]:
    """What an answer to a stranger tells more than one to names that are nowhere."""
    body = example(app, route)
    more: dict[str, Any] = {} if body is None else {"json": body}
    nowhere = [8_000_001 if isinstance(each, int) else "nowhere" for each in ids]
    there = asked(client, route.method, route.at(*ids), headers=caller.headers(), **more)
    absent = asked(client, route.method, route.at(*nowhere), headers=caller.headers(), **more)
    told, empty = (REQUEST.sub("", said) for _, said in (there, absent))
    for real, none in zip(ids, nowhere, strict=True):
        told, empty = told.replace(str(real), "ID"), empty.replace(str(none), "ID")
    where = f"{route.method} {route.at(*ids)}"
    if CANARY in told:
        yield f"{where} tells {told}"
    if ids and there[0] != absent[0]:
        yield f"{where}: {there[0]}, and {absent[0]} for what is nowhere"
    if ids and there[0] in {404, 409} and told != empty:
        yield f"{where}: {told} is not {empty}"
    if there[0] >= 500 and there[0] != 503:  # 503: a part of the server that this one lacks
        yield f"{where}: {there[0]}"


def example(app: FastAPI, route: Walked) -> object:
    """The simplest body that the API's description allows; None: it takes none."""
    described = app.openapi()
    path = PARAMETER.sub(r"{\1}", route.path)
    body = described["paths"][path][route.method.lower()].get("requestBody")
    content = (body or {}).get("content", {}).get("application/json")
    return None if content is None else value_of(content["schema"], described)


def value_of(schema: dict[str, Any], described: dict[str, Any]) -> object:
    """The simplest value that a schema allows."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return value_of(described["components"]["schemas"][name], described)
    for key in ("anyOf", "oneOf", "allOf"):
        if key in schema:
            return value_of(schema[key][0], described)
    fields, needed = schema.get("properties", {}), schema.get("required", [])
    by_kind = {
        "object": {name: value_of(fields[name], described) for name in needed},
        "array": [value_of(schema["items"], described) for _ in range(schema.get("minItems", 0))],
        "string": "x" * max(schema.get("minLength", 1), 1),
        "integer": schema.get("minimum", 1),
        "number": 0.5,
        "boolean": True,
    }
    first = schema.get("enum", [by_kind.get(schema.get("type", ""))])[0]
    return schema.get("const", schema.get("default", first))


def test_the_owner_does_see_what_was_planted(place: Site, serve: Serve) -> None:
    """Else the walk above would prove nothing."""
    plant(place.engine, A)
    plant_in_lake(place.lake, A)
    admin = place.token(place.person("a-admin", Role.ADMIN), Role.ADMIN)
    with serve(place.app) as client:
        for path in ("/api/v1/users", "/api/v1/tokens?everyone=true", "/api/v1/matches"):
            answer = client.get(path, headers=admin)
            assert answer.status_code == 200
            assert CANARY in answer.text
