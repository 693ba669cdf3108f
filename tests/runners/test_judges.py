"""Matches divided among judges: they decide what one judge decides, whatever comes between."""

import os
import pickle
import signal
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.pipeline.matches import table
from tests.pipeline.people import (
    LOGIN,
    MINUTE,
    SHELL,
    START,
    Suspicious,
    artefacts,
    in_cloud,
    in_cluster,
    on_host,
)
from tests.recording import extract
from tests.runners.installation import RULES, SETTINGS, body, opened

from foreseen.control.alerts import alerts
from foreseen.core.alerts import Alert, Incident
from foreseen.core.decisions import Basis, Decision
from foreseen.core.errors import CorruptError, TransientError
from foreseen.core.ids import DEFAULT_TENANT, RuleId
from foreseen.intake.entries import EntryKind
from foreseen.pipeline.judge import JudgeArtefacts, JudgeOut, step
from foreseen.pipeline.judges import crosses_workloads, judge_of_group
from foreseen.pipeline.open_streams import JudgeState, group_of
from foreseen.pipeline.workloads import Workloads
from foreseen.rules import parse_rules
from foreseen.runners.installation import Installation, Sharding, Stores
from foreseen.runners.judges import serving
from foreseen.runners.judges.apart import Apart
from foreseen.runners.judges.deciders import Deciders, Here
from foreseen.runners.links import processes
from foreseen.runners.links.link import Begin, Failed, Served
from foreseen.runners.links.processes import ProcessLinks
from foreseen.runners.rules.watch import LiveRules
from foreseen.runners.worker import Worker

GIVEN = artefacts()
HOSTS = ("web-1", "web-2", "db-1", "ci-1")


class Inline:
    """Far sides in this process; what is said travels as bytes, as it would to another one."""

    process_ids: Sequence[int] = ()

    def __init__(self, begins: Sequence[Begin]) -> None:
        self._sides: list[Served] = [_copied(begin).opened() for begin in begins]
        self._answers: list[deque[object]] = [deque() for _ in begins]

    def __len__(self) -> int:
        return len(self._sides)

    def say(self, number: int, message: object) -> None:
        """Answered at once."""
        answer = self._sides[number].answer(_copied(message))
        if answer is not None:
            self._answers[number].append(_copied(answer))

    def heard(self, number: int) -> object:
        """The next answer."""
        return self._answers[number].popleft()

    def speaking(self, numbers: Sequence[int], seconds: float) -> Sequence[int]:
        """All that have something to say."""
        del seconds
        return [number for number in numbers if self._answers[number]]

    def close(self) -> None:
        """Nothing is left behind."""


def _copied(value: Any) -> Any:  # noqa: ANN401 (whatever travels)
    return pickle.loads(pickle.dumps(value))  # noqa: S301 (our own)


def apart(count: int, content: bytes | None = None, given_: JudgeArtefacts = GIVEN) -> Apart:
    return Apart(Inline, count, content, given_, Workloads())


@dataclass
class Judged:
    """What several batches gave; the order of alerts and revisions among judges is nobody's."""

    decisions: list[Decision] = field(default_factory=list)
    alerts: dict[str, Alert] = field(default_factory=dict)
    incidents: dict[str, Incident] = field(default_factory=dict)
    revised: dict[str, Decision] = field(default_factory=dict)

    def take(self, out: JudgeOut) -> None:
        """One batch more."""
        self.decisions += out.decisions
        self.alerts |= {alert.uid: alert for alert in out.alerts}
        self.incidents |= {each.uid: each for each in out.incidents}
        for each in out.revisions:
            self.revised[each.verdict.decision.match_uid] = each.verdict.decision


def by_one(rows: Sequence[dict[str, object]], since: int | None, given_: JudgeArtefacts) -> Judged:
    found = Judged()
    _, out = step(JudgeState(), table(*rows), given_, since=since)
    found.take(out)
    return found


def by_several(
    rows: Sequence[dict[str, object]],
    since: int | None,
    turns: Iterable[tuple[int, int]],
    given_: JudgeArtefacts = GIVEN,
) -> Judged:
    """By judges who hand over to so many others at each cut; none of them: one in its thread."""
    matches, found, content = table(*rows), Judged(), None
    ordered = sorted([(0, 2), *turns])
    for (begin, count), (end, _) in pairwise([*ordered, (matches.num_rows, 0)]):
        judges: Deciders = Here(content) if count == 0 else apart(count, content, given_)
        judges.ask(matches.slice(begin, end - begin), given_, since=since)
        out = judges.answered()
        assert out is not None
        found.take(out)
        content = judges.dump()
    return found


