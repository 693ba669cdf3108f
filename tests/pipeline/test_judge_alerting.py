"""Alert properties of rules in the judge step: threshold and window, aggregate, title, severity."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any, cast

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.pipeline.matches import program_run, table, take_alerts
from tests.shipped import shipped_rules

from foreseen.alerts.decide import Policy
from foreseen.alerts.finding import finding_of
from foreseen.alerts.incidents import OPEN_FOR
from foreseen.core.alerts import Alert, Incident
from foreseen.core.decisions import Basis, Decision, Outcome, Prediction, Stage
from foreseen.core.ids import DEFAULT_TENANT, ContentHash, RuleId
from foreseen.core.records import Line
from foreseen.models.foresight import Foresight
from foreseen.models.moments.moment import Moment
from foreseen.pipeline import open_streams
from foreseen.pipeline.judge import JudgeArtefacts, step
from foreseen.pipeline.open_streams import JudgeState
from foreseen.pipeline.predictions import predictions_table
from foreseen.pipeline.shard import Lines, ShardArtefacts, ShardState
from foreseen.pipeline.shard import step as shard_step
from foreseen.pipeline.snapshots import dump_judge, load_judge
from foreseen.rules import RuleSet, parse_rules
from foreseen.rules.suppression.suppressions import load_suppressions
from foreseen.runners.judging import judge_artefacts
from foreseen.runners.settings.settings import Settings
from foreseen.schema.arrow import texts
from foreseen.studies.train import _outcomes

SECOND, MINUTE = 1_000, 60_000
START = 1_795_132_900_000
SHIPPED = shipped_rules()
RULES = """
title: A program was started
name: started
logsource: {product: linux, category: process_creation}
detection: {selection: {Image: '*'}, condition: selection}
level: low
foreseen:
  model: true
  severity: 1
  title: '{process_name} by {process_user_name} on {host}'
  aggregate: [process_user_name]
  threshold: 3
  window: 10m
