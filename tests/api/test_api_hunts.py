"""Hunts and saved searches over HTTP: forms, errors, attacks, a caller who hangs up."""

import csv
import io
import json
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import orjson
import pyarrow as pa
import pytest
from tests.api.conftest import NOW, OTHER, TENANT, serving
from tests.runners import hunted

from foreseen.api.app import Services, create_app
from foreseen.api.serving.traffic import Traffic
from foreseen.control.audit_log import entries
from foreseen.control.database import opened
from foreseen.control.scopes import Scope
from foreseen.control.tenants import ensure_tenant
from foreseen.control.tokens import create_token
from foreseen.intake.log import IntakeLog
from foreseen.runners.config.sections import Limits
from foreseen.runners.hunting import landlock
from foreseen.runners.hunting.pool import Pool, PoolLimits

HUNTS, SAVED = "/api/v1/hunts", "/api/v1/saved-searches"
ENDLESS = "SELECT count(*) FROM range(100000000000) a, range(1000000) b"
ARROW = "application/vnd.apache.arrow.stream"
UNBOUND = Limits(
    hunts_per_minute=100_000,
    token_per_minute=100_000,
    tenant_per_minute=100_000,
    address_per_minute=100_000,
)
"""The tests ask more in a minute than a person does."""


@dataclass(frozen=True)
class Hunts:
    """A client with the headers of callers."""

    client: httpx.Client
    pool: Pool
    services: Services
    ann: dict[str, str]
    bob: dict[str, str]
    other: dict[str, str]
    reader: dict[str, str]

    def ask(self, sql: str, accept: str | None = None, **more: object) -> httpx.Response:
        """The answer to a query of ann."""
        headers = self.ann | ({"Accept": accept} if accept else {})
        body = orjson.dumps({"sql": sql, **more})
        return self.client.post(
            HUNTS, content=body, headers=headers | {"Content-Type": "application/json"}
        )


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hunts]:
    """An API over a lake of two tenants."""
    folder = tmp_path_factory.mktemp("hunts")
    lake = hunted.two_tenants(folder / "lake")
    limits = PoolLimits(workers=1, waiting=1, wait_seconds=0.5, memory_mb=300)
    with (
        opened(folder / "control.db") as engine,
        IntakeLog.open(folder / "intake") as intake,
        Pool(lake, limits=limits) as pool,
    ):
        for tenant in (TENANT, OTHER):
            ensure_tenant(engine, tenant, now=NOW)

        def bearer(tenant: Any, name: str, scope: Scope) -> dict[str, str]:  # noqa: ANN401
            token = create_token(engine, tenant, name=name, scopes={scope}, now=NOW)
            return {"Authorization": f"Bearer {token}"}

        services = Services(
            intake, engine, lambda: NOW, frozenset(), frozenset({TENANT}), hunts=pool
        )
        with serving(create_app(services, Traffic(UNBOUND))) as client:
            yield Hunts(
                client,
                pool,
                services,
                bearer(TENANT, "ann", Scope.HUNT),
                bearer(TENANT, "bob", Scope.HUNT),
                bearer(OTHER, "ann", Scope.HUNT),
                bearer(TENANT, "reader", Scope.READ),
            )


def test_a_select_gives_rows_and_says_what_stood_around_it(api: Hunts) -> None:
    answer = api.ask("SELECT seq, host FROM events ORDER BY seq", limit=2)
    found = answer.json()
    assert found["rows"] == [{"seq": 0, "host": "web-0"}, {"seq": 1, "host": "web-1"}]
    assert found["columns"][0] == {"name": "seq", "type": "int64"}
    assert found["truncated"] is True
    if landlock.refuses_network(landlock.abi()):
        assert found["sandbox"] == "files tcp"
    assert answer.headers["X-Foreseen-Truncated"] == "true"


def test_a_search_is_a_hunt_too(api: Hunts) -> None:
    body = {"search": "host:web-1 -last:1d", "columns": ["seq"]}
    found = api.client.post(HUNTS, json=body | {"search": "host:web-1"}, headers=api.ann).json()
    assert [row["seq"] for row in found["rows"]] == [7, 4, 1]
    assert found["sql"].startswith('SELECT "seq" FROM "events" WHERE')
    assert api.client.post(HUNTS, json=body, headers=api.ann).json()["rows"] == []


def test_each_tenant_gets_its_own(api: Hunts) -> None:
    body = {"sql": "SELECT count(*) AS n FROM events"}
    for headers, count in ((api.ann, 10), (api.other, 3)):
        rows = api.client.post(HUNTS, json=body, headers=headers).json()["rows"]
        assert rows == [{"n": count}]
    assert api.client.post(HUNTS, json=body, headers=api.reader).status_code == 403
    assert api.client.post(HUNTS, json=body).status_code == 401


