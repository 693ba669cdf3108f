"""Why an alert was raised, over HTTP: the same as the command tells, and the same again."""

# ruff: noqa: ANN401 (test files cannot import the fixture's class from conftest)

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import httpx
import orjson
import pytest
from tests.studies.office_world import RULE, World, judged_world, world_in

from foreseen.api.app import Services, create_app
from foreseen.control.scopes import Scope
from foreseen.control.tenants import ensure_tenant
from foreseen.control.tokens import create_token
from foreseen.core.ids import DEFAULT_TENANT, TenantId
from foreseen.runners.rules.book import RuleBook
from foreseen.runners.rules.watch import LiveRules
from foreseen.studies.explanation import explain_match
from foreseen.studies.feedback import Office
from foreseen.studies.rule_stats import rule_stats

OTHER = TenantId("other")


@dataclass
class Reader:
    """Someone who reads, before the API over a world with alerts."""

    client: httpx.Client
    world: World

    def get(self, path: str, tenant: TenantId = DEFAULT_TENANT) -> httpx.Response:
        """Ask for something."""
        token = create_token(self.world.engine, tenant, name="r", scopes={Scope.READ}, now=1)
        return self.client.get(path, headers={"Authorization": f"Bearer {token}"})


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory, serve: Any) -> Iterator[Reader]:
    """Nobody changes this world."""
    folder = judged_world(tmp_path_factory.mktemp("read"))
    with world_in(folder) as world:
        ensure_tenant(world.engine, OTHER, now=1)

        def office(tenant: TenantId) -> Office:
            return Office(tenant, world.lake, world.engine, world.desk, now=5)

        services = Services(
            None,
            world.engine,
            lambda: 5,
            frozenset(),
            frozenset({DEFAULT_TENANT}),
            office,
            rules=RuleBook(live=LiveRules(world.rules)),
            lake=world.lake,
        )
        with serve(create_app(services)) as client:
            yield Reader(client, world)


@pytest.mark.long
def test_an_alert_is_explained_as_the_command_does(reader: Reader) -> None:
    world = reader.world
    for alert in world.alerts():
        answer = reader.get(f"/api/v1/alerts/{alert.uid}/explanation")
        assert answer.status_code == 200, answer.text
        told = answer.json()
        found = explain_match(world.lake, world.engine, DEFAULT_TENANT, alert.uid)
        plain = orjson.loads(orjson.dumps(asdict(found), option=orjson.OPT_NON_STR_KEYS))
        assert told["answer"] == plain["answer"]
        assert told["verdict"] == found.verdict
        assert (told["match"], told["rule"]) == (alert.uid, str(alert.rule))
        assert told["alert"]["uid"] == alert.uid
        assert told["same"]
        assert told["answer"]["turned"]


def test_it_is_the_same_again(reader: Reader) -> None:
    path = f"/api/v1/alerts/{reader.world.alerts()[0].uid}/explanation"
    assert reader.get(path).content == reader.get(path).content


def test_nobody_else_learns_of_it(reader: Reader) -> None:
    uid = reader.world.alerts()[0].uid
    there, absent = (
        reader.get(f"/api/v1/alerts/{name}/explanation", OTHER) for name in (uid, "nowhere")
    )
    assert (there.status_code, absent.status_code) == (404, 404)
    for name in ("nowhere", "%00", "..", "%F0%9F%92%A3" * 20, "' OR 1=1"):
        assert reader.get(f"/api/v1/alerts/{name}/explanation").status_code == 404


def test_what_rules_did_is_what_the_lake_has(reader: Reader) -> None:
    world = reader.world
    [row] = reader.get("/api/v1/figures/rules").json()["rules"]
    done = rule_stats(world.lake, world.engine, DEFAULT_TENANT)[RULE]
    assert (row["id"], row["loaded"]) == (RULE, True)
    assert [row[key] for key in ("matches", "alerted", "suppressed", "alerts")] == [
        done.matches,
        done.alerted,
        done.suppressed,
        done.alerts,
    ]
    assert row["share_suppressed"] == done.share
    assert reader.get("/api/v1/figures/rules", OTHER).status_code == 403


def test_reach_says_what_cannot_match(reader: Reader) -> None:
    told = reader.get("/api/v1/figures/reach?hours=1").json()
    assert (told["events"], told["complete"]) == (0, True)
    assert not told["rules"][RULE]["reachable"]
    assert "are collected" in told["rules"][RULE]["reason"]
    assert told["rules"][RULE]["enabled"]
    assert reader.get("/api/v1/figures/reach?hours=0").status_code == 422
    covered = reader.get("/api/v1/figures/coverage?hours=1").json()
    assert [each["state"] for each in covered["techniques"]] == ["blind"]
    assert reader.get("/api/v1/figures/coverage").json()["techniques"][0]["state"] != "blind"
    layer = reader.get("/api/v1/figures/coverage/navigator").json()
    assert [each["techniqueID"] for each in layer["techniques"]] == ["T1105"]
