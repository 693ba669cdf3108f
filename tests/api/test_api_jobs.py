"""Jobs over HTTP: asked for, run by a process, cancelled, begun again, and kept apart by tenant."""

from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread

import pytest
from tests.api.model_site import OTHER, ModelSite, bare_site, model_site
from tests.studies.judged import ACCEPTED, OWN, RULE

from foreseen.control import job_orders, job_work, jobs
from foreseen.control.audit_log import Actor, entries
from foreseen.control.job_orders import MOST_OPEN, JobKind
from foreseen.control.jobs import JobState
from foreseen.control.scopes import Scope
from foreseen.core.errors import MalformedInputError

ANN = Actor("ann", "token")


@pytest.fixture
def place(tmp_path: Path) -> Iterator[ModelSite]:
    with bare_site(tmp_path) as made:
        yield made


@pytest.fixture
def judged(tmp_path: Path) -> Iterator[ModelSite]:
    with model_site(tmp_path) as made:
        yield made


@pytest.mark.long
def test_a_what_if_is_answered_by_a_job(judged: ModelSite) -> None:
    job = judged.done("/api/v1/what-if", {"removed": [RULE]}).json()

    assert (job["state"], job["progress"], job["error"]) == ("done", 1.0, None)
    read = judged.may(Scope.READ)
    told = judged.client.get(job["result"], headers=read).json()
    assert (told["added"], told["removed"] > 0) == (0, True)
    assert len(told["examples"]["removed"]) > 0
    listed = judged.client.get("/api/v1/jobs", headers=read).json()["jobs"]
    assert [(each["id"], each["kind"]) for each in listed] == [(job["id"], "what-if")]


@pytest.mark.long
def test_a_what_if_is_of_the_rules_that_people_keep_now(judged: ModelSite, tmp_path: Path) -> None:
    judged.local = tmp_path / "local"
    judged.local.mkdir()
    off = f"tune: {RULE}\nenabled: false\n"
    (judged.local / f"tuning-{RULE}.yml").write_text(off)  # nothing was labelled since
    on = {"changed": [{"name": "on.yml", "text": off.replace("false", "true")}]}
    job = judged.done("/api/v1/what-if", on).json()

    assert (job["state"], job["error"]) == ("done", None)
    told = judged.client.get(job["result"], headers=judged.may(Scope.READ)).json()
    assert [(each["rule"], each["edit"]) for each in told["rules"]] == [(RULE, "added")]


@pytest.mark.long
def test_a_wrong_edit_is_told_with_its_file(judged: ModelSite) -> None:
    edit = {"changed": [{"name": "mine.yml", "text": "title: [\n"}]}
    job = judged.done("/api/v1/what-if", edit).json()

    assert job["state"] == "failed"
    assert "mine.yml" in job["error"]
    assert job["result"] is None
    read, path = judged.may(Scope.READ), f"/api/v1/jobs/{job['id']}/result"
    assert judged.client.get(path, headers=read).status_code == 404


@pytest.mark.long
def test_training_gives_a_version(judged: ModelSite) -> None:
    body = {"until": "2027-01-15T08:00:00Z", "reason": "all of it was clean"}
    refused = judged.client.post(
        "/api/v1/models/train", json=body, headers=judged.may(Scope.ENGINEER)
    )
    assert refused.status_code == 422  # nobody can accept what is yet to come

    asked: dict[str, object] = {"until": ACCEPTED, "reason": "clean", "seed": 1}
    made = job_orders.order(judged.engine, OWN, ANN, JobKind.TRAIN, asked, now=1)
    assert judged.runner().look(Event())

    read = judged.may(Scope.READ)
    job = judged.client.get(f"/api/v1/jobs/{made.number}", headers=read).json()
    assert (job["state"], job["error"]) == ("done", None)
    told = judged.client.get(job["result"], headers=read).json()
    assert told["version"] == 2
    listed = judged.client.get("/api/v1/models/versions", headers=read).json()["versions"]
    assert [each["version"] for each in listed] == [2, 1]
    assert listed[0]["author"] == "ann"
    assert listed[0]["reason"] == "clean"


def test_a_job_that_waits_is_cancelled_at_once_and_only_once(place: ModelSite) -> None:
    engineer = place.may(Scope.READ, Scope.ENGINEER)
    path = place.client.post("/api/v1/models/ledger", json={}, headers=engineer).headers["location"]

    ended = place.client.delete(path, headers=engineer)
    assert (ended.status_code, ended.json()["state"]) == (200, "cancelled")
    assert place.client.delete(path, headers=engineer).status_code == 409
    assert not place.runner().look(Event())
    told = [(each.change.action, each.change.kind) for each in entries(place.engine, OWN)]
    assert told[:2] == [("cancel", "job"), ("order", "job")]
    for state, number in (("cancelled", 1), ("failed", 0), ("waiting", 0)):
        listed = place.client.get("/api/v1/jobs", params={"state": state}, headers=engineer).json()[
            "jobs"
        ]
        assert [job["state"] for job in listed] == [state] * number