def test_rows_come_in_the_form_that_is_accepted(api: Hunts) -> None:
    sql = "SELECT '=cmd|x' AS a, 'b' AS a, 2::HUGEINT AS n, [1] AS l, NULL AS z, 'x'::BLOB AS y"
    answer = api.ask(sql, ARROW)
    assert answer.headers["content-type"] == ARROW
    table = pa.ipc.open_stream(answer.content).read_all()
    assert table.column(0).to_pylist() == ["=cmd|x"]
    answer = api.ask(sql, "text/csv; q=0.9, application/json;q=0.1")
    assert answer.headers["content-type"].startswith("text/csv")
    names, row = csv.reader(io.StringIO(answer.text))
    assert names == ["a", "a_1", "n", "l", "z", "y"]
    assert row == ["'=cmd|x", "b", "2", "[1]", "", '"78"']
    answer = api.ask(sql, "application/x-ndjson")
    assert [json.loads(line)["n"] for line in answer.text.splitlines()] == [2]
    assert api.ask(sql, "image/png").status_code == 406
    assert api.ask(sql, "text/csv;q=x").status_code == 406


def test_values_that_have_no_form_are_told(api: Hunts) -> None:
    answer = api.ask("SELECT TIMESTAMP '20000-01-01' AS t")
    assert (answer.status_code, "cast" in answer.json()["detail"]) == (422, True)
    assert api.ask("SELECT 'nan'::DOUBLE AS x, interval 1 day AS i").status_code == 200


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({}, "either sql or search"),
        ({"sql": "SELECT 1", "search": "x"}, "either sql or search"),
        ({"sql": "SELEC 1"}, "no SQL"),
        ({"sql": "SELECT cmdline FROM events"}, "process_cmd_line|cmdline"),
        ({"sql": "SELECT * FROM nothing"}, "tables: events"),
        ({"sql": "SELECT 1; SELECT 2"}, "exactly one SELECT"),
        ({"sql": "SELECT '\ud800'"}, ""),
        ({"sql": "SELECT \x00"}, ""),
        ({"sql": "x" * 200_000}, "100000"),
        ({"search": "usr:x"}, "did you mean 'user'"),
        ({"search": "a", "table": "nothing"}, "no table"),
        ({"search": "a", "columns": ['x"; DROP']}, "no column"),
        ({"sql": "SELECT 1", "limit": 0}, "limit"),
        ({"sql": "SELECT 1", "limit": 10**9}, "limit"),
        ({"sql": "SELECT 1", "seconds": 1e9}, "seconds"),
        ({"sql": "SELECT 1", "more": 1}, "more"),
        ({"sql": 5}, "sql"),
    ],
)
def test_what_is_wrong_is_told(api: Hunts, body: dict[str, object], told: str) -> None:
    answer = api.client.post(
        HUNTS,
        content=json.dumps(body),
        headers=api.ann | {"Content-Type": "application/json"},
    )
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert any(part in answer.json()["detail"] for part in told.split("|"))


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM glob('/etc/*')",
        "SELECT * FROM 'https://example.com/x.csv'",
    ],
)
def test_whoever_reaches_outside_the_tables_is_denied(api: Hunts, sql: str) -> None:
    answer = api.ask(sql)
    assert (answer.status_code, "nothing else" in answer.json()["detail"]) == (403, True)


def test_a_slow_query_is_a_504_and_a_greedy_one_a_422(api: Hunts) -> None:
    begun = time.monotonic()
    answer = api.ask(ENDLESS, seconds=0.5)
    assert answer.status_code == 504
    assert "longer than 0.5 s" in answer.json()["detail"]
    assert time.monotonic() - begun < 3
    assert api.ask("SELECT list(range) FROM range(10000000000)").status_code == 422


