"""Many alerts changed by one call, tried before and undone after."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from tests.api.alerting import an_alert, fill
from tests.api.people import A, B, Site, site
from tests.studies.office_world import World, judged_world, world_in

from foreseen.api.app import Services, create_app
from foreseen.control import alert_bulk, bulk_reading
from foreseen.control.alert_history import history
from foreseen.control.alert_life import Wanted
from foreseen.control.alerts import AlertFilter
from foreseen.control.audit_log import Actor, entries, verify
from foreseen.control.dispositions import Disposition, dispose, dispositions
from foreseen.control.reasons import Verdict
from foreseen.control.scopes import Role, Scope
from foreseen.control.tokens import create_token
from foreseen.core.ids import DEFAULT_TENANT, TenantId
from foreseen.studies.feedback import Office

Serve = Callable[[FastAPI], AbstractContextManager[httpx.Client]]
BULK = "/api/v1/alerts/bulk"
TAKE = {"status": "acknowledged", "assignee": "ana"}


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Site]:
    with site(tmp_path) as made:
        fill(made.engine, *(an_alert(f"m{n}", n, host=f"h{n % 2}") for n in range(6)))
        yield made


@pytest.fixture
def client(place: Site, serve: Serve) -> Iterator[httpx.Client]:
    with serve(place.app) as made:
        made.headers.update(place.token(place.person("ana", Role.ANALYST), Role.ANALYST))
        yield made


def shown(client: httpx.Client) -> dict[str, tuple[str, str | None]]:
    """Status and assignee of all alerts."""
    page = client.get("/api/v1/alerts", params={"limit": 200}).json()
    return {each["uid"]: (each["status"], each["assignee"]) for each in page["alerts"]}


def bulk(client: httpx.Client, **body: Any) -> dict[str, Any]:  # noqa: ANN401
    answer = client.post(BULK, json=body)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def counts(told: dict[str, Any]) -> tuple[int, int, int, int]:
    """Chosen, changed, unchanged, skipped."""
    return told["chosen"], told["changed"], told["unchanged"], told["skipped"]


def test_alerts_are_changed_by_uid_and_by_filter(client: httpx.Client, place: Site) -> None:
    told = bulk(client, uids=["m0", "m1"], **TAKE)
    assert counts(told) == (2, 2, 0, 0)
    assert [each["uid"] for each in told["receipts"]] == ["m0", "m1"]
    told = bulk(client, filter={"host": "h1"}, **TAKE)
    assert (told["matched"], counts(told)) == (3, (3, 2, 1, 0))
    taken = {uid for uid, (status, _) in shown(client).items() if status == "acknowledged"}
    assert taken == {"m0", "m1", "m3", "m5"}
    assert [each.action for each in history(place.engine, A, "m5")] == [
        "raise",
        "acknowledge",
        "assign",
    ]


def test_a_dry_run_tells_how_many_and_changes_nothing(client: httpx.Client, place: Site) -> None:
    before, entered = shown(client), entries(place.engine, A)
    told = bulk(client, filter={"status": ["open"]}, limit=4, dry_run=True, **TAKE)
    assert (told["id"], told["matched"], counts(told)) == (None, 6, (4, 0, 0, 0))
    told = bulk(client, uids=["m1", "nowhere"], dry_run=True, **TAKE)
    assert (told["id"], told["matched"], counts(told)) == (None, 1, (2, 0, 0, 0))
    assert (shown(client), entries(place.engine, A)) == (before, entered)
    assert client.get(BULK).json()["bulks"] == []


def test_the_newest_are_taken_where_there_are_more_than_the_limit(client: httpx.Client) -> None:
    told = bulk(client, filter={}, limit=2, **TAKE)
    assert (told["matched"], [each["uid"] for each in told["receipts"]]) == (6, ["m5", "m4"])


def test_what_cannot_be_is_skipped_with_its_reason(client: httpx.Client) -> None:
    told = bulk(client, uids=["m0", "nowhere", "m1"], resolved=True, assignee="ana")
    assert counts(told) == (3, 0, 0, 3)
    reasons = [each["reason"] for each in told["receipts"]]
    assert reasons[1] == "no alert nowhere"
    assert "only an escalated one is resolved" in reasons[0]
    assert shown(client)["m0"] == ("open", None)  # nor was it assigned


def test_all_of_it_is_undone_by_one_call(client: httpx.Client, place: Site) -> None:
    bulk(client, uids=["m1"], assignee="bob")
    before = shown(client)
    told = bulk(client, filter={}, **TAKE)
    assert counts(told) == (6, 6, 0, 0)
    undone = client.post(f"{BULK}/{told['id']}/undo").json()
    assert counts(undone) == (6, 6, 0, 0)
    assert shown(client) == before
    again = client.post(f"{BULK}/{told['id']}/undo").json()
    assert counts(again) == (0, 0, 0, 0)
    listed = client.get(BULK).json()["bulks"]
    assert [each["alerts"] for each in listed if each["id"] == told["id"]] == [6]
    assert client.get(f"{BULK}/{told['id']}").json()["undone_by"] == "ana"
    verify(place.engine, A)


def test_when_it_was_resolved_is_put_back_too(client: httpx.Client, place: Site) -> None:
    said = Disposition("m0", "ana", Verdict.ESCALATED, "attack", "", place.clock())
    dispose(place.engine, A, said)
    done = bulk(client, uids=["m0"], resolved=True)
    when = client.get("/api/v1/alerts/m0").json()["resolved"]
    assert when is not None
    place.clock.passes(seconds=60)
    reopened = bulk(client, uids=["m0"], resolved=False)
    assert client.get("/api/v1/alerts/m0").json()["resolved"] is None
    client.post(f"{BULK}/{reopened['id']}/undo")
    assert client.get("/api/v1/alerts/m0").json()["resolved"] == when
    late = client.post(f"{BULK}/{done['id']}/undo").json()
    assert counts(late) == (1, 0, 0, 1)
    assert client.get("/api/v1/alerts/m0").json()["status"] == "escalated"


def test_a_server_that_ends_in_between_leaves_what_can_be_undone(
    client: httpx.Client, place: Site
) -> None:
    by, wanted = Actor("ana", "token"), Wanted(assigns=True, assignee="ana")
    fill(place.engine, *(an_alert(f"n{n}", 9) for n in range(150)))
    _, chosen = bulk_reading.chosen(place.engine, A, AlertFilter(), 200)
    id_ = alert_bulk.begin(place.engine, A, by, {}, now=1)
    done = alert_bulk.change_many(place.engine, A, id_, chosen, wanted, by=by, now=1)
    next(done)
    done.close()  # as far as one chunk
    assert client.get(f"{BULK}/{id_}").json()["alerts"] == 100
    assert counts(client.post(f"{BULK}/{id_}/undo").json()) == (100, 100, 0, 0)
    assert {who for _, who in shown(client).values()} == {None}


def test_an_alert_that_was_changed_since_stays_as_it_is(client: httpx.Client) -> None:
    told = bulk(client, uids=["m0", "m1"], **TAKE)
    client.patch("/api/v1/alerts/m0", json={"assignee": "bob"})
    undone = client.post(f"{BULK}/{told['id']}/undo").json()
    assert counts(undone) == (2, 1, 0, 1)
    assert "somebody changed it" in undone["receipts"][0]["reason"]
    assert (shown(client)["m0"], shown(client)["m1"]) == (("acknowledged", "bob"), ("open", None))


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"uids": ["m0"]},
        {"uids": [], **TAKE},
        {"uids": ["m0"], "filter": {}, **TAKE},
        {"uids": ["m0"], "verdict": "dismissed"},
        {"uids": ["m0"], "reason": "duplicate", **TAKE},
        {"uids": ["m0"], "verdict": "dismissed", "reason": "duplicate", **TAKE},
        {"uids": ["m0"], "verdict": "dismissed", "reason": "because"},
        {"uids": ["m0"], "verdict": "dismissed", "reason": "other"},
        {"uids": ["m0"] * 10_001, **TAKE},
        {"uids": ["x" * 201], **TAKE},
        {"filter": {"hosts": "h1"}, **TAKE},
        {"filter": {"from": "yesterday"}, **TAKE},
        {"filter": {}, "limit": 10_001, **TAKE},
        {"filter": {}, "assignee": "  "},
        {"filter": {}, "status": "dismissed"},
    ],
)
def test_what_is_not_clear_is_refused_whole(client: httpx.Client, body: dict[str, object]) -> None:
    before = shown(client)
    answer = client.post(BULK, json=body)
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert shown(client) == before
    assert client.get(BULK).json()["bulks"] == []


def test_another_organisation_s_alerts_are_none(client: httpx.Client, place: Site) -> None:
    fill(place.engine, an_alert("far", tenant=B), tenant=B)
    assert bulk(client, filter={}, dry_run=True, **TAKE)["matched"] == 6
    [receipt] = bulk(client, uids=["far"], **TAKE)["receipts"]
    assert (receipt["outcome"], receipt["reason"]) == ("skipped", "no alert far")
    told = bulk(client, uids=["m0"], **TAKE)
    far = place.token(place.person("eve", Role.ADMIN, B), Role.ADMIN, B)
    for method, path in (("POST", f"{BULK}/{told['id']}/undo"), ("GET", f"{BULK}/{told['id']}")):
        assert client.request(method, path, headers=far).status_code == 404
    assert shown(client)["m0"] == ("acknowledged", "ana")


def test_it_is_done_once_for_a_key(client: httpx.Client) -> None:
    body = {"filter": {}, "limit": 2, **TAKE}
    first = client.post(BULK, json=body, headers={"Idempotency-Key": "k"})
    again = client.post(BULK, json=body, headers={"Idempotency-Key": "k"})
    assert first.content == again.content
    assert len(client.get(BULK).json()["bulks"]) == 1


def test_pages_of_bulks_follow_their_cursor(client: httpx.Client, place: Site) -> None:
    made = []
    for n in range(5):
        made.append(bulk(client, uids=["m0"], assignee=f"p{n}")["id"])
        place.clock.passes(seconds=n % 2)
    seen: list[str] = []
    cursor = None
    while True:
        asked = {"limit": "2"} | ({"cursor": cursor} if cursor else {})
        page = client.get(BULK, params=asked).json()
        seen += [each["id"] for each in page["bulks"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert sorted(seen) == sorted(made)


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return judged_world(tmp_path_factory.mktemp("bulk"))


@pytest.fixture
def world(judged: Path, tmp_path: Path) -> Iterator[World]:
    with world_in(Path(shutil.copytree(judged, tmp_path / "data"))) as made:
        yield made


@pytest.fixture
def triage(world: World, serve: Serve) -> Iterator[httpx.Client]:
    """A client of a server that weighs words."""

    def office(tenant: TenantId) -> Office:
        return Office(tenant, world.lake, world.engine, world.desk, now=5)

    tenants = frozenset({DEFAULT_TENANT})
    services = Services(None, world.engine, lambda: 5, frozenset(), tenants, office)
    scopes = {Scope.READ, Scope.TRIAGE}
    token = create_token(world.engine, DEFAULT_TENANT, name="bob", scopes=scopes, now=1)
    with serve(create_app(services)) as made:
        made.headers["Authorization"] = f"Bearer {token}"
        yield made


def test_words_are_weighed_one_by_one_and_taken_back_together(
    triage: httpx.Client, world: World
) -> None:
    uids = [each.uid for each in world.alerts()][:2]
    said = {"verdict": "escalated", "reason": "attack"}
    told = bulk(triage, uids=[*uids, "nowhere"], **said)
    assert counts(told) == (3, 2, 0, 1)
    assert all(each["receipt"]["moved"] for each in told["receipts"][:2])
    assert [shown(triage)[uid][0] for uid in uids] == ["escalated"] * 2
    undone = triage.post(f"{BULK}/{told['id']}/undo").json()
    assert counts(undone) == (2, 2, 0, 0)
    assert [shown(triage)[uid][0] for uid in uids] == ["open"] * 2
    assert counts(triage.post(f"{BULK}/{told['id']}/undo").json()) == (0, 0, 0, 0)


def test_a_dismissal_needs_what_a_single_one_needs(triage: httpx.Client, world: World) -> None:
    first, *_, attack = [each.uid for each in world.alerts()]
    said = {"verdict": "dismissed", "reason": "expected change"}
    told = bulk(triage, uids=[first, attack], **said)
    assert counts(told) == (2, 1, 0, 1)
    assert "a second person has to agree" in told["receipts"][1]["reason"]
    assert (shown(triage)[first][0], shown(triage)[attack][0]) == ("dismissed", "open")


def test_a_disposition_is_said_once_for_a_key(triage: httpx.Client, world: World) -> None:
    uid = world.alerts()[0].uid
    path, said = f"/api/v1/alerts/{uid}/dispositions", {"verdict": "escalated", "reason": "attack"}
    first = triage.post(path, json=said, headers={"Idempotency-Key": "k"})
    again = triage.post(path, json=said, headers={"Idempotency-Key": "k"})
    assert (first.status_code, again.content) == (201, first.content)
    assert len(dispositions(world.engine, DEFAULT_TENANT, uid)) == 1
