"""Matches divided among judges: they decide what one judge decides, whatever comes between."""

import os
import pickle
import signal
import time
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.pipeline.matches import table, take_alerts
from tests.pipeline.people import (
    LOGIN,
    MINUTE,
    SHELL,
    START,
    Mild,
    Suspicious,
    artefacts,
    in_cloud,
    in_cluster,
    on_host,
)
from tests.pipeline.people import RULES as PEOPLE
from tests.recording import extract
from tests.runners.installation import RULES, SETTINGS, body, opened

from foreseen.control.alerts import Page, alerts
from foreseen.core.alerts import Alert, Incident
from foreseen.core.decisions import Basis, Decision
from foreseen.core.errors import CorruptError, TransientError
from foreseen.core.ids import DEFAULT_TENANT, RuleId
from foreseen.intake.entries import EntryKind
from foreseen.lake.cursors import Cursor
from foreseen.pipeline.correlated import Correlated
from foreseen.pipeline.judge import JudgeArtefacts, JudgeBatch, JudgeOut, step
from foreseen.pipeline.judges import crosses_workloads, judge_of
from foreseen.pipeline.open_streams import JudgeState
from foreseen.pipeline.snapshots import dump_judge, load_judge
from foreseen.pipeline.workloads import Workloads
from foreseen.rules import parse_rules
from foreseen.runners.installation import Installation, Sharding, Stores
from foreseen.runners.judges import serving
from foreseen.runners.judges.apart import Apart
from foreseen.runners.judges.deciders import Deciders, Here
from foreseen.runners.judging import Judge
from foreseen.runners.links import processes
from foreseen.runners.links.link import Begin, Failed, Served
from foreseen.runners.links.processes import ProcessLinks
from foreseen.runners.rules.watch import LiveRules
from foreseen.runners.worker import Worker
from foreseen.schema.arrow import texts

GIVEN = artefacts()
HOSTS = ("web-1", "web-2", "db-1", "ci-1")
PATTERNS = (Workloads(), Workloads({"web-*": "shop"}), Workloads({"*-1": "first"}))


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


def apart(
    count: int,
    content: bytes | None = None,
    given_: JudgeArtefacts = GIVEN,
    workloads: Workloads = PATTERNS[0],
) -> Apart:
    return Apart(Inline, count, content, given_, workloads)


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
        take_alerts(self.alerts, out.alerts)
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
    patterns: Sequence[Workloads] = PATTERNS[:1],
) -> Judged:
    """By judges who hand over to so many others at each cut; none of them: one in its thread.

    Patterns: of workloads, in turns.
    """
    matches, found, content = table(*rows), Judged(), None
    ordered = sorted([(0, 2), *turns])
    for turn, ((begin, count), (end, _)) in enumerate(pairwise([*ordered, (matches.num_rows, 0)])):
        named = patterns[turn % len(patterns)]
        judges: Deciders = Here(content) if count == 0 else apart(count, content, given_, named)
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
    assert len({judge_of(host.partition("-")[0], 2) for host in HOSTS}) == 2


@pytest.mark.long
@settings(max_examples=200, deadline=None)
@given(rows=crowds(), kind=st.sampled_from([Suspicious, Mild]), data=st.data())
def test_any_number_of_judges_that_hand_over_at_any_time_decide_as_one(
    rows: list[dict[str, object]], kind: type[Suspicious], data: st.DataObject
) -> None:
    given_ = artefacts(kind)
    turn = st.tuples(st.integers(0, len(rows)), st.integers(0, 4))
    turns = data.draw(st.lists(turn, max_size=4))
    since = data.draw(st.sampled_from([None, START + 3 * MINUTE]))
    patterns = data.draw(st.lists(st.sampled_from(PATTERNS), min_size=1, max_size=3))
    found = by_several(rows, since, turns, given_, patterns=patterns)
    assert found == by_one(rows, since, given_)


def test_late_evidence_is_weighed_in_the_order_of_commits_also_after_judges_were_joined() -> None:
    def run(number: int, minutes: float, came: float) -> dict[str, object]:
        return on_host(number, minutes, "web-1", process_uid=f"p{number}", session_uid="2",
                       lineage_paths=["/usr/sbin/sshd"],
                       ingested_time=START + int(came * MINUTE))  # fmt: skip

    rows = [run(0, 2, 17), run(1, 1, 1), in_cloud(2, 0, late=20)]
    assert by_several(rows, None, [(2, 0)]) == by_one(rows, None, GIVEN)


def test_a_login_that_failed_in_the_cloud_is_told_to_the_judge_of_another_workload() -> None:
    rows = [on_host(0, 0), in_cloud(1, -5, late=10)]
    found = by_several(rows, None, [(0, 4)])
    assert found.decisions[0].basis is Basis.EXPECTED
    assert found.revised["match-0000"].basis is Basis.UNEXPECTED


