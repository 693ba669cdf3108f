"""Restoring suppressed matches over HTTP: an alert once, the decision untouched, taken back."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
import pytest
from tests.api.conftest import NOW, OTHER, TENANT, serving
from tests.api.lake_site import UNBOUND, plant
from tests.studies.judged import RULE, Judged, judged, prediction, rules

from foreseen.api.app import Services, create_app
from foreseen.api.serving.traffic import Traffic
from foreseen.control.scopes import Scope
from foreseen.control.tenants import ensure_tenant
from foreseen.control.tokens import create_token
from foreseen.core.ids import TenantId
from foreseen.lake.asking.cancel import Watch
from foreseen.lake.asking.match_list import judged_match
from foreseen.lake.asking.narrowed import Asker
from foreseen.runners.rules.book import RuleBook
from foreseen.runners.rules.watch import LiveRules
from foreseen.studies.restoring import restored_alert


@dataclass(frozen=True)
class Place:
    """An API over matches that a model judged."""

    client: httpx.Client
    world: Judged

    def as_(self, name: str, tenant: TenantId = TENANT, *scopes: Scope) -> dict[str, str]:
        """Headers of a caller."""
        wanted = set(scopes) or {Scope.READ, Scope.TRIAGE}
        token = create_token(self.world.engine, tenant, name=name, scopes=wanted, now=NOW)
        return {"Authorization": f"Bearer {token}"}


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with judged(tmp_path) as world:
        plant(world.lake)
        ensure_tenant(world.engine, OTHER, now=NOW)
        services = Services(
            None,
            world.engine,
            lambda: NOW,
            frozenset(),
            frozenset({TENANT}),
            lake=world.lake,
            rules=RuleBook(live=LiveRules(rules())),
        )
        with serving(create_app(services, Traffic(UNBOUND))) as client:
            yield Place(client, world)


def path_of(uid: str) -> str:
    return f"/api/v1/matches/{uid}/restore"


def test_a_suppressed_match_becomes_an_open_alert(place: Place) -> None:
    ana = place.as_("ana")
    assert prediction(place.world.lake, "late-3")["outcome"] == "suppressed"
    answer = place.client.post(path_of("late-3"), json={"text": "not by this job"}, headers=ana)
    assert answer.status_code == 201, answer.text
    told = answer.json()
    assert (told["uid"], told["rule"], told["status"]) == ("late-3", RULE, "open")
    assert (told["severity"], told["count"]) == ("medium", 1)
    assert told["title"].startswith("Download tool: curl -")
    assert "ana restored it as an alert." in told["sentences"][-1]
    assert told["decision"]["outcome"] == "suppressed"
    match = place.client.get("/api/v1/matches/late-3", headers=ana).json()
    assert (match["alert"], match["decision"]["outcome"]) == ("late-3", "suppressed")
    [begin] = place.client.get("/api/v1/alerts/late-3/history", headers=ana).json()["history"]
    assert (begin["actor"], begin["action"], begin["text"]) == ("ana", "restore", "not by this job")
    why = place.client.get("/api/v1/alerts/late-3/explanation", headers=ana).json()
    assert (why["outcome"], why["same"]) == ("suppressed", True)


def test_again_it_is_the_same_alert(place: Place) -> None:
    ana, bob = place.as_("ana"), place.as_("bob")
    first = place.client.post(path_of("late-3"), json={}, headers=ana)
    again = place.client.post(path_of("late-3"), json={"text": "me too"}, headers=bob)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()


def test_a_key_makes_one_of_two_requests(place: Place) -> None:
    keyed = {**place.as_("ana"), "Idempotency-Key": "8e03978e-40d5-43e8-bc93"}
    answers = [place.client.post(path_of("late-3"), json={}, headers=keyed) for _ in range(2)]
    assert [each.status_code for each in answers] == [201, 201]
    assert answers[1].headers["Idempotent-Replayed"] == "true"


def test_it_is_taken_back_by_who_restored_it(place: Place) -> None:
    ana, bob = place.as_("ana"), place.as_("bob")
    place.client.post(path_of("late-3"), json={}, headers=ana)
    assert place.client.delete(path_of("late-3"), headers=bob).status_code == 403
    assert place.client.delete(path_of("late-3"), headers=ana).status_code == 204
    assert place.client.delete(path_of("late-3"), headers=ana).status_code == 404
    assert place.client.get("/api/v1/alerts/late-3", headers=ana).status_code == 404
    assert place.client.get("/api/v1/matches/late-3", headers=ana).json()["alert"] is None


def test_once_somebody_spoke_of_it_it_is_dismissed_instead(place: Place) -> None:
    ana = place.as_("ana")
    place.client.post(path_of("late-3"), json={}, headers=ana)
    place.client.post("/api/v1/alerts/late-3/comments", json={"text": "mine"}, headers=ana)
    assert place.client.delete(path_of("late-3"), headers=ana).status_code == 409


@pytest.mark.parametrize(("uid", "status"), [("odd", 409), ("m-3", 409), ("none", 404)])
def test_only_what_was_suppressed_is_restored(place: Place, uid: str, status: int) -> None:
    """Neither what alerted, nor what nobody judged, nor what is not there."""
    answer = place.client.post(path_of(uid), json={}, headers=place.as_("ana"))
    assert answer.status_code == status, answer.text


def test_readers_and_others_may_not(place: Place) -> None:
    reader = place.as_("eve", TENANT, Scope.READ)
    assert place.client.post(path_of("late-3"), json={}, headers=reader).status_code == 403
    other = place.as_("eve", OTHER)
    assert place.client.post(path_of("late-3"), json={}, headers=other).status_code == 404
    assert place.client.delete(path_of("late-3"), headers=other).status_code == 404


def test_a_source_with_fields_of_its_own_is_no_hindrance(place: Place) -> None:
    """The lake tells maps as lists of pairs."""
    asker = Asker(place.world.lake, TENANT, Watch(seconds=30))
    found = judged_match(asker, "late-3")
    columns = {**found.match, "unmapped": [("answer", ["no", "42"])]}
    alert = restored_alert(replace(found, match=columns), None, "ana")
    assert (alert.uid, alert.severity, alert.members) == ("late-3", "medium", ("late-3",))
