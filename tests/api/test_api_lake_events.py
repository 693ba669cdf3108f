"""Events over HTTP: searched in every form, read whole, bounded whatever they hold."""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.api.conftest import TENANT, serving
from tests.api.lake_site import UNBOUND, LakeSite, made_site, recorded_site
from tests.api.planting import CANARY

from foreseen.api.app import create_app
from foreseen.api.lake import rows as bounds
from foreseen.api.lake.desk import Desk
from foreseen.api.serving.traffic import Traffic

Row = dict[str, Any]
ARROW, NDJSON, CSV = "application/vnd.apache.arrow.stream", "application/x-ndjson", "text/csv"
HOSTILE = "<script>alert(1)</script>\x00\x1b[2J\u202e\u2066[red]\n=cmd|x"
LONG = "x" * 3_000_000


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LakeSite]:
    """Recorded events."""
    with recorded_site(tmp_path_factory.mktemp("recorded")) as made:
        yield made


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LakeSite]:
    """Few events, hostile ones among them."""
    rows: list[Row] = [
        {"user_name": "ana", "process_cmd_line": "curl -s http://x", "raw": "a curl"},
        {"process_cmd_line": HOSTILE, "raw": HOSTILE, "stream": "web/1 boot#?%"},
        {"process_cmd_line": LONG, "raw": LONG, "labels": ["r"] * 5_000},
        {"unmapped": {"k": ["v", LONG], **{f"n{n}": ["w"] for n in range(3_000)}}},
        {"dst_ip": "2001:db8::1", "workload": "arn:aws:iam::1:role/x", "time": 2**62},
    ]
    with made_site(tmp_path_factory.mktemp("made"), *rows) as site:
        yield site


def ask(site: LakeSite, form: str, **params: object) -> Any:  # noqa: ANN401 (httpx's answer)
    told: dict[str, Any] = params
    headers = site.read | {"Accept": form}
    return site.client.get("/api/v1/events", params=told, headers=headers)


def test_every_event_is_on_one_page_newest_first(recorded: LakeSite) -> None:
    listed = recorded.pages("/events", "events", limit=1_000, column=["seq", "stream"])
    rows = [row for row in recorded.lake.read("events").to_pylist() if row["tenant"] == TENANT]
    rows.sort(key=lambda row: (row["time"], row["event_uid"]), reverse=True)
    assert [each["event_uid"] for each in listed] == [row["event_uid"] for row in rows]
    assert set(listed[0]) == {"seq", "stream", "time", "event_uid"}


@pytest.mark.parametrize(
    ("asked", "uids"),
    [
        ({"user": "ana"}, [0]),
        ({"text": "CURL -s"}, [0]),
        ({"text": ["curl", "http://x"]}, [0]),
        ({"text": "script", "in": "process_cmd_line"}, [1]),
        ({"ip": "2001:DB8:0::1"}, [4]),
        ({"workload": "arn:aws:iam::1:role/x"}, [4]),
        ({"rule": "r"}, [2]),
        ({"regex": "^curl.*http"}, [0]),
        ({"host": "nowhere"}, []),
        ({"text": "' OR 1=1 --"}, []),
    ],
)
def test_a_search_finds(made: LakeSite, asked: Row, uids: list[int]) -> None:
    found = made.get("/events", **asked)
    assert [each["event_uid"] for each in found["events"]] == [f"event-{n:04}" for n in uids]
    assert found["complete"] is True


def test_forms_hold_the_same_rows(made: LakeSite) -> None:
    asked = {"column": ["event_uid", "process_cmd_line", "seq"], "limit": 2, "host": "web-1"}
    page = made.get("/events", **asked)
    lines = ask(made, NDJSON, **asked)
    assert [json.loads(line) for line in lines.text.splitlines()] == page["events"]
    assert lines.headers["X-Foreseen-Next"] == page["next"]
    assert lines.headers["X-Foreseen-Complete"] == "true"
    table = pa.ipc.open_stream(ask(made, ARROW, **asked).content).read_all()
    assert table.column_names == ["event_uid", "process_cmd_line", "seq", "truncated"]
    assert table["event_uid"].to_pylist() == [each["event_uid"] for each in page["events"]]
    rows = list(csv.DictReader(io.StringIO(ask(made, CSV, **asked).text)))
    assert [row["event_uid"] for row in rows] == [each["event_uid"] for each in page["events"]]
    assert ask(made, "image/png").status_code == 406


def test_an_event_is_read_whole_whatever_its_stream_is_called(made: LakeSite) -> None:
    stream = "web/1 boot#?%"
    found = made.get(f"/events/{quote(stream, safe='')}/2")["event"]
    assert (found["stream"], found["seq"]) == (stream, 2)
    assert found["raw"] == found["process_cmd_line"] == HOSTILE
    assert made.get(f"/events/{quote(stream)}/2")["event"] == found
    made.get(f"/events/{quote(stream)}/3", status=404)
    made.get(f"/events/{quote(stream)}/-1", status=422)
    made.get(f"/events/{quote(stream)}/{2**63}", status=422)