def test_a_state_of_before_hosts_were_kept_knows_them_by_its_streams() -> None:
    state, _ = step(JudgeState(), table(on_host(0, 0)), GIVEN)
    dumped = orjson.loads(dump_judge(state))
    del dumped["streams"][0][1]["host"]
    assert load_judge(orjson.dumps(dumped)).streams["web-1/0"].host == "web-1"


def test_a_slice_goes_to_a_judge_without_what_it_is_a_slice_of() -> None:
    many = table(*(on_host(number, number) for number in range(2_000)))
    sent = serving.Decide.of(JudgeBatch(Correlated(many.slice(5, 1), {})))
    assert len(pickle.dumps(sent)) < 100_000
    assert sent.batch().correlated.matches == many.slice(5, 1)


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


def test_what_a_host_counted_long_ago_counts_on_when_judges_change() -> None:
    own, day = counting("[host]"), -1_440.0
    late = [on_host(n, day + n, "db-1", rule_id="several") for n in range(3)]
    rows = [on_host(9, 0, "web-1", rule_id="several"), *late]
    assert by_several(rows, None, [(3, 3)], own) == by_one(rows, None, own)
    assert by_several(rows, None, [(2, 0), (3, 2)], own) == by_one(rows, None, own)


def test_a_threshold_that_was_edited_begins_anew_with_all_judges() -> None:
    first, edited = counting("[host]"), counting("[host, process_path]")
    rows = [on_host(n, n, "web-1", rule_id="several") for n in range(5)]
    judges = apart(4, None, first)
    decided: list[Decision] = []
    for place, row in enumerate(rows):
        if place == 3:  # one of them has seen the edited rule only
            judges = apart(3, judges.dump(), edited)
        judges.ask(table(row), first if place < 1 else edited)
        out = judges.answered()
        assert out is not None
        decided += out.decisions
    bases = [each.basis for each in decided]
    assert bases[:4] == [Basis.BELOW_THRESHOLD] * 3 + [Basis.NOT_FORESEEN]


class Failing(Suspicious):
    """Always fails."""

    def answer(self, moment: Any) -> Any:  # noqa: ANN401 (never gets there)
        """Raises."""
        raise ZeroDivisionError(moment.uid)


OFTEN = """
title: Often
id: 9a4b5dd2-0cf5-4b9e-8c0e-3d1c1c0d7a11
name: often
correlation: {type: event_count, rules: [shell_started], group-by: [host], timespan: 1h,
              condition: {gte: 1}}
"""
CORRELATED = replace(
    GIVEN, correlations=parse_rules([("rules.yml", PEOPLE), ("often.yml", OFTEN)]).correlations
)


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
    found = alerts(stores.control, DEFAULT_TENANT, page=Page(limit=5_000, members=True))
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


@pytest.mark.long
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


def test_a_process_that_is_stopped_cannot_hold_up_who_writes_to_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(processes, "HUNG_SECONDS", 1.0)
    monkeypatch.setattr(processes, "_END_SECONDS", 0.5)
    state = dump_judge(JudgeState())
    links = ProcessLinks([serving.BeginJudge("judge 1 of 1", state, GIVEN)])
    try:
        os.kill(links.process_ids[0], signal.SIGSTOP)
        with pytest.raises(TransientError, match="not answered"):
            links.say(0, b"x" * 5_000_000)
    finally:
        links.close()


def test_why_a_process_could_not_begin_is_told() -> None:
    begin = replace(serving.BeginJudge("judge 1 of 1", b"", GIVEN), version="0.0.1/x")
    links = ProcessLinks([begin])
    try:
        assert links.speaking([0], 60) == [0]
        (process,) = links.process_ids
        while Path(f"/proc/{process}/stat").read_text().split()[2] != "Z":
            time.sleep(0.01)
        with pytest.raises(CorruptError, match="install the same"):
            links.say(0, b"x")
    finally:
        links.close()


class Late(Inline):
    """Says what it has to say when it is asked for the second time."""

    asked = 0

    def speaking(self, numbers: Sequence[int], seconds: float) -> Sequence[int]:
        """Nobody at first."""
        self.asked += 1
        return super().speaking(numbers, seconds) if self.asked > 1 else []


def test_artefacts_that_are_exchanged_meanwhile_are_not_those_of_what_was_asked(
    tmp_path: Path,
) -> None:
    with opened(tmp_path) as stores:
        stores.lake.commit({"matches": table(on_host(0, 0))}, Cursor("shard", 1))

        def late(content: bytes | None) -> Deciders:
            return Apart(Late, 1, content, CORRELATED, Workloads())

        judge = Judge(stores.lake, stores.control, CORRELATED, begun=late)
        assert judge.drain(patience=0.0) == 0
        assert (judge.waits, judge.behind) == (True, 1)
        judge.artefacts = GIVEN
        assert judge.drain() == 2
        found = sorted(texts(stores.lake.read("matches"), "rule_id"))
    assert found == ["often", SHELL]