@st.composite
def crowds(draw: st.DrawFn) -> list[dict[str, object]]:
    """Matches of alice and bob on hosts of several workloads and in clouds; some come late."""
    rows = []
    for number in range(draw(st.integers(1, 18))):
        minutes = draw(st.sampled_from([0, 1, 2, 5, 30, 59, 62, 100]))
        who = draw(st.sampled_from(["alice", "alice", "bob"]))
        late = draw(st.sampled_from([0, 0, 1, 15, 70]))
        kind = draw(st.integers(0, 4))
        if kind == 0:
            failed = draw(st.booleans())
            rows.append(in_cloud(number, minutes, late=late, failed=failed,
                                 user_name=who, user_uid=None))  # fmt: skip
        elif kind == 1:
            rows.append(in_cluster(number, minutes, user_name=who))
        else:
            host = draw(st.sampled_from(HOSTS))
            processes = st.sampled_from([f"{host}/p1", f"{host}/p2"])
            rows.append(on_host(number, minutes, host, process_uid=draw(processes),
                                lineage=draw(st.lists(processes, max_size=2)),
                                user_name=who, rule_id=draw(st.sampled_from([SHELL, SHELL, LOGIN])),
                                session_uid=str(kind), lineage_paths=["/usr/sbin/sshd"],
                                ingested_time=START + int((minutes + late) * MINUTE)))  # fmt: skip
    return rows


def test_workloads_of_these_tests_have_different_judges() -> None:
    assert len({judge_of_group(host.partition("-")[0], 2) for host in HOSTS}) == 2


@settings(max_examples=150, deadline=None)
@given(rows=crowds(), data=st.data())
def test_any_number_of_judges_that_hand_over_at_any_time_decide_as_one(
    rows: list[dict[str, object]], data: st.DataObject
) -> None:
    turn = st.tuples(st.integers(0, len(rows)), st.integers(0, 4))
    turns = data.draw(st.lists(turn, max_size=4))
    since = data.draw(st.sampled_from([None, START + 3 * MINUTE]))
    assert by_several(rows, since, turns) == by_one(rows, since, GIVEN)


def test_a_login_that_failed_in_the_cloud_is_told_to_the_judge_of_another_workload() -> None:
    rows = [on_host(0, 0), in_cloud(1, -5, late=10)]
    found = by_several(rows, None, [(0, 4)])
    assert found.decisions[0].basis is Basis.EXPECTED
    assert found.revised["match-0000"].basis is Basis.UNEXPECTED


def test_accounts_and_hosts_that_hold_workloads_are_judged_whole() -> None:
    assert group_of("aws/1", "aws/1/user/alice") == group_of("aws/1", "aws/1/role/ci") == "aws/1"
    assert group_of("web-1", "web") == group_of("web-2", "web") == "web"


def counting(columns: str) -> JudgeArtefacts:
    """A judge's rule that waits for three matches with the same values of columns."""
    text = f"""
title: Several
name: several
logsource: {{product: linux, category: process_creation}}
detection: {{selection: {{Image|endswith: /other}}, condition: selection}}
foreseen: {{threshold: 3, window: 10m, aggregate: {columns}}}
"""
    rules = parse_rules([("rules.yml", text)]).rules
    return replace(GIVEN, rules={rule.id: rule for rule in rules}, foresight=None)


def several() -> list[dict[str, object]]:
    return [
        on_host(number, number, host, rule_id="several", src_ip="192.0.2.1")
        for number, host in enumerate(["web-1", "db-1", "web-2", "ci-1"])
    ]


def test_a_threshold_that_counts_across_workloads_holds_nothing_back_and_it_is_said(
    caplog: pytest.LogCaptureFixture,
) -> None:
    wide, rows = counting("[src_ip]"), several()
    assert [each.basis for each in by_one(rows, None, wide).decisions][:2] == [
        Basis.BELOW_THRESHOLD
    ] * 2
    found = by_several(rows, None, [(0, 2)], wide)
    assert {each.basis for each in found.decisions} == {Basis.NOT_FORESEEN}
    assert "several" in caplog.text
    assert "alerts by itself" in caplog.text


def test_a_threshold_that_counts_within_a_workload_counts_as_before() -> None:
    own, rows = counting("[workload]"), [*several(), on_host(9, 9, "web-3", rule_id="several")]
    assert by_several(rows, None, [(0, 3), (2, 2), (3, 0)], own) == by_one(rows, None, own)
    assert not crosses_workloads(own.rules[RuleId("several")])


class Failing(Suspicious):
    """Always fails."""

    def answer(self, moment: Any) -> Any:  # noqa: ANN401 (never gets there)
        """Raises."""
        raise ZeroDivisionError(moment.uid)


