"""What people say of alerts through the API: receipts, refusals and undo, on real stores."""

# ruff: noqa: ANN401 (test files cannot import the fixture's class from conftest)

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.studies.office_world import CHAIN, World, judged_world, world_in

from foreseen.api.app import Services, create_app
from foreseen.control.dispositions import dispositions
from foreseen.control.scopes import Scope
from foreseen.control.tenants import ensure_tenant
from foreseen.control.tokens import create_token
from foreseen.core.errors import ConfigurationError
from foreseen.core.ids import DEFAULT_TENANT, TenantId
from foreseen.intake.log import IntakeLog
from foreseen.studies.desk import Desk
from foreseen.studies.feedback import Office

OTHER = TenantId("other")
EXPECTED = {"verdict": "dismissed", "reason": "expected change"}
ATTACK = {"verdict": "escalated", "reason": "attack"}


@dataclass
class Triage:
    """The API over a world with alerts."""

    client: httpx.Client
    world: World
    desk: Any = None

    def token(
        self, name: str, scope: Scope = Scope.TRIAGE, tenant: TenantId = DEFAULT_TENANT
    ) -> str:
        """A new token."""
        return create_token(self.world.engine, tenant, name=name, scopes={scope}, now=1)

    def say(self, alert: str, said: object, name: str = "bob", **headers: str) -> httpx.Response:
        """A word of a person on an alert."""
        headers = {"Authorization": f"Bearer {self.token(name)}", **headers}
        return self.client.post(_path(alert), json=said, headers=headers)

    def status(self, uid: str) -> str:
        """The alert's status now."""
        return str(next(a.status for a in self.world.alerts() if a.uid == uid))


def _path(alert: str) -> str:
    return f"/api/v1/alerts/{alert}/dispositions"


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return judged_world(tmp_path_factory.mktemp("triage"))


@pytest.fixture
def triage(judged: Path, tmp_path: Path, serve: Any) -> Iterator[Triage]:
    """A copy that a test may change, served."""
    with (
        world_in(Path(shutil.copytree(judged, tmp_path / "data"))) as world,
        IntakeLog.open(tmp_path / "intake") as intake,
    ):
        ensure_tenant(world.engine, OTHER, now=1)
        found: Triage

        def office(tenant: TenantId) -> Office:
            desk = found.desk or world.desk
            return Office(tenant, world.lake, world.engine, desk, now=5)

        tenants = frozenset({DEFAULT_TENANT})
        services = Services(intake, world.engine, lambda: 5, frozenset(), tenants, office)
        with serve(create_app(services)) as client:
            found = Triage(client, world)
            yield found


def test_a_dismissal_answers_with_its_receipt_and_is_undone(triage: Triage) -> None:
    uid = triage.world.alerts()[0].uid
    answer = triage.say(uid, EXPECTED)
    assert answer.status_code == 201
    told = answer.json()
    assert told["receipt"]["moved"]["to_expected"]["matches"] == 12
    assert triage.status(uid) == "dismissed"
    [kept] = dispositions(triage.world.engine, DEFAULT_TENANT, uid)
    assert (kept.actor, kept.receipt) == ("bob", told["receipt"])
    headers = {"Authorization": f"Bearer {triage.token('eve')}"}
    undone = triage.client.delete(f"{_path(uid)}/{told['number']}", headers=headers)
    assert (undone.status_code, undone.json()) == (200, {"status": "open"})
    assert dispositions(triage.world.engine, DEFAULT_TENANT, uid)[0].undone_by == "eve"


def test_a_dry_run_records_nothing(triage: Triage) -> None:
    uid = triage.world.alerts()[0].uid
    answer = triage.say(uid, {**EXPECTED, "dry_run": True})
    assert (answer.status_code, answer.json()["number"]) == (200, None)
    assert dispositions(triage.world.engine, DEFAULT_TENANT, uid) == []


