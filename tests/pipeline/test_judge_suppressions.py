"""Suppressions by hand in the judge step: hidden, kept, never above a story, never a teacher."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pyarrow as pa
import pytest
from tests.pipeline.matches import program_run, table

from foreseen.alerts.decide import Policy
from foreseen.control.database import opened
from foreseen.control.documents import DocumentKind, Edit, put, retire
from foreseen.control.tenants import ensure_tenant
from foreseen.core.decisions import Basis, Decision, Outcome
from foreseen.core.ids import DEFAULT_TENANT, TenantId, content_hash
from foreseen.lake.lake import Cursor, Lake
from foreseen.pipeline.by_hand import SUBJECT
from foreseen.pipeline.judge import JudgeArtefacts, step
from foreseen.pipeline.open_streams import JudgeState
from foreseen.pipeline.predictions import predictions_table
from foreseen.pipeline.snapshots import dump_judge, load_judge
from foreseen.rules import RuleSet, parse_rules
from foreseen.rules.suppression.suppressions import SuppressionSet, load_suppressions
from foreseen.runners.judging import Judge, judge_artefacts
from foreseen.runners.rules.suppressions import suppressions_in_force
from foreseen.runners.settings.settings import Settings
from foreseen.studies.train import Order, tenant_lessons

TIME = 1_795_287_000_000
MINUTE = 60_000

RULES = """
title: A program was started
name: started
logsource: {product: linux, category: process_creation}
detection: {selection: {Image: '*'}, condition: selection}
foreseen: {model: true}
---
title: A shell was started
name: shell
logsource: {product: linux, category: process_creation}
detection: {selection: {Image: /bin/sh}, condition: selection}
---
title: Three programs
name: three
correlation:
  type: event_count
  rules: [started]
  group-by: [User]
  timespan: 5m
  generate: true
  condition: {gte: 3}
