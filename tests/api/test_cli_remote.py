"""Commands that ask a server say what they say of the same folder here."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import httpx
import orjson
import pytest
from fastapi import FastAPI
from tests.api.alerting import A, an_alert, fill
from tests.api.people import UNBOUNDED
from tests.cli.commands import Ran, foreseen
from tests.runners import hunted
from tests.studies.office_world import World, judged_world, world_in

from foreseen.api.app import Services, create_app
from foreseen.api.serving.traffic import Traffic
from foreseen.client import Client
from foreseen.control.database import writing
from foreseen.control.scopes import Scope
from foreseen.control.tables import IncidentRow
from foreseen.control.tokens import create_token
from foreseen.core.ids import TenantId
from foreseen.runners.hunting.pool import Pool, PoolLimits
from foreseen.studies.feedback import Office

Serve = Callable[[FastAPI], AbstractContextManager[httpx.Client]]


@dataclass(frozen=True)
class Both:
    """A folder here and a server over it."""

    data: Path
    world: World
    url: str
    token: str

    def here(self, *words: str) -> Ran:
        """A command on the folder."""
        return foreseen(*words, "--data", self.data)

    def there(self, *words: str) -> Ran:
        """The same on the server."""
        return foreseen(*words, "--url", self.url, "--token", self.token)


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return judged_world(tmp_path_factory.mktemp("remote"))


@pytest.fixture
def both(judged: Path, tmp_path: Path, serve: Serve) -> Iterator[Both]:
    data = Path(shutil.copytree(judged, tmp_path / "data"))
    lake = hunted.two_tenants(tmp_path / "hunted")
    with (
        world_in(data) as world,
        Pool(lake, limits=PoolLimits(workers=1, memory_mb=300)) as pool,
    ):
        with writing(world.engine) as session:
            session.add(IncidentRow(tenant=A, uid="i1", opened=1_700_000_000_123, keys=["u:a"]))
        odd = an_alert("odd", 1_700_000_000_123, title="\x1b[31m=1+1", incident="i1")
        fill(world.engine, odd, an_alert("large", 5, members=tuple(f"x{n}" for n in range(150))))

        def office(tenant: TenantId) -> Office:
            return Office(tenant, world.lake, world.engine, world.desk, now=5)

        services = Services(
            None, world.engine, lambda: 5, frozenset(), frozenset({A}), office, hunts=pool
        )
        scopes = {Scope.READ, Scope.TRIAGE, Scope.HUNT}
        token = create_token(world.engine, A, name="bob", scopes=scopes, now=1)
        with serve(create_app(services, Traffic(UNBOUNDED))) as client:
            yield Both(data, world, str(client.base_url), token)


@pytest.mark.parametrize("json", [[], ["--json"]])
@pytest.mark.parametrize(
    "words",
    [
        ["alerts", "list"],
        ["alerts", "list", "--limit", "3"],
        ["alerts", "list", "--status", "escalated"],
        ["alerts", "show", "odd"],
        ["alerts", "show", "large"],
        ["incidents", "list"],
        ["incidents", "show", "i1"],
    ],
)
def test_it_says_the_same_here_and_there(both: Both, words: list[str], json: list[str]) -> None:
    here, there = both.here(*words, *json), both.there(*words, *json)
    assert (here.code, here.out) == (there.code, there.out) == (0, here.out)
    assert "\x1b" not in there.out


def test_a_word_is_said_and_taken_back_there(both: Both) -> None:
    odd, uid, *_ = (each.uid for each in both.world.alerts() if each.uid != "large")
    refused = both.there("alerts", "dismiss", odd, "--reason", "expected change")
    assert (refused.code, "(--second TOKEN)" in refused.err.replace("\n", " ")) == (3, True)
    word = ["alerts", "dismiss", uid, "--reason", "expected change"]
    tried = both.there(*word, "--dry-run")
    assert "nothing was recorded" in tried.err
    assert "matches; the model would learn" in tried.out.replace("\n", " ")
    said = both.there(*word, "--json")
    [told] = said.rows
    assert (told["verdict"], told["receipt"]["moved"]["to_expected"]["matches"]) == (
        "dismissed",
        12,
    )
    back = both.there("alerts", "undo", str(told["number"]), "--alert", uid)
    assert "taken back; the alert is open" in back.err
    escalated = both.there("alerts", "escalate", uid, "--reason", "attack", "--text", "hm")
    assert "escalated; 'foreseen alerts undo" in escalated.err


def test_a_hunt_is_asked_there(both: Both) -> None:
    sql = "SELECT count(*) AS n FROM events"
    there = both.there("hunt", sql, "--json")
    assert there.code == 0, there.err
    assert list(there.rows[0]) == ["n"]
    cut = both.there("hunt", "SELECT * FROM range(9)", "--limit", "2")
    assert "the first 2 rows" in cut.err


def test_refusals_are_told_as_those_of_this_machine(both: Both) -> None:
    missing = both.there("alerts", "show", "nowhere")
    assert (missing.code, "no alert nowhere" in missing.err) == (3, True)
    for token in ("fsn_wrong", "@/nowhere/token", ""):
        ran = foreseen("alerts", "list", "--url", both.url, "--token", token)
        assert ran.code in {2, 3}
        assert "Traceback" not in ran.err
    away = foreseen("incidents", "list", "--url", "http://", "--token", "x")
    assert (away.code, "no address" in away.err) == (2, True)


def test_the_token_comes_from_a_file_or_the_environment(
    both: Both, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "token").write_text(f"{both.token}\n")
    wanted = both.here("alerts", "list").out
    assert foreseen("alerts", "list", "--url", both.url, "--token", f"@{tmp_path}/token").out == (
        wanted
    )
    monkeypatch.setenv("FORESEEN_URL", both.url)
    monkeypatch.setenv("FORESEEN_TOKEN", both.token)
    assert foreseen("alerts", "list").out == wanted


@pytest.mark.parametrize("words", [["rules", "list"], ["lake", "status"], ["replay", "x.log"]])
def test_a_command_that_knows_no_server_says_so(words: list[str]) -> None:
    ran = foreseen(*words, "--url", "http://127.0.0.1:1")
    assert ran.code == 2
    assert f"'{' '.join(words[:2])}'" in ran.err.replace("\n", " ")
    assert "this machine's folders only" in ran.err


@pytest.mark.parametrize("option", [["--as", "eve"], ["--days", "3"], ["--rules", "x"]])
def test_options_of_this_machine_are_refused_with_a_server(option: list[str]) -> None:
    words = ["alerts", "dismiss", "m1", "--reason", "duplicate", *option]
    ran = foreseen(*words, "--url", "http://127.0.0.1:1", "--token", "x")
    assert (ran.code, f"{option[0]} is for this machine" in ran.err) == (2, True)


def test_the_description_is_printed_and_is_what_a_server_has(both: Both) -> None:
    printed = foreseen("api", "schema")
    with Client(both.url, both.token) as client:
        assert orjson.loads(printed.out) == client.get("/api/v1/openapi.json")
    assert orjson.loads(printed.out)["openapi"].startswith("3.1.")
