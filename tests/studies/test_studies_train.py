"""Training from the lake: own clean matches only, kept as artefacts, read back or refused."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest
from sqlalchemy import Engine, delete, update
from tests.models.histories import matches

from foreseen.control.alert_commit import Decided, commit_decisions
from foreseen.control.artefacts import artefacts
from foreseen.control.cursors import Checkpoint
from foreseen.control.database import opened, writing
from foreseen.control.dispositions import Disposition, dispose
from foreseen.control.reasons import Verdict
from foreseen.control.tables import ArtefactRow
from foreseen.control.tenants import ensure_tenant
from foreseen.core.alerts import Alert
from foreseen.core.decisions import Basis
from foreseen.core.errors import CorruptError, MalformedInputError, NotFoundError
from foreseen.core.ids import RuleId, TenantId
from foreseen.lake.lake import Cursor, Lake
from foreseen.models.moments.moment import moments_of
from foreseen.rules import RuleSet, parse_rules
from foreseen.schema.arrow import PREDICTION_SCHEMA, batch_of
from foreseen.studies.evaluate import FORESEEN, Answer, evaluate
from foreseen.studies.train import MODEL, Order, Stored, stored_foresight, train_models
from foreseen.studies.truth import Attack

OWN, OTHER = TenantId("default"), TenantId("other")
RULE = RuleId("download_tool")
DAY = 24 * 60 * 60 * 1000
ACCEPTED = 1_800_000_000_000
ORDER = Order(OWN, ACCEPTED, budget=0.02, least_history=30, seed=0, now=1)
SIGMA = """
title: Download tool
name: {name}
description: Runs a download tool.
level: medium
logsource: {{product: linux, category: process_creation}}
detection:
  selection: {{Image|endswith: /curl}}
  condition: selection
