"""Suppressions by hand over HTTP: kept with owner, reason and end, ended, restored, refused."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.api.people import NOW, RULES, A, B, Site, site

from foreseen.control.audit_log import entries
from foreseen.control.scopes import Role
from foreseen.runners.rules.suppressions import suppressions_in_force

Serve = Callable[[FastAPI], AbstractContextManager[httpx.Client]]

PATH = "/api/v1/suppressions"
ONE = f"{PATH}/nightly"
TEXT = """title: The nightly mirror
id: nightly
rules: [download_tool]
detection:
  selection: {CommandLine|startswith: curl -sS https://mirror.example/, User: mirror}
  condition: selection
owner: ana
reason: The mirror of packages, every night.
created: 2026-09-01
expires: 2027-01-01
"""
OTHER = TEXT.replace("mirror.example", "mirror2.example")


@dataclass
class Desk:
    """An engineer of one tenant before the API."""

    site: Site
    client: httpx.Client
    headers: dict[str, str]

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> httpx.Response:
        """Send a request."""
        more: dict[str, Any] = {} if body is None else {"json": body}
        return self.client.request(method, path, headers=self.headers | headers, **more)

    def told(self) -> list[tuple[str, str, str, str]]:
        """What the audit log has of suppressions, oldest first."""
        found = [each for each in entries(self.site.engine, A) if each.change.kind == "suppression"]
        return [
            (each.actor.name, each.actor.way, each.change.action, each.change.name)
            for each in reversed(found)
        ]


@pytest.fixture
def desk(tmp_path: Path, serve: Serve) -> Iterator[Desk]:
    with site(tmp_path) as made, serve(made.app) as client:
        yield Desk(made, client, made.token(made.person("eve", Role.ENGINEER), Role.ENGINEER))


def test_a_suppression_is_added_changed_ended_and_restored(desk: Desk) -> None:
    made = desk.ask("POST", PATH, {"text": TEXT, "why": "it is noise"})
    assert made.status_code == 201, made.text
    assert (made.headers["Location"], made.headers["ETag"]) == (ONE, '"1"')
    assert (made.json()["state"], made.json()["owner"]) == ("active", "ana")
    assert made.json()["expires"] == "2027-01-01T00:00:00.000+00:00"
    changed = desk.ask("PUT", ONE, {"text": OTHER, "why": "it moved"}, **{"If-Match": '"1"'})
    assert (changed.status_code, changed.json()["version"]) == (200, 2)
    ended = desk.ask("DELETE", f"{ONE}?why=gone", **{"If-Match": '"2"'})
    assert (ended.status_code, ended.json()["state"]) == (200, "retired")
    assert desk.ask("GET", PATH).json()["suppressions"] == []
    kept = desk.ask("GET", f"{PATH}?retired=true").json()["suppressions"]
    assert [each["id"] for each in kept] == ["nightly"]
    again = {"version": 1, "why": "it is back"}
    back = desk.ask("POST", f"{ONE}/restore", again, **{"If-Match": '"3"'})
    assert (back.status_code, back.json()["state"], back.json()["text"]) == (200, "active", TEXT)
    found = desk.ask("GET", f"{ONE}/versions?limit=3").json()
    assert [(each["version"], each["why"]) for each in found["versions"]] == [
        (4, "it is back"),
        (3, "gone"),
        (2, "it moved"),
    ]
    rest = desk.ask("GET", f"{ONE}/versions?limit=3&cursor={found['next']}").json()
    assert [each["version"] for each in rest["versions"]] == [1]
    diff = desk.ask("GET", f"{ONE}/diff?old=1&new=2").json()["diff"]
    assert "+  selection: {CommandLine|startswith: curl -sS https://mirror2.example/" in diff
    who = ("eve", "token")
    assert desk.told() == [
        (*who, action, "nightly") for action in ("create", "change", "retire", "change")
    ]


def test_what_is_kept_here_is_what_the_judge_reads(desk: Desk) -> None:
    assert desk.ask("POST", PATH, {"text": TEXT}).status_code == 201
    found = suppressions_in_force(desk.site.engine, A, RULES, now=NOW)
    assert [each.id for each in found.suppressions.suppressions] == ["nightly"]
    assert found.problems == ()


def test_who_did_not_see_the_newest_version_changes_nothing(desk: Desk) -> None:
    desk.ask("POST", PATH, {"text": TEXT})
    for method, path, body in (
        ("PUT", ONE, {"text": OTHER}),
        ("DELETE", ONE, None),
        ("POST", f"{ONE}/restore", {"version": 1}),
    ):
        assert desk.ask(method, path, body).status_code == 428
        for tag in ('"2"', '"0"', "W/x", "1"):
            assert desk.ask(method, path, body, **{"If-Match": tag}).status_code == 412, tag
    assert desk.ask("GET", ONE).json()["text"] == TEXT
    assert len(desk.told()) == 1


def test_one_that_is_there_is_not_added_again(desk: Desk) -> None:
    desk.ask("POST", PATH, {"text": TEXT})
    answer = desk.ask("POST", PATH, {"text": OTHER})
    assert (answer.status_code, "change that one" in answer.json()["detail"]) == (409, True)
    answer = desk.ask(
        "PUT", ONE, {"text": TEXT.replace("id: nightly", "id: x")}, **{"If-Match": "*"}
    )
    assert (answer.status_code, "not 'nightly'" in answer.json()["detail"]) == (422, True)


def test_what_is_wrong_is_named_by_line_and_nothing_is_kept(desk: Desk) -> None:
    wrong = TEXT.replace("owner: ana\n", "").replace("expires: 2027-01-01", "expires: never")
    answer = desk.ask("POST", PATH, {"text": wrong})
    told = answer.json()
    assert (answer.status_code, told["type"]) == (422, "urn:foreseen:problem:faults")
    assert len(told["faults"]) == 2
    assert any("owner" in each["message"] for each in told["faults"])
    assert {"path", "line", "message"} == set(told["faults"][0])
    checked = desk.ask("POST", "/api/v1/suppression-checks", {"text": wrong}).json()
    assert checked == {"faults": told["faults"], "warnings": []}
    assert desk.ask("GET", f"{PATH}?retired=true").json()["suppressions"] == []


def test_what_people_will_regret_is_asked_for_twice(desk: Desk) -> None:
    dead = TEXT.replace("rules: [download_tool]", "rules: [download_tol]")
    answer = desk.ask("POST", PATH, {"text": dead})
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:foreseen:problem:regrets")
    assert "download_tol" in answer.json()["detail"]
    assert desk.ask("POST", PATH, {"text": dead, "anyway": True}).status_code == 201


def test_one_that_has_expired_says_so(desk: Desk) -> None:
    desk.ask("POST", PATH, {"text": TEXT})
    desk.site.clock.passes(seconds=366 * 86_400)
    headers = desk.site.token("eve", Role.ENGINEER)
    assert desk.client.get(ONE, headers=headers).json()["state"] == "expired"


def test_another_organisation_has_its_own_of_the_same_name(desk: Desk) -> None:
    desk.ask("POST", PATH, {"text": TEXT})
    place = desk.site
    theirs = place.token(place.person("bob", Role.ENGINEER, B), Role.ENGINEER, B)
    assert desk.client.get(PATH, headers=theirs).json()["suppressions"] == []
    for path in (ONE, f"{ONE}/versions", f"{ONE}/diff?old=1&new=1"):
        assert desk.client.get(path, headers=theirs).status_code == 404
    tagged = theirs | {"If-Match": "*"}
    assert desk.client.delete(ONE, headers=tagged).status_code == 404
    assert desk.client.post(PATH, json={"text": OTHER}, headers=theirs).status_code == 201
    assert desk.ask("GET", ONE).json()["text"] == TEXT


def test_names_that_nobody_gave_are_not_found(desk: Desk) -> None:
    for name in ("%00", "..", "%F0%9F%92%A3" * 20, "' OR 1=1", "x" * 300):
        for path in (
            f"{PATH}/{name}",
            f"{PATH}/{name}/versions",
            f"{PATH}/{name}/diff?old=1&new=2",
        ):
            assert desk.ask("GET", path).status_code in {404, 422}, path
    for number in ("0", "-1", "99999999999", "x"):
        assert desk.ask("GET", f"{ONE}/diff?old={number}&new=1").status_code == 422


def test_pages_follow_their_cursor(desk: Desk) -> None:
    names = [f"n{number}" for number in range(5)]
    for name in names:
        assert desk.ask("POST", PATH, {"text": TEXT.replace("nightly", name)}).status_code == 201
    seen, cursor = [], ""
    while True:
        page = desk.ask("GET", f"{PATH}?limit=2{cursor}").json()
        seen += [each["id"] for each in page["suppressions"]]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    assert seen == names


DEEP = TEXT.replace("condition: selection", f"condition: {'not ' * 300}selection")
HOSTILE = st.one_of(
    st.text(max_size=60),
    st.sampled_from(
        [
            "\x00",
            "- - -",
            "a: &a [*a]",
            "{" * 300,
            "id: !!python/object:x {}",
            TEXT * 2,
            "\ud800",
            DEEP,
        ]
    ),
    st.sampled_from(TEXT.splitlines()).map(lambda line: TEXT.replace(line, f"{line}\x00: [")),
    st.sampled_from(TEXT.splitlines()).map(lambda line: TEXT.replace(line, "")),
)


@given(text=HOSTILE)
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_hostile_texts_never_break_the_server(desk: Desk, text: str) -> None:
    for path in (PATH, "/api/v1/suppression-checks"):
        answer = desk.client.post(
            path,
            content=json.dumps({"text": text}),
            headers=desk.headers | {"Content-Type": "application/json"},
        )
        assert answer.status_code in {200, 201, 409, 422}, answer.text
