"""Promised and realised shares, side by side, from stored predictions and dispositions."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import orjson
import pyarrow as pa
import pytest
from sqlalchemy import Engine
from tests.models.histories import matches, stationary

from foreseen.alerts.decide import Policy
from foreseen.control.alert_commit import Decided, commit_decisions
from foreseen.control.artefacts import NewArtefact, put
from foreseen.control.cursors import Checkpoint
from foreseen.control.database import opened
from foreseen.control.dispositions import Disposition, dispose
from foreseen.control.reasons import Verdict
from foreseen.control.tenants import ensure_tenant
from foreseen.core.alerts import Alert
from foreseen.core.decisions import Basis
from foreseen.core.ids import ContentHash, RuleId, TenantId
from foreseen.lake.lake import Cursor, Lake
from foreseen.models.budget import Realised, Volume
from foreseen.models.foresight import Foresight, fusion_bytes
from foreseen.models.training import train
from foreseen.runners.settings.settings import Settings
from foreseen.schema.arrow import PREDICTION_SCHEMA, batch_of
from foreseen.studies.clustered import clustered_interval
from foreseen.studies.holding import Held
from foreseen.studies.promises import experience_of, promises

OWN, OTHER = TenantId("default"), TenantId("other")
RULE, SECOND = "download_tool", "exec_from_tmp"
DAY = 24 * 60 * 60 * 1000
START = 1_800_000_000_000
SHARE = 0.05


@dataclass
class World:
    """Stores with what models said of made-up matches."""

    lake: Lake
    engine: Engine
    artefacts: str
    commits: int = 0

    def judged(
        self, words: Sequence[float | None], *, prefix: str = "m", **columns: object
    ) -> list[str]:
        """Matches, one an hour on ten hosts, with the probabilities that models gave them."""
        uids = [f"{prefix}-{number}" for number in range(len(words))]
        rows = [
            {
                "tenant": OWN,
                "event_uid": f"e-{uid}",
                "match_uid": uid,
                "rule_id": RULE,
                "host": f"host-{number % 10}",
                "workload": "web",
                "time": START + number * DAY // 24,
                "basis": (Basis.UNEXPECTED if _alerts(word) else Basis.EXPECTED).value,
                "outcome": "alerted" if _alerts(word) else "suppressed",
                "probability": word,
                "artefacts": self.artefacts,
                **columns,
            }
            for number, (uid, word) in enumerate(zip(uids, words, strict=True))
        ]
        self.commits += 1
        told = [{k: v for k, v in r.items() if k in PREDICTION_SCHEMA.names} for r in rows]
        kept = [
            {
                k: v
                for k, v in r.items()
                if k not in {"basis", "outcome", "probability", "artefacts"}
            }
            for r in rows
        ]
        predictions = pa.Table.from_batches([batch_of(told, PREDICTION_SCHEMA)])
        tables = {"matches": matches(kept), "predictions": predictions}
        self.lake.commit(tables, Cursor("test", self.commits))
        return uids

    def alert(self, *members: str, said: Verdict | None = None) -> None:
        """An alert of a model's word, and what a person says of it."""
        told = Alert(
            uid=members[0],
            tenant=OWN,
            rule=RuleId(RULE),
            workload="web",
            host="host-1",
            stream="web-1/boot",
            first_time=START,
            last_time=START,
            severity="medium",
            title="t",
            sentences=("s.",),
            surprise=None,
            members=members,
            incident=None,
            decision={"basis": Basis.UNEXPECTED.value},
        )
        self.commits += 1
        commit_decisions(self.engine, OWN, Decided([told]), Checkpoint("judge", self.commits))
        if said:
            word = Disposition(members[0], "ana", said, "r", "", START)
            dispose(self.engine, OWN, word)


def _alerts(word: float | None) -> bool:
    return word is not None and not word > SHARE


@pytest.fixture(scope="module")
def foresight() -> Foresight:
    return train(stationary(3, 100), budget=SHARE, least_history=30, seed=0).foresight