---
title: A shell was started
name: shell
logsource: {product: linux, category: process_creation}
detection: {selection: {Image: /bin/sh}, condition: selection}
level: critical
foreseen: {aggregate: [process_user_name]}
---
title: A file was read
name: read
logsource: {product: linux, category: file_access}
detection: {selection: {TargetFilename: '*'}, condition: selection}
foreseen: {threshold: 3, window: 1m}
"""


@dataclass(frozen=True)
class Judged:
    """What several steps gave: all decisions and incidents, the last version of each alert."""

    decisions: list[Decision] = field(default_factory=list)
    alerts: dict[str, Alert] = field(default_factory=dict)
    incidents: list[Incident] = field(default_factory=list)

    @property
    def bases(self) -> list[Basis]:
        """Why each match was decided as it was."""
        return [decision.basis for decision in self.decisions]

    @property
    def members(self) -> list[tuple[str, ...]]:
        """Of each alert, in the order in which they were opened."""
        return [alert.members for alert in self.alerts.values()]


def judged(
    matches: pa.Table, given_: JudgeArtefacts, cuts: Sequence[int] = (), *, snapshots: bool = True
) -> Judged:
    state, found = JudgeState(), Judged()
    for begin, end in pairwise([0, *sorted(cuts), matches.num_rows]):
        state, out = step(state, matches.slice(begin, end - begin), given_)
        if snapshots:
            state = load_judge(dump_judge(state))
        found.decisions.extend(out.decisions)
        take_alerts(found.alerts, out.alerts)
        found.incidents.extend(out.incidents)
        assert predictions_table(out.matches, out.decisions).num_rows == len(out.decisions)
    return found


def artefacts(rules: RuleSet | str = RULES) -> JudgeArtefacts:
    """Without models, and nothing hidden by hand."""
    ours = parse_rules([("rules.yml", rules)]) if isinstance(rules, str) else rules
    return judge_artefacts(DEFAULT_TENANT, ours, Settings(), None)


def match(
    number: int, minutes: float = 0, rule: str = "started", /, **columns: object
) -> dict[str, object]:
    """A program of its own below a service, unless columns say otherwise."""
    time = START + round(minutes * MINUTE)
    own = {
        "ingested_time": time,
        "match_uid": f"match-{number:02}",
        "product": "auditd",
        "process_name": f"tool{number}",
        "process_path": f"/opt/tool{number}",
        "process_user_name": "eve",
    }
    return program_run(number, time, rule, **{**own, **columns})


def failed_login(number: int, second: int, host: str, address: str = "203.0.113.9") -> bytes:
    record = f"node={host} type=USER_AUTH msg=audit({START // 1000 + second}.000:{number}):"
    said = f'op=PAM:authentication grantors=? acct="root" exe="/usr/sbin/sshd" addr={address}'
    ids = f"pid={800 + number} uid=0 auid=4294967295 ses=4294967295"
    return f"{record} {ids} msg='{said} hostname={address} terminal=ssh res=failed'".encode()


def matches_of(lines: Sequence[bytes]) -> pa.Table:
    """What the shipped rules find in lines of an audit log."""
    given_ = [Line("log", 1_000 * n, n + 1, "audit.log", line) for n, line in enumerate(lines)]
    part = Lines("log", "auditd", given_, ended=True)
    _, out = shard_step(ShardState(), [part], ShardArtefacts(DEFAULT_TENANT, SHIPPED))
    return pa.Table.from_batches([out.matches])


def only(matches: pa.Table, rule: str) -> pa.Table:
    return matches.filter([name == rule for name in texts(matches, "rule_id")])


def test_a_shipped_rule_tells_of_guessed_passwords_once_a_host_and_address() -> None:
    lines = [failed_login(n, n * 10, f"web-{1 + n % 2}") for n in range(14)]
    lines += [failed_login(20 + n, 150 + n, "web-1", f"198.51.100.{n}") for n in range(4)]
    matches = only(matches_of(lines), "root_login_guessed")
    assert matches.num_rows == 18
    found = judged(matches, artefacts(SHIPPED))
    assert [(a.host, a.count, a.title) for a in found.alerts.values()] == [
        ("web-1", 7, "root guessed from 203.0.113.9"),
        ("web-2", 7, "root guessed from 203.0.113.9"),
    ]
    assert found.bases == [*[Basis.BELOW_THRESHOLD] * 8, *[Basis.NO_MODEL] * 6,
                           *[Basis.BELOW_THRESHOLD] * 4]  # fmt: skip
    first = found.alerts[found.decisions[8].match_uid]
    assert first.first_time == START
    assert first.sentences[0] == "5 matches within 10 minutes; this rule alerts from 5 on."
    assert len(finding_of(first, None)["finding_info"]["related_events"]) == 7  # type: ignore[index]


@pytest.mark.parametrize("snapshots", [False, True])
def test_shipped_rules_decide_the_same_wherever_matches_are_cut(*, snapshots: bool) -> None:
    matches = matches_of([failed_login(n, n * 7 % 90, f"web-{1 + n % 2}") for n in range(24)])
    whole = judged(matches, artefacts(SHIPPED))
    assert {"login_failures_in_a_burst", "root_login_guessed"} <= {
        alert.rule for alert in whole.alerts.values()
    }
    each = range(1, matches.num_rows)
    assert judged(matches, artefacts(SHIPPED), each, snapshots=snapshots) == whole


def test_matches_below_the_threshold_wait_in_sight_and_the_last_one_names_them() -> None:
    found = judged(table(match(1), match(2, 1), match(3, 2), match(4, 11)), artefacts())
    assert found.bases == [*[Basis.BELOW_THRESHOLD] * 2, *[Basis.NO_MODEL] * 2]
    assert [d.outcome for d in found.decisions[:2]] == [Outcome.SUPPRESSED] * 2
    (alert,) = found.alerts.values()
    assert alert.uid == "match-03"
    assert alert.members == ("match-01", "match-02", "match-03", "match-04")
    assert (alert.first_time, alert.last_time) == (START, START + 11 * MINUTE)
    assert [incident.uid for incident in found.incidents] == ["match-03"]


def test_a_burst_after_a_quiet_window_is_an_alert_of_its_own() -> None:
    rows = [match(n, minute) for n, minute in enumerate((0, 1, 2, 13, 14, 15))]
    assert judged(table(*rows), artefacts()).members == [
        ("match-00", "match-01", "match-02"), ("match-03", "match-04", "match-05"),
    ]  # fmt: skip


def test_streams_of_a_tenant_count_and_alert_together_where_the_columns_say_so() -> None:
    rows = [match(n, n, stream=f"web-{n}/0", host=f"web-{n}") for n in range(5)]
    rows.append(match(9, 4, process_user_name="bob"))
    found = judged(table(*rows), artefacts(), [1, 2, 3])
    assert found.members == [tuple(f"match-{n:02}" for n in range(5))]
    assert found.bases[-1] is Basis.BELOW_THRESHOLD


def test_without_columns_a_threshold_counts_a_stream() -> None:
    rows = [match(n, 0, "read", stream=f"web-{n % 2}/0") for n in range(5)]
    assert judged(table(*rows), artefacts()).members == [("match-00", "match-02", "match-04")]


def test_aggregate_columns_alone_put_unlike_matches_of_streams_into_one_alert() -> None:
    rows = [match(n, n, "shell", stream=f"web-{n}/0") for n in range(3)]
    rows.append(match(7, 3, "shell", process_user_name=None))
    rows.append(match(8, 3, "shell", process_user_name=None, stream="web-1/0"))
    rows.append(match(9, 2 + OPEN_FOR / MINUTE + 0.1, "shell"))
    assert judged(table(*rows), artefacts()).members == [
        ("match-00", "match-01", "match-02"), ("match-07", "match-08"), ("match-09",),
    ]  # fmt: skip


def test_an_open_incident_tells_of_a_match_at_once_and_of_no_other() -> None:
    story = match(1, 0, "shell")
    tied = match(2, 1, lineage=[story["process_uid"]])
    found = judged(table(story, tied, match(3, 2)), artefacts())
    assert found.bases[1:] == [Basis.OPEN_INCIDENT, Basis.BELOW_THRESHOLD]
    assert found.decisions[1].incident == "match-01"
    assert "open incident" in found.alerts["match-02"].sentences[0]


def test_a_match_behind_missing_telemetry_does_not_wait() -> None:
    found = judged(table(match(1), match(2, window_complete=False)), artefacts())
    assert found.members == [("match-02",)]
    assert "telemetry is missing" in found.alerts["match-02"].sentences[0]


class Expecting(Foresight):
    """A foresight that finds bob's programs expected and eve's not."""

    def history(self, rule: RuleId, workload: str) -> int:
        """Enough of it."""
        del rule, workload
        return 1_000

    def resolves(self, budget: float) -> bool:
        """Fine enough."""
        del budget
        return True

    def predict(self, rule: RuleId, moments: Sequence[Moment], doubt: float) -> list[Prediction]:
        """One answer a moment."""
        del rule, doubt
        return [
            Prediction(1.0 if "bob" in m.who else 0.001, 9.0, (), ContentHash("m")) for m in moments
        ]


def test_what_a_model_expects_does_not_count() -> None:
    foresight = Expecting(cast("Any", {RuleId("started"): None}), cast("Any", None))
    trusted = {RuleId("started"): Stage.SUPPRESS}
    given_ = replace(artefacts(), foresight=foresight, policy=Policy(0.05, 5), stages=trusted)
    rows = [match(n, 0, process_user_uid="bob" if n < 5 else "eve") for n in range(8)]
    found = judged(table(*rows), given_)
    assert found.bases == [*[Basis.EXPECTED] * 5, *[Basis.BELOW_THRESHOLD] * 2, Basis.UNEXPECTED]
    assert found.members == [("match-05", "match-06", "match-07")]
    assert found.decisions[5].prediction is not None


BY_HAND = """
title: A tool
id: tool
rules: [started]
detection: {selection: {Image: /opt/tool1}, condition: selection}
owner: ops@example.com
reason: It is ours.
created: 2026-11-01
expires: 2027-03-01
"""


def test_what_is_hidden_by_hand_does_not_count() -> None:
    rules = parse_rules([("rules.yml", RULES)])
    hidden = load_suppressions([("tool.yml", BY_HAND)], rules)
    assert not hidden.problems
    given_ = replace(artefacts(), suppressions=hidden.suppressions)
    found = judged(table(*(match(n) for n in range(4))), given_)
    assert found.bases[1] is Basis.SUPPRESSED_BY_HAND
    assert found.members == [("match-00", "match-02", "match-03")]


def test_what_waits_for_a_threshold_does_not_teach_by_its_silence() -> None:
    matches = table(match(1), match(2))
    found = judged(matches, artefacts())
    rows = pa.Table.from_batches([predictions_table(matches, found.decisions)])
    assert texts(rows, "outcome") == ["suppressed"] * 2
    assert _outcomes(rows) == {}


def test_title_and_severity_of_the_rule_are_those_of_the_alert_and_its_finding() -> None:
    hostile = "\x1b[2J{host}\u202e" + "x" * 500
    rows = [match(n, process_name=hostile, process_user_name=None) for n in range(3)]
    (alert,) = judged(table(*rows), artefacts()).alerts.values()
    assert alert.title.startswith("·[2J{host}·xxx")
    assert alert.title.endswith("… by unknown on web-1")
    assert (alert.severity, finding_of(alert, None)["severity_id"]) == ("high", 4)
    (shell,) = judged(table(match(1, 0, "shell")), artefacts()).alerts.values()
    assert shell.title == "A shell was started: /opt/tool1"
    assert (shell.severity, finding_of(shell, None)["severity_id"]) == ("critical", 5)


def test_a_clock_that_is_ahead_keeps_no_alert_open_for_others() -> None:
    ahead = match(1, 0, "shell", stream="db-1/0", time=START + 10**10)
    late = match(2, 2 * OPEN_FOR / MINUTE, "shell")
    assert judged(table(ahead, late), artefacts()).members == [("match-01",), ("match-02",)]


def test_a_changed_rule_counts_anew_and_a_rule_without_threshold_tells_at_once() -> None:
    plain = artefacts(RULES.replace("  threshold: 3\n  window: 10m\n", ""))
    state, out = step(JudgeState(), table(match(1), match(2)), artefacts())
    state, out = step(state, table(match(3)), plain)
    assert [alert.members for alert in out.alerts] == [("match-03",)]
    assert not state.thresholds.rules


RARE = st.sampled_from([None, None, None, "web-1/0:1:1"])


@st.composite
def stories(draw: st.DrawFn) -> list[dict[str, object]]:
    """Matches of two streams and users, out of order, some tied, some behind a gap."""
    rows = []
    for number in range(draw(st.integers(1, 20))):
        tie = draw(RARE)
        rows.append(
            match(
                number,
                draw(st.sampled_from([0, 1, 2, 9, 11, 12, 25, 80])),
                draw(st.sampled_from(["started", "started", "shell", "read"])),
                stream=draw(st.sampled_from(["web-1/0", "db-1/0", "db-2/0"])),
                process_user_name=draw(st.sampled_from(["eve", "bob", None])),
                lineage=[tie] if tie else [],
                window_complete=draw(st.sampled_from([True, True, True, False])),
            )
        )
    return rows


@pytest.mark.long
@settings(max_examples=80, deadline=None)
@given(rows=stories(), data=st.data(), most=st.sampled_from([1, 2, 4_096]))
def test_nothing_depends_on_cuts_and_restarts_however_little_room_there_is(
    rows: list[dict[str, object]], data: st.DataObject, most: int
) -> None:
    cuts = data.draw(st.lists(st.integers(0, len(rows)), max_size=6))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(open_streams, "MOST_STREAMS", max(2, most))
        patch.setattr(open_streams, "MOST_ALERTS", most)
        matches = table(*rows)
        whole = judged(matches, GIVEN, snapshots=False)
        assert judged(matches, GIVEN, cuts) == whole
    told = [uid for members in whole.members for uid in members]
    assert len(told) == len(set(told))
    waits = {d.match_uid for d in whole.decisions if d.basis is Basis.BELOW_THRESHOLD}
    alerted = {d.match_uid for d in whole.decisions if d.outcome is Outcome.ALERTED}
    assert alerted <= set(told) <= alerted | waits


GIVEN = artefacts()


def test_alerts_that_can_grow_are_bounded_and_what_is_dropped_is_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(open_streams, "MOST_ALERTS", 2)
    users = [match(n, 0, "shell", process_user_name=f"user-{n}") for n in range(4)]
    state, _ = step(JudgeState(), table(*users), GIVEN)
    (stream,) = state.streams.values()
    assert [growing.alert.uid for growing in stream.alerts.values()] == ["match-02", "match-03"]
    assert state.crowded == 2
    assert state.lost() == {("alerts", open_streams.CROWDED): 2}
    assert set(state.shared) == set(stream.alerts)
    assert load_judge(dump_judge(state)) == state