"""
BACKUP = """
title: Backup
id: backup
rules: [started]
detection: {selection: {Image: /usr/bin/tar}, condition: selection}
owner: ops@example.com
reason: The nightly backup.
created: 2026-11-01
expires: 2027-03-01
"""


@pytest.fixture(scope="module")
def rules() -> RuleSet:
    """A rule for the model, one that always alerts, one that counts."""
    return parse_rules([("rules.yml", RULES)])


@pytest.fixture(scope="module")
def by_hand(rules: RuleSet) -> SuppressionSet:
    """One suppression."""
    found = load_suppressions([("backup.yml", BACKUP)], rules)
    assert not found.problems
    return found.suppressions


@pytest.fixture(scope="module")
def given(rules: RuleSet, by_hand: SuppressionSet) -> JudgeArtefacts:
    """Without models: whatever is not hidden by hand alerts."""
    return judge_artefacts(DEFAULT_TENANT, rules, Settings(), None, by_hand)


def match(
    number: int, minutes: float = 0, rule: str = "started", /, **columns: object
) -> dict[str, object]:
    """A match of tar, a process of its own, unless columns say otherwise."""
    time = TIME + int(minutes * MINUTE)
    own = {
        "ingested_time": time,
        "product": "auditd",
        "process_path": "/usr/bin/tar",
        "process_cmd_line": "tar -c /srv",
        "process_user_name": "backup",
    }
    return program_run(number, time, rule, **{**own, **columns})


def judged(
    matches: pa.Table, given: JudgeArtefacts, cuts: Sequence[int] = ()
) -> tuple[list[Decision], list[str]]:
    """Decisions, and the uids of all alerts."""
    state = JudgeState()
    decisions: list[Decision] = []
    alerts: dict[str, None] = {}
    for begin, end in pairwise([0, *cuts, matches.num_rows]):
        state, out = step(state, matches.slice(begin, end - begin), given)
        state = load_judge(dump_judge(state))
        decisions += out.decisions
        alerts.update(dict.fromkeys(alert.uid for alert in out.alerts))
        assert not out.failures
    return decisions, list(alerts)


def bases(matches: pa.Table, given: JudgeArtefacts) -> list[Basis]:
    return [decision.basis for decision in judged(matches, given)[0]]


def test_a_match_that_is_hidden_by_hand_does_not_alert_and_says_by_what(
    given: JudgeArtefacts,
) -> None:
    shown = match(2, process_path="/bin/cp", process_user_name="x")
    (hidden, other), alerts = judged(table(match(1), shown), given)
    assert (hidden.outcome, hidden.basis) == (Outcome.SUPPRESSED, Basis.SUPPRESSED_BY_HAND)
    assert hidden.suppression == "backup"
    assert (other.basis, other.suppression) == (Basis.NO_MODEL, None)
    assert alerts == ["match-0002"]


def test_it_stays_a_row_with_the_suppression_and_the_hash_of_all_of_them(
    given: JudgeArtefacts, by_hand: SuppressionSet
) -> None:
    matches = table(match(1), match(2, process_path="/bin/cp"))
    decisions, _ = judged(matches, given)
    rows = predictions_table(matches, decisions).to_pylist()
    assert [row["suppression"] for row in rows] == ["backup", None]
    assert [row["outcome"] for row in rows] == ["suppressed", "alerted"]
    assert all(by_hand.hash in row["artefacts"] for row in rows)
    assert by_hand.hash == content_hash(by_hand.content)


def test_another_set_of_suppressions_has_another_hash(rules: RuleSet) -> None:
    hashes = set()
    for text in ("", BACKUP, BACKUP.replace("tar", "cp"), BACKUP.replace("2027-03", "2027-04")):
        found = load_suppressions([("s.yml", text)], rules).suppressions
        hashes.add(judge_artefacts(DEFAULT_TENANT, rules, Settings(), None, found).hashes[
            "suppressions"
        ])  # fmt: skip
    assert len(hashes) == 4


def test_a_match_tied_to_an_open_incident_is_told_though_hidden_by_hand(
    given: JudgeArtefacts,
) -> None:
    story = match(1, 0, "shell", process_path="/bin/sh")
    below = match(2, 1, lineage=[story["process_uid"]])
    assert bases(table(story, below), given) == [Basis.NOT_FORESEEN, Basis.OPEN_INCIDENT]
    decisions, _ = judged(table(story, below), given)
    assert [decision.incident for decision in decisions] == ["match-0001", "match-0001"]
    assert decisions[1].suppression is None
    assert bases(table(below), given) == [Basis.SUPPRESSED_BY_HAND]


def test_correlations_count_what_is_hidden_by_hand(given: JudgeArtefacts) -> None:
    found, _ = judged(table(match(1), match(2, 1), match(3, 2)), given)
    assert [(each.rule, each.outcome.value) for each in found] == [
        ("started", "suppressed"),
        ("started", "suppressed"),
        ("started", "suppressed"),
        ("three", "alerted"),
    ]


def test_it_does_not_matter_where_matches_are_cut(given: JudgeArtefacts) -> None:
    story = match(3, 2, "shell", process_path="/bin/sh")
    matches = table(
        match(1), match(2, 1, process_path="/bin/cp"), story,
        match(4, 3, lineage=[story["process_uid"]]), match(5, 4),
    )  # fmt: skip
    whole = judged(matches, given)
    assert all(judged(matches, given, cuts) == whole for cuts in ([1], [2, 3], [1, 2, 3, 4]))


def test_an_expired_one_hides_nothing(given: JudgeArtefacts) -> None:
    assert bases(table(match(1, 365 * 24 * 60)), given) == [Basis.NO_MODEL]


class Broken(SuppressionSet):
    """Fails at every question."""

    __slots__ = ()

    def applied(self, matches: pa.Table | pa.RecordBatch) -> list[str | None]:
        """Raises."""
        raise ZeroDivisionError(matches.num_rows)


def test_where_it_cannot_be_said_every_match_alerts_and_the_failure_is_told(
    given: JudgeArtefacts, by_hand: SuppressionSet
) -> None:
    names = ("suppressions", "reaches", "unknown", "content", "hash", "_engine")
    broken = Broken(*(getattr(by_hand, name) for name in names))
    _, out = step(JudgeState(), table(match(1)), replace(given, suppressions=broken))
    assert [each.basis for each in out.decisions] == [Basis.NO_MODEL]
    assert isinstance(out.failures[SUBJECT], ZeroDivisionError)


def edit(time: int) -> Edit:
    return Edit(DocumentKind.SUPPRESSION, "backup", "ana", "why", time)


def test_what_is_stored_is_in_force_until_it_is_retired(rules: RuleSet, tmp_path: Path) -> None:
    with opened(tmp_path / "control.db") as engine:
        ensure_tenant(engine, DEFAULT_TENANT, now=1)
        none = suppressions_in_force(engine, DEFAULT_TENANT, rules, now=1)
        assert none.suppressions.suppressions == ()
        put(engine, DEFAULT_TENANT, edit(2), BACKUP)
        one = suppressions_in_force(engine, DEFAULT_TENANT, rules, now=2, unless=none)
        assert [each.id for each in one.suppressions.suppressions] == ["backup"]
        same = suppressions_in_force(engine, DEFAULT_TENANT, rules, now=3, unless=one)
        assert same is one
        other = TenantId("other")
        ensure_tenant(engine, other, now=1)
        assert not suppressions_in_force(engine, other, rules, now=3).versions
        retire(engine, DEFAULT_TENANT, edit(4))
        gone = suppressions_in_force(engine, DEFAULT_TENANT, rules, now=4, unless=one)
        assert gone.suppressions.hash == none.suppressions.hash


def test_a_stored_one_that_is_not_sound_hides_nothing_and_is_told(
    rules: RuleSet, tmp_path: Path
) -> None:
    with opened(tmp_path / "control.db") as engine:
        ensure_tenant(engine, DEFAULT_TENANT, now=1)
        put(engine, DEFAULT_TENANT, edit(2), BACKUP.replace("owner", "ower"))
        found = suppressions_in_force(engine, DEFAULT_TENANT, rules, now=2)
    assert found.suppressions.suppressions == ()
    assert all(each.path == "suppressions/backup.yml" for each in found.problems)
    assert len(found.problems) == 2


def test_what_is_hidden_by_hand_never_teaches(rules: RuleSet, tmp_path: Path) -> None:
    day = 24 * 60
    matches = table(match(1), match(2, 1, process_path="/bin/cp"), match(3, 9 * day))
    lake = Lake.open(tmp_path / "lake")
    lake.commit({"matches": matches}, Cursor("shard", 1))
    given = {"expected by a model": Basis.EXPECTED, "hidden by hand": Basis.SUPPRESSED_BY_HAND}
    taught: dict[str, list[str]] = {}
    with opened(tmp_path / "control.db") as engine:
        ensure_tenant(engine, DEFAULT_TENANT, now=1)
        put(engine, DEFAULT_TENANT, edit(2), BACKUP)
        by_hand = suppressions_in_force(engine, DEFAULT_TENANT, rules, now=2).suppressions
        artefacts = judge_artefacts(DEFAULT_TENANT, rules, Settings(), None, by_hand)
        _, out = step(JudgeState(), matches, artefacts)
        for place, (name, basis) in enumerate(given.items(), start=1):
            decisions = [
                replace(each, outcome=Outcome.SUPPRESSED, basis=basis) for each in out.decisions
            ]
            rows = pa.Table.from_batches([predictions_table(matches, decisions)])
            own = Lake.open(tmp_path / f"lake{place}")
            own.commit({"matches": matches}, Cursor("shard", 1))
            own.commit({"predictions": rows}, Cursor("judge", 1))
            order = Order(DEFAULT_TENANT, 0, 0.01, 1, 0, 1)
            found = tenant_lessons(own, engine, rules, order).quiet
            taught[name] = [moment.uid for moments in found.values() for moment in moments]
    assert taught == {
        "expected by a model": ["match-0001", "match-0002"],
        "hidden by hand": [],
    }


def test_the_judge_stores_what_it_hid(given: JudgeArtefacts, tmp_path: Path) -> None:
    lake = Lake.open(tmp_path / "lake")
    lake.commit({"matches": table(match(1), match(2, 1, "shell"))}, Cursor("shard", 1))
    with opened(tmp_path / "control.db") as engine:
        ensure_tenant(engine, DEFAULT_TENANT, now=1)
        judge = Judge(lake, engine, given)
        judge.drain()
    stored = lake.read("predictions", ["rule_id", "suppression", "basis"])
    assert sorted(stored.to_pylist(), key=lambda row: row["rule_id"]) == [
        {"rule_id": "shell", "suppression": None, "basis": Basis.NOT_FORESEEN.value},
        {"rule_id": "started", "suppression": "backup", "basis": "suppressed by hand"},
    ]
    assert judge.verdicts.counts["started", "suppressed", "suppressed by hand"] == 1


def test_a_model_has_no_say_over_what_is_hidden_by_hand(given: JudgeArtefacts) -> None:
    strict = replace(given, policy=Policy(0.5, 10_000))
    gap = match(1, window_complete=False)
    assert bases(table(gap), strict) == [Basis.SUPPRESSED_BY_HAND]