foreseen: {{model: {marked}}}
"""


def rules() -> RuleSet:
    return parse_rules(
        [
            ("a.yml", SIGMA.format(name=RULE, marked="true")),
            ("b.yml", SIGMA.format(name="always", marked="false")),
        ]
    )


def rows(
    count: int, start: int, *, tenant: str = OWN, prefix: str = "m"
) -> list[dict[str, object]]:
    return [
        {
            "tenant": tenant,
            "stream": f"{tenant}-{prefix}/boot",
            "seq": number,
            "event_uid": f"{prefix}-event-{number}",
            "match_uid": f"{prefix}-{number}",
            "time": start + number * 1_000,
            "ingested_time": start + number * 1_000,
            "original_uid": str(number),
            "process_cmd_line": f"curl -{'sxv'[number % 3]} http://10.0.0.{number % 4}/health",
        }
        for number in range(count)
    ]


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """500 accepted matches, 40 later ones that nobody judged, as many of another organisation."""
    lake = Lake.open(tmp_path / "lake")
    unmarked = [{**row, "rule_id": "always"} for row in rows(40, ACCEPTED - DAY, prefix="always")]
    table = [
        *rows(500, ACCEPTED - DAY),
        *rows(40, ACCEPTED, prefix="late"),
        *rows(400, ACCEPTED - DAY, tenant=OTHER, prefix="theirs"),
        *unmarked,
    ]
    lake.commit({"matches": matches(table)}, Cursor("shard", 1))
    return lake


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """A control database of two organisations."""
    with opened(tmp_path / "control.db") as engine:
        for tenant in (OWN, OTHER):
            ensure_tenant(engine, tenant, now=1)
        yield engine


def known(stored: Stored | None) -> int:
    assert stored is not None
    assert set(stored.foresight.models) == {RULE}
    return stored.foresight.history(RULE, "web")


def test_only_own_accepted_matches_of_marked_rules_teach(lake: Lake, engine: Engine) -> None:
    assert known(train_models(lake, engine, rules(), ORDER)) == 500


def test_what_is_stored_is_read_back_and_predicts_the_same(lake: Lake, engine: Engine) -> None:
    trained = train_models(lake, engine, rules(), ORDER)
    loaded = stored_foresight(engine, OWN)
    assert loaded is not None
    assert (loaded.hash, loaded.about) == (trained.hash, trained.about)
    asked = moments_of(matches(rows(50, ACCEPTED)))
    assert loaded.foresight.predict(RULE, asked, 0.02) == trained.foresight.predict(
        RULE, asked, 0.02
    )
    assert stored_foresight(engine, OWN, unless=loaded) is loaded
    assert stored_foresight(engine, OTHER) is None


def test_training_again_on_the_same_history_gives_the_same_hash(lake: Lake, engine: Engine) -> None:
    first = train_models(lake, engine, rules(), ORDER)
    assert train_models(lake, engine, rules(), replace(ORDER, now=2)).hash == first.hash


def alert(engine: Engine, *members: str) -> None:
    told = Alert(
        uid=members[0],
        tenant=OWN,
        rule=RULE,
        workload="web",
        host="web-1",
        stream="web-1/boot",
        first_time=ACCEPTED,
        last_time=ACCEPTED,
        severity="medium",
        title="t",
        sentences=("s.",),
        surprise=None,
        members=members,
        incident=None,
        decision={},
    )
    commit_decisions(engine, OWN, Decided([told]), Checkpoint("judge", len(members)))


def test_open_and_escalated_alerts_never_teach_and_dismissed_ones_do(
    lake: Lake, engine: Engine
) -> None:
    alert(engine, "m-0", "m-1", "late-0")
    assert known(train_models(lake, engine, rules(), ORDER)) == 498
    for verdict, count in ((Verdict.ESCALATED, 498), (Verdict.DISMISSED, 501)):
        dispose(engine, OWN, Disposition("m-0", "ana", verdict, "expected change", "", time=1))
        assert known(train_models(lake, engine, rules(), ORDER)) == count


def test_without_clean_history_nothing_is_trained(lake: Lake, engine: Engine) -> None:
    with pytest.raises(NotFoundError, match="choose a later one"):
        train_models(lake, engine, rules(), replace(ORDER, accepted_until=0))
    assert stored_foresight(engine, OWN) is None


def test_a_damaged_or_missing_model_is_said_to_be_corrupt(lake: Lake, engine: Engine) -> None:
    train_models(lake, engine, rules(), ORDER)
    (model,) = artefacts(engine, OWN, MODEL)
    with writing(engine) as session:
        session.execute(
            update(ArtefactRow).where(ArtefactRow.hash == model.hash).values(content=b"(\xb5/\xfd")
        )
    with pytest.raises(CorruptError):
        stored_foresight(engine, OWN)
    with writing(engine) as session:
        session.execute(delete(ArtefactRow).where(ArtefactRow.hash == model.hash))
    with pytest.raises(CorruptError, match="train again"):
        stored_foresight(engine, OWN)


def predicted(lake: Lake, outcomes: dict[str, str]) -> None:
    judged = [
        {
            "tenant": OWN,
            "match_uid": uid,
            "time": ACCEPTED,
            "outcome": outcome,
            "basis": Basis.EXPECTED if outcome == "suppressed" else Basis.UNEXPECTED,
        }
        for uid, outcome in outcomes.items()
    ]
    table = pa.Table.from_batches([batch_of(judged, PREDICTION_SCHEMA)])
    lake.commit({"predictions": table}, Cursor("judge", 1))


def test_an_evaluation_scores_later_matches_beside_the_baselines(lake: Lake) -> None:
    suppressed = {f"late-{number}": "suppressed" for number in range(30)}
    predicted(lake, {**suppressed, "late-30": "alerted"})
    truth = {
        ("web-1", str(number)): Attack("shell", f"run-{number % 2}", "T1") for number in (29, 30)
    }
    runs = {"run-0": "shell", "run-1": "shell", "run-2": "cron"}
    found = evaluate(lake, Answer(truth, runs), {RULE}, since=ACCEPTED, budget=0.02)
    ours = found.methods[FORESEEN]
    # late-29 is an attack and suppressed, late-30 one that alerted, the last 9 were not judged
    assert (ours.benign, ours.suppressed) == (38, 29)
    assert (ours.attacks, ours.alerted) == (2, 1)
    assert ours.chains == {"cron": (0, 1), "shell": (1, 2)}
    # what was not judged alerts, but not by a model's word
    assert (found.by_models.suppressed, found.by_models.alerted) == (38, 1)
    assert found.missed == {"run-1": "shell", "run-2": "cron"}
    assert found.rules.keys() == {RULE}
    every = found.methods["alert on all"]
    assert (every.suppressed, every.runs) == (0, (2, 3))
    assert found.methods["command allowlist, folded"].suppressed == 38


def test_labels_of_runs_that_are_not_listed_are_refused(lake: Lake) -> None:
    predicted(lake, {})
    truth = {("web-1", "5"): Attack("shell", "unlisted", "T1")}
    with pytest.raises(MalformedInputError, match="unlisted"):
        evaluate(lake, Answer(truth, {}), {RULE}, since=ACCEPTED, budget=0.02)
