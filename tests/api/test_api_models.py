"""Models over HTTP: shown, compared, taken back, placed, and sampled for audit."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.api.model_site import OTHER, ModelSite, model_site
from tests.studies.judged import OWN, RULE, train

from foreseen.control import audit_sample, model_stages
from foreseen.control.audit_log import entries
from foreseen.control.scopes import Scope
from foreseen.core.decisions import Stage

MODELS = "/api/v1/models"


@pytest.fixture
def place(tmp_path: Path) -> Iterator[ModelSite]:
    with model_site(tmp_path) as made:
        yield made


def test_models_are_listed_and_shown_with_their_budget_and_gates(place: ModelSite) -> None:
    read = place.may(Scope.READ)
    told = place.client.get(MODELS, headers=read)
    assert told.status_code == 200, told.text
    found = told.json()
    assert [each["rule"] for each in found["models"]] == [RULE]
    assert sum(found["models"][0]["history"].values()) == 300
    assert found["budget"]["in_force"] == pytest.approx(0.02)
    assert found["budget"]["calibrated_by"] > 0

    shown = place.client.get(f"{MODELS}/{RULE}", headers=read)
    assert shown.headers["etag"]
    assert {each["name"] for each in shown.json()["gates"]} >= {"clean history", "recall"}
    assert shown.json()["placements"][0]["stage"] == shown.json()["stage"]
    assert place.client.get(f"{MODELS}/none", headers=read).status_code == 404
    stranger = place.may(Scope.READ, tenant=OTHER)
    assert place.client.get(MODELS, headers=stranger).status_code == 404


def test_a_version_is_taken_back_and_back_again(place: ModelSite) -> None:
    train(place.lake, place.engine, seed=1)
    engineer = place.may(Scope.READ, Scope.ENGINEER)
    shown = place.client.get(f"{MODELS}/versions/1", headers=engineer)
    assert (shown.json()["in_use"], shown.headers["etag"]) == (False, '"2"')

    def use(number: int, tag: str | None) -> int:
        headers = {**engineer, **({"If-Match": tag} if tag else {})}
        path = f"{MODELS}/versions/{number}/use"
        return place.client.post(path, json={"reason": "a test"}, headers=headers).status_code

    assert [use(1, None), use(1, '"1"'), use(9, "*")] == [428, 412, 404]
    assert use(1, '"2"') == 200
    listed = place.client.get(f"{MODELS}/versions", headers=engineer).json()["versions"]
    assert [(each["version"], each["in_use"]) for each in listed] == [(2, False), (1, True)]
    assert listed[1]["chosen"]["author"] == "caller-engineer-read"
    assert use(2, "*") == 200
    told = [(each.change.action, each.change.name) for each in entries(place.engine, OWN, limit=2)]
    assert told == [("use", "2"), ("use", "1")]


def test_a_model_is_demoted_and_promoted_with_what_was_seen(place: ModelSite) -> None:
    engineer = place.may(Scope.READ, Scope.ENGINEER)
    path = f"{MODELS}/{RULE}"
    tag = place.client.get(path, headers=engineer).headers["etag"]
    body = {"reason": "it is noisy"}

    assert place.client.post(f"{path}/demote", json=body, headers=engineer).status_code == 428
    done = place.client.post(f"{path}/demote", json=body, headers={**engineer, "If-Match": tag})
    assert (done.status_code, done.json()["stage"]) == (200, "observe")
    late = place.client.post(f"{path}/demote", json=body, headers={**engineer, "If-Match": tag})
    assert late.status_code == 412
    assert model_stages.placements(place.engine, OWN)[RULE].stage is Stage.OBSERVE
    (entry,) = entries(place.engine, OWN, limit=1)
    assert (entry.change.action, entry.change.kind, entry.change.name) == ("demote", "model", RULE)

    gates = place.client.get(path, headers=engineer).json()["gates"]
    fresh = {**engineer, "If-Match": done.headers["etag"]}
    again = place.client.post(f"{path}/promote", json=body, headers=fresh)
    if all(each["passed"] for each in gates):
        assert (again.status_code, again.json()["stage"]) == (200, "assist")
    else:  # two persons stand for it on the command line
        assert again.status_code == 409
        assert "does not pass every gate" in again.json()["detail"]


@pytest.mark.long
def test_the_ledger_tells_recall_with_its_bound_and_no_sealed_name(place: ModelSite) -> None:
    read = place.may(Scope.READ)
    assert place.client.get(f"{MODELS}/ledger", headers=read).status_code == 404
    job = place.done(f"{MODELS}/ledger", {"placements": 1}).json()
    assert (job["state"], job["error"]) == ("done", None)

    told = place.client.get(f"{MODELS}/ledger", headers=read)
    assert told.headers["content-location"] == job["result"]
    (line,) = [each for each in told.json()["rules"] if each["rule"] == RULE]
    assert line["suppressed"] > 0
    assert 0 < line["recall"]["upper"] <= 1
    assert isinstance(line["recall"]["lost"], int)


@pytest.mark.long
def test_promises_and_comparisons_are_worked_out(place: ModelSite) -> None:
    job = place.done(f"{MODELS}/promises", {}).json()
    assert (job["state"], job["error"]) == ("done", None)
    told = place.client.get(f"{MODELS}/promises", headers=place.may(Scope.READ)).json()
    assert told["tenant"]["matches"] > 0
    curve = told["curve"]
    assert curve["in_force"] in {point["share"] for point in curve["points"]}
    (own,) = [each for each in curve["rules"] if each["rule"] == RULE]
    assert len(own["alerted"]) == len(own["missed"]) == len(curve["points"])
    (drift,) = told["drift"]
    assert drift["shift"]["learned"] == 300
    assert drift["shift"]["lately"] > 0
    assert told["spread"]["judged"] == curve["matches"]

    train(place.lake, place.engine, seed=1)
    job = place.done(f"{MODELS}/compare", {"first": 1, "second": 2}).json()
    assert (job["state"], job["error"]) == ("done", None)
    missing = place.client.post(
        f"{MODELS}/compare", json={"first": 1, "second": 9}, headers=place.may(Scope.ENGINEER)
    )
    assert missing.status_code == 404


def test_people_answer_a_sample_of_what_was_silenced(place: ModelSite) -> None:
    triage, path = place.may(Scope.TRIAGE), f"{MODELS}/audit-sample"
    drawn = place.client.get(path, params={"per_day": 5}, headers=triage).json()
    assert drawn["total"] == len(drawn["matches"]) > 0
    match = drawn["matches"][0]["match"]

    said = place.client.post(
        f"{path}/{match}", json={"finding": "wanted", "text": "odd"}, headers=triage
    )
    assert said.status_code == 200
    assert audit_sample.answers(place.engine, OWN)[match].finding.value == "wanted"
    left = place.client.get(path, params={"per_day": 5}, headers=triage).json()
    assert match not in {each["match"] for each in left["matches"]}
    (entry,) = entries(place.engine, OWN, limit=1)
    assert (entry.change.action, entry.change.name) == ("answer", match)

    body = {"finding": "unneeded"}
    assert place.client.post(f"{path}/odd", json=body, headers=triage).status_code == 404
    stranger = place.may(Scope.TRIAGE, tenant=OTHER)
    assert place.client.post(f"{path}/{match}", json=body, headers=stranger).status_code == 404