def test_the_process_of_a_job_that_runs_is_ended_when_it_is_cancelled(judged: ModelSite) -> None:
    asked: dict[str, object] = {"since": None, "placements": 100}
    number = job_orders.order(judged.engine, OWN, ANN, JobKind.LEDGER, asked, now=1).number
    runner = Thread(target=judged.runner().look, args=(Event(),))
    runner.start()
    while job_orders.ordered(judged.engine, OWN, number).state is JobState.WAITING:
        runner.join(0.01)
    job_orders.cancel(judged.engine, OWN, ANN, number, now=2)
    runner.join(30)

    assert not runner.is_alive()
    found = job_orders.ordered(judged.engine, OWN, number)
    assert (found.state, found.error) == (JobState.FAILED, "cancelled by ann")
    assert not found.has_result


@pytest.mark.long
def test_a_job_that_ran_when_the_server_stopped_is_begun_again(place: ModelSite) -> None:
    asked: dict[str, object] = {"days": None}
    number = job_orders.order(place.engine, OWN, ANN, JobKind.PROMISES, asked, now=1).number
    stop = Event()
    stop.set()
    place.runner().look(stop)  # its process is killed: the server stops
    assert job_orders.ordered(place.engine, OWN, number).state is JobState.RUNNING

    assert place.runner().look(Event())
    found = job_orders.ordered(place.engine, OWN, number)
    assert (found.state, found.begun) == (JobState.DONE, 2)


def test_a_job_that_ends_servers_is_not_begun_for_ever(place: ModelSite) -> None:
    asked: dict[str, object] = {"days": None}
    number = job_orders.order(place.engine, OWN, ANN, JobKind.PROMISES, asked, now=1).number
    for time in (2, 3):
        assert job_work.take_up(place.engine, OWN, now=time) is not None
        assert job_work.take_back(place.engine, OWN, now=time) == [number]
    found = job_orders.ordered(place.engine, OWN, number)
    assert (found.state, found.error) == (
        JobState.FAILED,
        "the server stopped 2 times while it ran",
    )


def test_too_many_jobs_are_refused(place: ModelSite) -> None:
    engineer = place.may(Scope.ENGINEER)
    answers = [
        place.client.post("/api/v1/models/promises", json={}, headers=engineer)
        for _ in range(MOST_OPEN + 1)
    ]
    assert [each.status_code for each in answers] == [202] * MOST_OPEN + [429]
    assert answers[-1].headers["retry-after"]
    assert answers[-1].headers["content-type"] == "application/problem+json"


def test_pages_of_jobs_hold_each_once(place: ModelSite) -> None:
    for time in range(5):
        jobs.create_job(place.engine, OWN, "retrain", now=time)
    read, found, cursor = place.may(Scope.READ), list[int](), ""
    while cursor is not None:
        more = {"cursor": cursor} if cursor else {}
        page = place.client.get("/api/v1/jobs", params={"limit": 2, **more}, headers=read).json()
        found += [each["id"] for each in page["jobs"]]
        cursor = page["next"]
    assert len(found) == 5
    assert found == sorted(found, reverse=True)
    own = place.client.delete(f"/api/v1/jobs/{found[0]}", headers=place.may(Scope.ENGINEER))
    assert own.status_code == 409


def test_another_organisation_has_no_part_in_it(place: ModelSite) -> None:
    asked: dict[str, object] = {"days": None}
    number = job_orders.order(place.engine, OWN, ANN, JobKind.PROMISES, asked, now=1).number
    stranger = place.may(Scope.READ, Scope.ENGINEER, tenant=OTHER)
    path = f"/api/v1/jobs/{number}"
    assert place.client.get(path, headers=stranger).status_code == 404
    assert place.client.delete(path, headers=stranger).status_code == 404
    assert place.client.get(f"{path}/result", headers=stranger).status_code == 404
    assert place.client.get("/api/v1/jobs", headers=stranger).json()["jobs"] == []


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/v1/what-if", {"budget": 2}),
        ("/api/v1/what-if", {"since": "yesterday"}),
        ("/api/v1/what-if", {"unknown": 1}),
        ("/api/v1/what-if", {"changed": [{"name": "x", "text": "y" * 100_001}]}),
        ("/api/v1/models/train", {"until": "2026-01-01T00:00:00", "reason": "no zone"}),
        (
            "/api/v1/models/train",
            {"until": "2026-01-01T00:00:00Z", "reason": "x", "budget": 0.1, "alerts_a_day": 3},
        ),
        ("/api/v1/models/ledger", {"placements": 0}),
        ("/api/v1/models/promises", {"days": 10**9}),
    ],
)
def test_what_cannot_be_asked_is_refused(place: ModelSite, path: str, body: object) -> None:
    answer = place.client.post(path, json=body, headers=place.may(Scope.ENGINEER))
    assert answer.status_code == 422
    assert not place.runner().look(Event())


def test_a_result_that_is_too_large_is_not_kept(place: ModelSite) -> None:
    asked: dict[str, object] = {"days": None}
    number = job_orders.order(place.engine, OWN, ANN, JobKind.PROMISES, asked, now=1).number
    job_work.take_up(place.engine, OWN, now=2)
    with pytest.raises(MalformedInputError, match="ask for less"):
        job_work.finish(place.engine, OWN, number, b" " * (job_work.MOST_RESULT + 1), now=3)