def test_the_second_person_proves_to_be_one_by_a_token(triage: Triage) -> None:
    uid = triage.world.alerts()[-1].uid
    refused = triage.say(uid, EXPECTED)
    assert refused.status_code == 403
    assert CHAIN in refused.json()["detail"]
    assert "X-Foreseen-Second" in refused.json()["detail"]
    for second in (
        "eve",
        "fsn_forged",
        triage.token("bob"),
        triage.token("Bob@example.com"),
        triage.token("eve", Scope.READ),
        triage.token("eve", tenant=OTHER),
    ):
        answer = triage.say(uid, EXPECTED, **{"X-Foreseen-Second": second})
        assert answer.status_code == 403, second
    assert triage.status(uid) == "open"
    answer = triage.say(uid, EXPECTED, **{"X-Foreseen-Second": triage.token("eve")})
    assert answer.status_code == 201
    assert dispositions(triage.world.engine, DEFAULT_TENANT, uid)[0].second == "eve"


def test_nobody_dismisses_an_alert_about_themselves(triage: Triage) -> None:
    uid = triage.world.alerts()[0].uid
    refused = triage.say(uid, EXPECTED, name="Ana")
    assert (refused.status_code, "about" in refused.json()["detail"]) == (403, True)
    assert triage.say(uid, ATTACK, name="Ana").status_code == 201
    assert triage.status(uid) == "escalated"


def test_an_escalation_is_recorded_though_nothing_can_be_weighed(triage: Triage) -> None:
    def desk() -> Desk:
        raise ConfigurationError("no rules")

    triage.desk = desk
    uid = triage.world.alerts()[0].uid
    refused = triage.say(uid, EXPECTED)
    assert (refused.status_code, "no rules" in refused.json()["detail"]) == (409, True)
    answer = triage.say(uid, ATTACK)
    assert (answer.status_code, answer.json()["receipt"]) == (201, None)
    assert "no rules" in answer.json()["problem"]
    assert triage.status(uid) == "escalated"


@pytest.mark.parametrize(
    "said",
    [
        {},
        [],
        None,
        {"verdict": "closed", "reason": "attack"},
        {"verdict": "dismissed", "reason": "attack"},
        {"verdict": "dismissed", "reason": "other"},
        {"verdict": "dismissed", "reason": "x" * 10_000},
        {"verdict": "dismissed", "reason": "other", "text": "x" * 10_000},
        {"verdict": "dismissed", "reason": ["expected change"]},
        {**EXPECTED, "actor": "eve"},
        {**EXPECTED, "second": "eve"},
        {**EXPECTED, "dry_run": "perhaps"},
    ],
)
def test_hostile_bodies_are_refused_and_leave_nothing(triage: Triage, said: object) -> None:
    uid = triage.world.alerts()[0].uid
    answer = triage.say(uid, said)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert dispositions(triage.world.engine, DEFAULT_TENANT, uid) == []


def test_scopes_and_tenants_are_kept_apart(triage: Triage) -> None:
    uid = triage.world.alerts()[0].uid
    number = triage.say(uid, ATTACK).json()["number"]
    tokens = {
        triage.token("r", Scope.READ): 403,
        triage.token("i", Scope.INGEST): 403,
        triage.token("t", tenant=OTHER): 403,
        "fsn_forged": 401,
    }
    for token, status in tokens.items():
        headers = {"Authorization": f"Bearer {token}"}
        said = triage.client.post(_path(uid), json=EXPECTED, headers=headers)
        undone = triage.client.delete(f"{_path(uid)}/{number}", headers=headers)
        assert (said.status_code, undone.status_code) == (status, status)
    headers = {"Authorization": f"Bearer {triage.token('bob')}"}
    for path in (f"{_path('other')}/{number}", f"{_path(uid)}/{number + 1}"):
        assert triage.client.delete(path, headers=headers).status_code == 404
    for number in (0, -1, 2**63, "x"):
        path = f"{_path(uid)}/{number}"
        assert triage.client.delete(path, headers=headers).status_code == 422
    assert triage.status(uid) == "escalated"