def test_a_caller_who_hangs_up_ends_the_query_and_meanwhile_the_pool_is_full(api: Hunts) -> None:
    body = json.dumps({"sql": ENDLESS, "seconds": 60}).encode()
    with socket.create_connection((api.client.base_url.host, api.client.base_url.port or 0)) as end:
        head = (
            f"POST {HUNTS} HTTP/1.1\r\nHost: x\r\nAuthorization: {api.ann['Authorization']}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        end.sendall(head.encode() + body)
        full = _until(api, 429)
        assert full.headers["Retry-After"] == "5"
    assert _until(api, 200).json()["rows"] == [{"one": 1}]


def _until(api: Hunts, status: int) -> httpx.Response:
    end = time.monotonic() + 30
    while (answer := api.ask("SELECT 1 AS one")).status_code != status:
        assert time.monotonic() < end
        time.sleep(0.05)
    return answer


def test_the_schema_names_all_tables_columns_and_aliases(api: Hunts) -> None:
    found = api.client.get(f"{HUNTS}/schema", headers=api.ann).json()["tables"]
    names = {table["name"]: {each["name"] for each in table["columns"]} for table in found}
    assert set(names) == {"events", "matches", "quarantine", "predictions", "rollups"}
    (shown,) = api.ask("SELECT * FROM events LIMIT 1").json()["rows"]
    assert set(shown) == names["events"]
    assert all(each["meaning"] and each["type"] for table in found for each in table["columns"])
    assert found[0]["aliases"]["ip"] == ["src_ip", "dst_ip"]


def test_a_server_without_a_pool_says_so(api: Hunts, tmp_path: Path) -> None:
    with IntakeLog.open(tmp_path / "intake") as intake:
        services = Services(
            intake, api.services.control, lambda: NOW, frozenset(), frozenset({TENANT})
        )
        with serving(create_app(services)) as client:
            answer = client.post(HUNTS, json={"sql": "SELECT 1"}, headers=api.ann)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")


def test_a_saved_search_lives_from_its_making_to_its_end(api: Hunts) -> None:
    new = {"name": "curl", "kind": "search", "text": "cmd:curl last:7d", "shared": True}
    made = api.client.post(SAVED, json=new, headers=api.ann)
    assert (made.status_code, made.headers["ETag"]) == (201, '"1"')
    place = made.headers["Location"]
    assert made.json()["owner"] == "ann"
    assert api.client.post(SAVED, json=new, headers=api.ann).status_code == 409
    seen = api.client.get(place, headers=api.bob)
    assert (seen.json(), seen.headers["ETag"]) == (made.json(), '"1"')
    assert api.client.get(place, headers=api.other).status_code == 404
    assert api.client.get(place, headers=api.reader).status_code == 403

    changed = new | {"text": "cmd:wget", "shared": False}
    tag = {"If-Match": '"1"'}
    assert api.client.put(place, json=changed, headers=api.ann).status_code == 428
    assert api.client.put(place, json=changed, headers=api.bob | tag).status_code == 403
    done = api.client.put(place, json=changed, headers=api.ann | tag)
    assert (done.status_code, done.headers["ETag"], done.json()["text"]) == (200, '"2"', "cmd:wget")
    assert api.client.put(place, json=changed, headers=api.ann | tag).status_code == 412
    for odd in ("1", '"x"', '""', '"\u0661"', 'W/"2"', "\u00b2"):
        again = {"If-Match": odd.encode()}
        headers = {key.encode(): value for key, value in again.items()}
        auth = {b"Authorization": api.ann["Authorization"].encode()}
        assert api.client.put(place, json=changed, headers=auth | headers).status_code == 412
    assert api.client.get(place, headers=api.bob).status_code == 404

    assert api.client.delete(place, headers=api.ann).status_code == 428
    assert api.client.delete(place, headers=api.ann | tag).status_code == 412
    assert api.client.delete(place, headers=api.ann | {"If-Match": "*"}).status_code == 204
    assert api.client.get(place, headers=api.ann).status_code == 404
    told = [each.change.action for each in entries(api.services.control, TENANT)][:3]
    assert told == ["delete", "change", "create"]


def test_saved_searches_are_paged(api: Hunts) -> None:
    for each in api.client.get(SAVED, headers=api.ann).json()["saved_searches"]:
        place = f"{SAVED}/{each['id']}"
        assert api.client.delete(place, headers=api.ann | {"If-Match": "*"}).status_code == 204
    for number in range(5):
        new = {"name": f"paged {number}", "kind": "sql", "text": "SELECT 1"}
        assert api.client.post(SAVED, json=new, headers=api.ann).status_code == 201
    seen: list[str] = []
    cursor: str | None = None
    while True:
        asked = {"limit": "2"} | ({"cursor": cursor} if cursor else {})
        page = api.client.get(SAVED, params=asked, headers=api.ann).json()
        seen += [each["name"] for each in page["saved_searches"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == [f"paged {number}" for number in range(5)]
    assert api.client.get(SAVED, headers=api.bob).json()["saved_searches"] == []
    for odd in ("x", "-1", "9" * 30, "\u0661"):
        answer = api.client.get(SAVED, params={"cursor": odd}, headers=api.ann)
        assert answer.status_code == 422


@pytest.mark.parametrize(
    "wrong",
    [
        {"text": "usr:x"},
        {"table": "nothing"},
        {"name": ""},
        {"name": "a\x00"},
        {"kind": "other"},
        {"text": ""},
        {"more": 1},
    ],
)
def test_a_search_that_cannot_be_asked_is_not_saved(api: Hunts, wrong: dict[str, object]) -> None:
    new = {"name": "x", "kind": "search", "text": "a"} | wrong
    assert api.client.post(SAVED, json=new, headers=api.ann).status_code == 422


@pytest.mark.parametrize("number", ["0", "-1", "x", str(2**63), "99999"])
def test_numbers_that_are_none_are_told(api: Hunts, number: str) -> None:
    answer = api.client.get(f"{SAVED}/{number}", headers=api.ann)
    assert answer.status_code in {404, 422}