def test_a_model_that_fails_elsewhere_alerts_and_says_so_here() -> None:
    given_ = artefacts(Failing)
    judges = apart(2, None, given_)
    judges.ask(table(on_host(0, 0)), given_)
    out = judges.answered()
    assert out is not None
    assert out.decisions[0].basis is Basis.BROKEN_MODEL
    assert "ZeroDivisionError" in repr(out.failures[SHELL])


def test_a_judge_of_another_version_is_refused() -> None:
    begin = replace(serving.BeginJudge("judge 1 of 1", b"", GIVEN), version="0.0.1/x")
    with pytest.raises(CorruptError, match="install the same"):
        begin.opened()


def test_a_snapshot_that_is_broken_is_refused() -> None:
    with pytest.raises(CorruptError):
        apart(2, b'{"format": 4, "judges": [{}], "division": "", "correlations": {}}')


class Silent(Inline):
    """Says nothing."""

    def speaking(self, numbers: Sequence[int], seconds: float) -> Sequence[int]:
        """None."""
        del numbers, seconds
        return []


def test_judges_that_do_not_answer_are_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("foreseen.runners.judges.apart.HUNG_SECONDS", 0.0)
    judges = Apart(Silent, 2, None, GIVEN, Workloads())
    judges.ask(table(on_host(0, 0)), GIVEN)
    with pytest.raises(TransientError, match="not answered"):
        judges.answered(0.01)


def test_what_a_far_side_failed_with_is_raised_here() -> None:
    class Saying(Inline):
        """Has failed."""

        def heard(self, number: int) -> object:
            """The reason."""
            return Failed(f"judge {number} is gone", heals=True)

    judges = Apart(Saying, 1, None, GIVEN, Workloads())
    judges.ask(table(on_host(0, 0)), GIVEN)
    with pytest.raises(TransientError, match="judge 0 is gone"):
        judges.answered()


# In processes, over real stores.


LINES = 2_500


def worker_of(stores: Stores, judges: int) -> Worker:
    sharding = Sharding(judges=judges, judges_elsewhere=ProcessLinks)
    return Worker(Installation(stores, DEFAULT_TENANT, SETTINGS, sharding), LiveRules(RULES))


def drain(worker: Worker) -> None:
    while worker.drain():
        pass


def lasting(stores: Stores) -> tuple[pa.Table, list[Alert]]:
    """Decisions without what differs between runs, and alerts."""
    rows = stores.lake.read("predictions").sort_by("match_uid")
    found = alerts(stores.control, DEFAULT_TENANT, limit=5_000)
    return rows, sorted(found, key=lambda alert: alert.uid)


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> tuple[pa.Table, list[Alert]]:
    """What the worker's own judge decides."""
    with opened(tmp_path_factory.mktemp("calm")) as stores:
        for part in parts():
            stores.intake.append([part])
        worker = worker_of(stores, 0)
        drain(worker)
        worker.stop()
        return lasting(stores)


def parts() -> list[Any]:
    lines = extract(LINES).splitlines(keepends=True)
    cuts = [*range(0, LINES, 500), LINES]
    bodies = [body(b"".join(lines[begin:end])) for begin, end in pairwise(cuts)]
    return [*bodies, body(b"", EntryKind.END)]


def test_judges_in_processes_decide_as_the_workers_own_though_they_are_killed_and_change(
    tmp_path: Path, calm: tuple[pa.Table, list[Alert]]
) -> None:
    sent = parts()
    with opened(tmp_path) as stores:
        worker = worker_of(stores, 2)
        assert len(worker.process_ids) == 2
        for part in sent[:2]:
            stores.intake.append([part])
            drain(worker)
        stores.intake.append([sent[2]])
        os.kill(worker.process_ids[0], signal.SIGKILL)
        with pytest.raises(TransientError, match="has died"):
            drain(worker)
        worker.abandon()
        worker = worker_of(stores, 3)
        drain(worker)
        worker.stop()
        worker = worker_of(stores, 0)
        for part in sent[3:]:
            stores.intake.append([part])
        drain(worker)
        worker.stop()
        assert lasting(stores) == calm
    assert calm[0].num_rows > 100


def test_a_process_that_is_stopped_is_noticed_and_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("foreseen.runners.judges.apart.HUNG_SECONDS", 0.5)
    monkeypatch.setattr(processes, "_END_SECONDS", 0.5)
    with opened(tmp_path) as stores:
        for part in parts()[:3]:
            stores.intake.append([part])
        worker = worker_of(stores, 1)
        pid = worker.process_ids[0]
        os.kill(pid, signal.SIGSTOP)
        with pytest.raises(TransientError, match="not answered"):
            drain(worker)
        worker.abandon()
    assert not Path(f"/proc/{pid}").exists()
