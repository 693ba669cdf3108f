"""Alerts and incidents as files: NDJSON, CSV and Arrow, streamed page by page."""

import csv
import io
import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import httpx
import pyarrow as pa
import pytest
from fastapi import FastAPI
from tests.api.alerting import an_alert, fill
from tests.api.people import A, B, Site, site

from foreseen.api import exports
from foreseen.control.database import writing
from foreseen.control.scopes import Role
from foreseen.control.tables import IncidentRow

Serve = Callable[[FastAPI], AbstractContextManager[httpx.Client]]
EXPORT = "/api/v1/alerts/export"
NDJSON, CSV, ARROW = "application/x-ndjson", "text/csv", "application/vnd.apache.arrow.stream"
FORMULA = '=HYPERLINK("https://evil.example")'


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Site]:
    with site(tmp_path) as made:
        fill(
            made.engine,
            *(an_alert(f"m{n}", 1_790_000_000_000 + n // 2) for n in range(9)),
            an_alert("far", 2**62, title=FORMULA, severity="low"),
            an_alert("large", 0, members=tuple(f"large-{n}" for n in range(250))),
        )
        fill(made.engine, an_alert("other", tenant=B), tenant=B)
        yield made


@pytest.fixture
def client(place: Site, serve: Serve) -> Iterator[httpx.Client]:
    with serve(place.app) as made:
        made.headers.update(place.token(place.person("ana", Role.VIEWER), Role.VIEWER))
        yield made


@pytest.fixture(params=[1, 4, 500])
def page(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """Pages of several sizes give the same file."""
    size: int = request.param
    monkeypatch.setattr(exports, "_PAGE", size)
    monkeypatch.setattr(exports, "_AT_ONCE", 100)
    return size


def got(client: httpx.Client, form: str, **query: str) -> httpx.Response:
    answer = client.get(EXPORT, headers={"Accept": form}, params=query)
    assert (answer.status_code, answer.headers["content-type"].partition(";")[0]) == (200, form)
    return answer


@pytest.mark.usefixtures("page")
def test_lines_of_json_are_the_alerts_with_all_their_matches(client: httpx.Client) -> None:
    lines = [json.loads(line) for line in got(client, NDJSON).text.splitlines()]
    assert [each["uid"] for each in lines] == ["large", *(f"m{n}" for n in range(9)), "far"]
    listed = client.get("/api/v1/alerts", params={"limit": 200, "sort": "time"}).json()["alerts"]
    assert [{**each, "members": None} for each in lines] == [
        {**each, "members": None} for each in listed
    ]
    assert lines[0]["members"] == [f"large-{n}" for n in range(250)]
    assert lines[1]["members"] == ["m0"]


@pytest.mark.usefixtures("page")
def test_an_arrow_stream_is_one_table(client: httpx.Client) -> None:
    table = pa.ipc.open_stream(got(client, ARROW, sort="-time").content).read_all()
    assert table.column("uid").to_pylist()[:3] == ["far", "m8", "m6"]
    assert table.num_rows == 11
    assert table.schema.field("first_time").type == pa.timestamp("ms", "UTC")
    assert table.column("first_time").cast(pa.int64()).to_pylist()[0] == 2**62


@pytest.mark.usefixtures("page")
def test_a_spreadsheet_runs_nothing(client: httpx.Client) -> None:
    rows = list(csv.DictReader(io.StringIO(got(client, CSV).text)))
    assert [each["uid"] for each in rows][-1] == "far"
    assert (rows[-1]["title"], rows[-1]["first_time"]) == (f"'{FORMULA}", "")
    assert rows[1]["first_time"] == "2026-09-21T14:13:20.000+00:00"
    assert len(rows) == 11


def test_filters_are_those_of_the_list(client: httpx.Client) -> None:
    assert len(got(client, NDJSON, severity="low").text.splitlines()) == 1
    assert len(got(client, NDJSON, until="2026-01-01T00:00:00Z").text.splitlines()) == 1
    assert got(client, NDJSON, host="nowhere").text == ""
    empty = pa.ipc.open_stream(got(client, ARROW, host="nowhere").content).read_all()
    assert (empty.num_rows, "uid" in empty.column_names) == (0, True)
    assert got(client, CSV, host="nowhere").text.startswith("uid,version,")


@pytest.mark.parametrize(
    ("accept", "status", "form"),
    [
        ("*/*", 200, NDJSON),
        ("application/json", 200, NDJSON),
        ("text/*", 200, CSV),
        (f"{CSV};q=0.1, {ARROW}", 200, ARROW),
        ("image/png", 406, "application/problem+json"),
        ("", 406, "application/problem+json"),
    ],
)
def test_the_form_is_what_is_accepted(
    client: httpx.Client, accept: str, status: int, form: str
) -> None:
    answer = client.get(EXPORT, headers={"Accept": accept})
    assert (answer.status_code, answer.headers["content-type"].partition(";")[0]) == (status, form)


@pytest.mark.parametrize("query", ["sort=-risk", "from=x", "status=closed", "limit=1&sort="])
def test_a_query_that_is_wrong_is_a_problem(client: httpx.Client, query: str) -> None:
    assert client.get(f"{EXPORT}?{query}").status_code == 422


def test_incidents_are_exported_too(client: httpx.Client, place: Site) -> None:
    with writing(place.engine) as session:
        for n in range(3):
            session.add(IncidentRow(tenant=A, uid=f"i{n}", opened=n, keys=["user:a"]))
        session.add(IncidentRow(tenant=B, uid="far", opened=1, keys=["user:b"]))
    path = "/api/v1/incidents/export"
    lines = client.get(path).text.splitlines()
    assert [json.loads(line)["uid"] for line in lines] == ["i2", "i1", "i0"]
    table = pa.ipc.open_stream(client.get(path, headers={"Accept": ARROW}).content).read_all()
    assert table.column("keys").to_pylist() == [["user:a"]] * 3
    assert client.get(path, headers={"Accept": CSV}).text.count("\n") == 4