def test_what_is_too_long_is_cut_and_says_so(made: LakeSite) -> None:
    found = made.get("/events/web-1/boot/3")["event"]
    assert found["process_cmd_line"] == LONG[: bounds.LONGEST]
    assert len(found["labels"]) == bounds.MOST_VALUES
    assert sorted(found["truncated"]) == ["labels", "process_cmd_line", "raw"]
    found = made.get("/events/web-1/boot/4")["event"]
    assert found["truncated"] == ["unmapped"]
    assert len(json.dumps(found)) < 2 * bounds.LONGEST
    table = pa.ipc.open_stream(ask(made, ARROW, rule="r").content).read_all()
    assert len(table["raw"][0].as_py()) == bounds.LONGEST
    assert sorted(table["truncated"][0].as_py()) == ["labels", "process_cmd_line", "raw"]


def test_a_page_of_large_events_ends_early_and_goes_on(tmp_path: Path) -> None:
    rows = [dict.fromkeys(("raw", "file_path"), "y" * bounds.LONGEST) for _ in range(150)]
    with made_site(tmp_path, *rows) as site:
        first = site.get("/events", limit=1_000)
        assert 100 < len(first["events"]) < 150
        listed = site.pages("/events", "events", limit=1_000, column="seq")
        whole = site.pages("/events", "events", limit=1_000)
    assert [each["seq"] for each in whole] == [each["seq"] for each in listed]
    assert len(whole) == 150


@pytest.mark.parametrize(
    "asked",
    [
        {"limit": "0"},
        {"limit": "1001"},
        {"column": "nothing"},
        {"in": "tenant"},
        {"from": "yesterday"},
        {"ip": "300.1.1.1"},
        {"hash": "xyz"},
        {"regex": "("},
        {"text": ""},
        {"text": "x" * 5_000},
        {"cursor": "abc"},
    ],
)
def test_what_cannot_be_asked_is_a_problem(made: LakeSite, asked: Row) -> None:
    assert made.get("/events", status=422, **asked)["status"] == 422


_PATHS = st.sampled_from(["/events", "/matches", "/workloads", "/people", "/stories", "/overview"])
_NAMES = ["from", "until", "user", "workload", "text", "regex", "cursor", "limit", "ip", "rule"]
_VALUES = st.one_of(
    st.text(max_size=40),
    st.sampled_from(["\x00", "' OR 1=1 --", "$v0", "\u202e", "9" * 400, "9999-12-31T23:59:59Z"]),
    st.sampled_from(["0001-01-01T00:00:00Z", "W10=", "WzEsIngiXQ==", "WyJ4Il0="]),
)


@pytest.mark.long
@given(path=_PATHS, name=st.sampled_from(_NAMES), value=_VALUES)
@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_hostile_queries_never_break_the_server(
    made: LakeSite, path: str, name: str, value: str
) -> None:
    answer = made.client.get(f"/api/v1{path}", params={name: value}, headers=made.read)
    assert answer.status_code in {200, 422}, answer.text
    assert CANARY not in answer.text


@pytest.mark.long
@given(value=_VALUES)
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_hostile_names_in_addresses_never_break_the_server(made: LakeSite, value: str) -> None:
    name = quote(value, safe="")
    for path in (
        f"/matches/{name}",
        f"/matches/{name}/window",
        f"/matches/{name}/explanation",
        f"/events/{name}/1",
        f"/workloads/{name}",
        f"/workloads/{name}/processes",
        f"/people/{name}",
        f"/stories/{name}",
        f"/alerts/{name}/process-tree",
    ):
        answer = made.client.get(f"/api/v1{path}", headers=made.read)
        assert answer.status_code in {200, 404, 422}, answer.text
        assert CANARY not in answer.text


def test_a_process_without_a_lake_says_so(made: LakeSite) -> None:
    app = create_app(replace(made.services, lake=None), Traffic(UNBOUND))
    with serving(app) as client:
        for path in ("/events", "/matches", "/overview"):
            answer = client.get(f"/api/v1{path}", headers=made.read)
            assert answer.status_code == 503
            assert answer.headers["Retry-After"] == "5"


def test_a_question_whose_time_is_over_is_a_504(made: LakeSite) -> None:
    app = create_app(made.services, Traffic(UNBOUND))
    app.state.lake_desk.close()
    app.state.lake_desk = Desk(seconds=0.0)
    with serving(app) as client:
        answer = client.get("/api/v1/matches", headers=made.read)
        assert answer.status_code == 504
        told = client.get("/api/v1/events", headers=made.read)
        assert told.json()["complete"] is False


def test_another_organisations_events_are_not_there(made: LakeSite) -> None:
    assert CANARY not in made.client.get("/api/v1/events", headers=made.read).text
    made.get(f"/events/{CANARY}-stream/7000001", status=404)
    answer = made.client.get("/api/v1/events", headers=made.other).json()
    assert [each["event_uid"] for each in answer["events"]] == [f"{CANARY}-event_uid"]