def kept(engine: Engine, foresight: Foresight, settings: Settings, **about: object) -> str:
    """Artefacts of predictions, as the judge writes them."""
    told = {"calibration": orjson.Fragment(fusion_bytes(foresight.fusion)), **about}
    content = {"settings": settings.content, "foresight": orjson.dumps(told)}
    hashes = {
        kind: put(engine, OWN, NewArtefact(kind, kind, data), now=1)
        for kind, data in content.items()
    }
    return orjson.dumps(hashes, option=orjson.OPT_SORT_KEYS).decode()


@pytest.fixture
def world(tmp_path: Path, foresight: Foresight) -> Iterator[World]:
    with opened(tmp_path / "control.db") as engine:
        for tenant in (OWN, OTHER):
            ensure_tenant(engine, tenant, now=1)
        artefacts = kept(engine, foresight, Settings(Policy(SHARE, 30)))
        yield World(Lake.open(tmp_path / "lake"), engine, artefacts)


def test_realised_is_what_models_did_not_expect_and_nobody_escalated(world: World) -> None:
    words = [0.01 if n % 20 == 0 else 0.8 for n in range(400)]
    uids = world.judged(words)
    world.alert(uids[0], uids[20], said=Verdict.DISMISSED)
    world.alert(uids[40])
    world.alert(uids[60], said=Verdict.ESCALATED)
    found = promises(world.lake, world.engine, OWN)
    assert found.tenant is not None
    assert (found.tenant.matches, found.tenant.alerted, found.tenant.dismissed) == (399, 19, 2)
    assert found.tenant.realised == pytest.approx(19 / 399)
    assert found.tenant.inside
    assert found.tenant.low < found.tenant.realised < found.tenant.high
    assert (found.alerts, found.asked_a_day) == (2, None)
    assert found.rules[0].rule == RULE


def test_a_promise_that_was_not_kept_lies_outside(world: World) -> None:
    world.judged([0.01 if n % 4 == 0 else 0.8 for n in range(400)])
    world.judged([0.8] * 400, prefix="s", rule_id=SECOND)
    found = promises(world.lake, world.engine, OWN)
    assert found.tenant is not None
    assert not found.tenant.inside
    assert [one.inside for one in found.rules] == [False, False]
    assert found.rules[0].low > found.rules[0].promised > found.rules[1].high


def test_only_a_promise_that_was_not_kept_moves_the_next_share(world: World) -> None:
    world.judged([0.01 if n % 20 == 0 else 0.8 for n in range(400)])
    assert experience_of(promises(world.lake, world.engine, OWN), SHARE).realised is None
    uids = world.judged([0.01] * 200, prefix="more")
    world.alert(*uids[:100], said=Verdict.DISMISSED)
    found = experience_of(promises(world.lake, world.engine, OWN), SHARE)
    assert found.realised == Realised(100 / 600, 220 / 600)
    assert found.share == SHARE
    assert found.promised == pytest.approx(SHARE, abs=0.01)


def test_the_promise_is_no_larger_than_the_calibration_can_make_it(
    world: World, foresight: Foresight
) -> None:
    world.judged([0.8] * 20)
    found = promises(world.lake, world.engine, OWN).tenant
    steps = len(foresight.fusion.fused.scores) + 1
    assert found is not None
    assert found.promised == pytest.approx(int(SHARE * steps) / steps)


def test_what_no_model_answered_for_and_other_organisations_do_not_count(world: World) -> None:
    world.judged([0.8] * 20)
    world.judged([None] * 9, prefix="none", basis=Basis.NO_MODEL.value)
    world.judged([0.01] * 9, prefix="cold", basis=Basis.COLD_START.value)
    world.judged([0.01] * 9, prefix="story", basis=Basis.OPEN_INCIDENT.value)
    world.judged([0.01] * 9, prefix="theirs", tenant=OTHER)
    found = promises(world.lake, world.engine, OWN).tenant
    assert found is not None
    assert (found.matches, found.alerted) == (20, 0)
    assert found.low == 0 < found.high


def test_a_model_that_only_observes_is_held_to_its_word(world: World) -> None:
    world.judged([0.8] * 20, basis=Basis.OBSERVED.value, outcome="alerted")
    found = promises(world.lake, world.engine, OWN).tenant
    assert found is not None
    assert (found.matches, found.alerted) == (20, 0)


def test_a_match_that_was_judged_again_counts_once_by_its_worst_word(world: World) -> None:
    world.judged([0.8] * 20)
    world.judged([0.01] * 5)
    found = promises(world.lake, world.engine, OWN).tenant
    assert found is not None
    assert (found.matches, found.alerted) == (20, 5)


def test_a_share_that_was_computed_is_the_one_that_is_promised(
    world: World, foresight: Foresight
) -> None:
    held = Held(12.0, 0.2, 0.1, 0.4, Volume(1_000, 10.0))
    settings = Settings(Policy(SHARE, 30), alerts_a_day=12.0)
    world.artefacts = kept(world.engine, foresight, settings, held=held.dump())
    world.judged([0.15] * 20)
    found = promises(world.lake, world.engine, OWN)
    assert found.tenant is not None
    assert found.tenant.promised == pytest.approx(0.2, abs=0.01)
    assert found.tenant.alerted == 20
    assert found.asked_a_day == 12


def test_only_the_words_of_the_models_in_use_count_for_the_next_share(
    world: World, foresight: Foresight
) -> None:
    world.judged([0.01] * 40)
    world.artefacts = kept(world.engine, foresight, Settings(Policy(SHARE, 30)), version=2)
    newer = orjson.loads(world.artefacts)["foresight"]
    world.judged([0.8] * 20, prefix="newer")
    found = promises(world.lake, world.engine, OWN, of=newer).tenant
    assert found is not None
    assert (found.matches, found.alerted) == (20, 0)


def test_what_models_before_them_said_of_the_same_match_does_not_count_for_the_next_share(
    world: World, foresight: Foresight
) -> None:
    """Late evidence has a match judged again: drift is told from the word after training alone."""
    older = orjson.loads(world.artefacts)["foresight"]
    world.judged([0.01] * 20)
    world.artefacts = kept(world.engine, foresight, Settings(Policy(SHARE, 30)), version=2)
    newer = orjson.loads(world.artefacts)["foresight"]
    world.judged([0.8] * 20)
    for of, alerted in ((newer, 0), (older, 20), (None, 20)):
        found = promises(world.lake, world.engine, OWN, of=of).tenant
        assert found is not None
        assert (found.matches, found.alerted) == (20, alerted)


def test_without_any_judged_match_there_is_no_promise(world: World) -> None:
    found = promises(world.lake, world.engine, OWN)
    assert (found.tenant, found.rules, found.alerts) == (None, (), 0)


def test_intervals_hold_the_true_rate_though_matches_of_a_session_are_alike() -> None:
    """Whole sessions alert or do not: single draws would be too sure of themselves."""
    rate, sessions, size, held = 0.1, 80, 25, 0
    for seed in range(100):
        chance = random.Random(seed)  # noqa: S311 (made-up data)
        loud = [chance.random() < rate for _ in range(sessions)]
        clusters = np.repeat(np.arange(sessions), size)
        low, high = clustered_interval(clusters, np.repeat(np.array(loud), size), seed)
        held += low <= rate <= high
    assert held >= 88


def test_no_alert_in_few_sessions_promises_little() -> None:
    silent = np.zeros(1_000, np.bool_)
    few = clustered_interval(np.arange(1_000) % 3, silent, 0)
    many = clustered_interval(np.arange(1_000), silent, 0)
    assert few[0] == many[0] == 0
    assert few[1] > 0.5
    assert many[1] < 0.005


def test_a_prediction_whose_artefacts_are_gone_is_an_error_that_says_so(world: World) -> None:
    missing = orjson.dumps({"settings": ContentHash("0" * 64)}).decode()
    world.judged([0.8], artefacts=missing)
    with pytest.raises(Exception, match="no artefact"):
        promises(world.lake, world.engine, OWN)
