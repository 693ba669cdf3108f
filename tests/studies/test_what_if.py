"""What-if: what it says of an edit is what a fresh replay with that edit gives."""

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.recording import extract, middle_time

from foreseen.alerts.decide import Policy
from foreseen.core.alerts import Alert
from foreseen.core.errors import ConfigurationError, MalformedInputError, NotFoundError
from foreseen.core.ids import RuleId, TenantId
from foreseen.lake.keeping import upkeep as keeping
from foreseen.lake.keeping.horizon import Keeping
from foreseen.lake.keeping.retention import Retention
from foreseen.lake.lake import Lake
from foreseen.lake.tables import ascending
from foreseen.rules import parse_rules
from foreseen.rules.assignment import NamedSet, RuleSets, Selection
from foreseen.runners import replay as runner
from foreseen.runners.history import Edit, History, answer, history
from foreseen.runners.replay import ReplayOrder, replay
from foreseen.runners.rules.files import Document
from foreseen.runners.settings.settings import Settings
from foreseen.studies.gates import Bars
from foreseen.studies.what_if_alerts import Example
from foreseen.studies.what_if_history import Work, both_anew, retained, saved_matches
from foreseen.studies.what_if_labels import Labelling, relabelling
from foreseen.studies.what_if_shape import ANEW, SAVED, Scope, WhatIf

NOW = 1_800_000_000_000
LINES = 3_000
ALL = Scope(examples=100_000)


def rule(name: str, selection: str, *, model: bool = True, level: str = "low") -> Document:
    """A rule file; those marked for a model alert without tying anything to an incident."""
    number = int.from_bytes(name.encode()[:6], "big")
    text = (
        f"title: Rule {name}\nname: {name}\nid: 1ab780a9-7927-4029-a4b0-{number:012x}\n"
        f"description: It matches.\ntags: [attack.t1059]\nlevel: {level}\n"
        "logsource: {product: linux, service: auditd}\n"
        f"detection:\n  one: {selection}\n  condition: one\n"
        f"foreseen: {{model: {str(model).lower()}}}\n"
    )
    return (f"linux/{name}.yml", text)


SHELL = rule("shell", "{comm: [sh, bash, dash]}")
SUDO = rule("sudo", "{comm: sudo}", level="high")
READ = rule("read", "{event_type: [openat, connect, unlink, unlinkat]}")
FORK = rule("fork", "{event_type: [clone, clone3, fork, vfork]}")
SUDO_ALONE = rule("sudo", "{comm: sudo}", model=False, level="high")
PYTHON = rule("python", "{comm|startswith: python}", model=False, level="medium")
POOL = (SHELL, SUDO, READ, FORK, PYTHON)
BASE = (SHELL, SUDO, READ)


@dataclass(frozen=True)
class Lab:
    """A replayed folder and its rules."""

    folder: Path
    rules: tuple[Document, ...]

    def history(self) -> History:
        """What it holds and uses."""
        return history(self.folder, rules=self.rules)

    def ask(self, edit: Edit, scope: Scope = ALL) -> WhatIf:
        """What an edit would alter."""
        return answer(self.history(), edit, scope)


def replayed(
    folder: Path, rules: Sequence[Document], log: bytes | None = None, **more: object
) -> Sequence[Alert]:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "audit.log"
    file.write_bytes(extract(LINES) if log is None else log)
    order = ReplayOrder([str(file)], "auto", parse_rules(rules), folder, NOW, bars=Bars.none())
    return replay(replace(order, **more)).alerts  # type: ignore[arg-type]  # as the test says


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    """Recorded telemetry under three rules without models; nothing changes it."""
    folder = tmp_path_factory.mktemp("whatif")
    replayed(folder, BASE)
    return Lab(folder, BASE)


@pytest.fixture(scope="session")
def matches(lab: Lab) -> list[dict[str, object]]:
    """The folder's matches, to count in."""
    return Lake.open(lab.folder / "lake").read("matches").to_pylist()


@pytest.fixture(scope="session")
def raised(tmp_path_factory: pytest.TempPathFactory) -> Sequence[Alert]:
    """Alerts of the same telemetry and rules."""
    return replayed(tmp_path_factory.mktemp("raised"), BASE)


def shown(alerts: Sequence[Alert]) -> set[tuple[object, ...]]:
    return {(a.uid, a.rule, a.title, a.severity, a.count, a.first_time) for a in alerts}


def examples(result: WhatIf, kind: str) -> set[tuple[object, ...]]:
    return {
        (e.uid, e.rule, e.title, e.severity, e.count, e.first_time) for e in result.examples[kind]
    }


def without_lake(result: WhatIf) -> WhatIf:
    return replace(result, hashes={k: v for k, v in result.hashes.items() if k != "lake"})


def test_an_edit_that_changes_nothing_changes_no_alert(lab: Lab, raised: Sequence[Alert]) -> None:
    result = lab.ask(Edit(rules=BASE))
    assert (result.added, result.removed, result.changed, result.rules) == (0, 0, 0, ())
    assert result.alerts.before == result.alerts.after == len(raised) > 20
    assert result.method == SAVED
    days = Counter(a.workload for a in raised)
    assert {name: (v.before, v.after) for name, v in result.workloads.items()} == {
        name: (count, count) for name, count in days.items()
    }
    assert sum(v.before for v in result.days.values()) == len(raised)


def test_removing_a_rule_removes_its_alerts_and_no_others(
    lab: Lab, raised: Sequence[Alert], matches: list[dict[str, object]]
) -> None:
    result = lab.ask(Edit(removed=[RuleId("read")]))
    own = [alert for alert in raised if alert.rule == "read"]
    assert examples(result, "removed") == shown(own) != set()
    assert (result.added, result.changed) == (0, 0)
    (told,) = result.rules
    count = sum(row["rule_id"] == "read" for row in matches)
    assert (told.rule, told.edit, told.matches.before, told.matches.after) == (
        "read", "removed", count, 0,
    )  # fmt: skip


@pytest.mark.long
@pytest.mark.parametrize("more", [FORK, PYTHON, SUDO_ALONE], ids=lambda each: each[0])
def test_an_edited_rule_gives_what_a_fresh_replay_with_it_gives(
    lab: Lab, raised: Sequence[Alert], tmp_path: Path, more: Document
) -> None:
    rules = [*(each for each in BASE if each[0] != more[0]), more]
    fresh = replayed(tmp_path / "fresh", rules)
    result = lab.ask(Edit(changed=[more]))
    assert result.alerts.after == len(fresh)
    before = {alert.uid for alert in raised}
    after = {alert.uid for alert in fresh}
    assert {e.uid for e in result.examples["removed"]} == before - after
    assert examples(result, "added") == shown([a for a in fresh if a.uid not in before])


@pytest.mark.long
@settings(max_examples=4, deadline=None)
@given(
    before=st.sets(st.sampled_from(POOL), min_size=1),
    after=st.sets(st.sampled_from(POOL), min_size=1),
    size=st.sampled_from([500, 150_000]),
)
def test_matches_of_any_edit_are_those_of_a_fresh_replay_window_for_window(
    before: set[Document], after: set[Document], size: int
) -> None:
    with TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patched:
        patched.setattr(runner, "BATCH_LINES", size)
        replayed(Path(name) / "before", sorted(before), extract(1_500))
        replayed(Path(name) / "after", sorted(after), extract(1_500))
        lake = Lake.open(Path(name) / "before" / "lake")
        change = relabelling(*(Labelling(parse_rules(sorted(each))) for each in (before, after)))
        found = retained(lake, TenantId("default"))
        work = Work(TenantId("default"), trusting=True)
        parts = list(both_anew(lake, change, found, work))
        for side, rules in (("before", before), ("after", after)):
            expected = Lake.open(Path(name) / side / "lake").read("matches")
            given_ = pa.concat_tables([getattr(part, side) for part in parts])
            order = ascending(["stream", "seq", "rule_id"])
            left, right = (
                table.drop_columns(["ruleset_hash"]).sort_by(order).combine_chunks()
                for table in (given_, expected)
            )
            assert left == right, (side, sorted(each[0] for each in rules))


def test_a_rule_on_forks_changes_the_windows_of_others_so_saved_ones_do_not_serve(
    tmp_path: Path,
) -> None:
    replayed(tmp_path, (SHELL, FORK), extract(1_500))
    lake = Lake.open(tmp_path / "lake")
    both, less = (Labelling(parse_rules(each)) for each in ((SHELL, FORK), (SHELL,)))
    found = retained(lake, TenantId("default"))
    assert saved_matches(lake, TenantId("default"), relabelling(both, less), found) is None
    assert Lab(tmp_path, (SHELL, FORK)).ask(Edit(removed=[RuleId("fork")])).method == ANEW


@pytest.mark.long
@pytest.mark.parametrize(
    "edit",
    [Edit(removed=[RuleId("read")]), Edit(least_history=5), Edit(rules=BASE)],
    ids=["removed", "settings", "nothing"],
)
def test_saved_matches_and_labels_made_anew_give_one_answer(lab: Lab, edit: Edit) -> None:
    saved = lab.ask(edit)
    anew = lab.ask(edit, replace(ALL, distrust=True))
    assert (saved.method, anew.method) == (SAVED, ANEW)
    assert replace(anew, method=SAVED, notes=saved.notes) == saved


def test_a_suppression_of_one_process_removes_its_matches_and_no_others(
    lab: Lab, matches: list[dict[str, object]]
) -> None:
    path = Counter(row["process_path"] for row in matches if row["rule_id"] == "shell")
    ((image, count),) = path.most_common(1)
    by_hand = (
        "title: Quiet\nid: quiet\nrules: [shell]\nowner: ann\nreason: It is known.\n"
        "created: 2026-11-01\nexpires: 2027-10-01\n"
        f"detection:\n  one: {{exe: {image}}}\n  condition: one\n"
    )
    result = lab.ask(Edit(suppressions=[("quiet.yml", by_hand)]))
    (told,) = result.rules
    assert told.rule == "shell"
    assert (told.suppressed.before, told.suppressed.after) == (0, count)
    assert told.matches.before == told.matches.after
    assert {e.rule for e in result.examples["removed"]} == {"shell"}
    members = {kind: sum(e.count for e in result.examples[kind]) for kind in ("removed", "added")}
    shrunk = [e.changes["count"] for e in result.examples["changed"]]
    lost = sum(int(str(old)) - int(str(new)) for old, new in shrunk)
    assert members["removed"] + lost == count
    assert members["added"] == 0


def test_a_severer_level_changes_its_alerts_and_nothing_else(
    lab: Lab, raised: Sequence[Alert]
) -> None:
    path, text = SHELL
    result = lab.ask(Edit(changed=[(path, text.replace("level: low", "level: high"))]))
    own = {alert.uid for alert in raised if alert.rule == "shell"}
    assert {e.uid for e in result.examples["changed"]} == own
    assert all(e.changes == {"severity": ("low", "high")} for e in result.examples["changed"])
    assert (result.added, result.removed, result.method) == (0, 0, SAVED)
    assert [(each.rule, each.edit) for each in result.rules] == [("shell", "reworded")]


def test_examples_show_the_sources_own_line(lab: Lab) -> None:
    result = lab.ask(Edit(removed=[RuleId("sudo")]), Scope(examples=3))
    assert len(result.examples["removed"]) == 3 < result.removed
    log = extract(LINES).decode()
    for each in result.examples["removed"]:
        assert each.event
        assert all(line in log for line in each.event.splitlines())
        assert 'comm="sudo"' in each.event


@pytest.mark.long
def test_the_answer_depends_on_nothing_but_history_and_edit(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    edit = Edit(changed=[PYTHON], removed=[RuleId("sudo")])
    once = lab.ask(edit)
    assert lab.ask(edit) == once
    monkeypatch.setattr(runner, "BATCH_LINES", 1_100)
    replayed(tmp_path, BASE)
    assert without_lake(Lab(tmp_path, BASE).ask(edit)) == without_lake(once)
    assert orjson.loads(orjson.dumps(once))["alerts"]["after"] == once.alerts.after


@pytest.mark.long
def test_another_tenants_events_and_alerts_do_not_show(lab: Lab, tmp_path: Path) -> None:
    edit = Edit(changed=[PYTHON], removed=[RuleId("sudo")])
    replayed(tmp_path, BASE)
    replayed(tmp_path, BASE, extract(LINES, "test"), tenant=TenantId("other"))
    both = Lab(tmp_path, BASE)
    assert without_lake(both.ask(edit)) == without_lake(lab.ask(edit))
    assert answer(history(tmp_path, rules=BASE, tenant=TenantId("other")), edit, ALL) != both.ask(
        edit
    )


@pytest.mark.long
def test_merged_files_and_forgotten_commits_change_nothing_but_a_note(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "BATCH_LINES", 1_100)
    replayed(tmp_path, BASE)
    lake = Lake.open(tmp_path / "lake")
    assert lake.compact()["events"].merged > 0
    soon, forgetful = time.time_ns() // 1_000_000 + 1_000, Keeping(0, 1, 0, 1, 1)
    done = keeping.upkeep(lake, keeping.Policy(Retention({}), forgetful), soon)
    assert done.tables["events"].removed.files > 0
    assert lake.first_version("matches") > 0
    edit = Edit(changed=[PYTHON])
    result = Lab(tmp_path, BASE).ask(edit)
    assert any("have been merged" in note for note in result.notes)
    assert without_lake(replace(result, notes=())) == without_lake(replace(lab.ask(edit), notes=()))


def test_a_period_tells_the_alerts_that_began_in_it(lab: Lab, raised: Sequence[Alert]) -> None:
    times = sorted(alert.first_time for alert in raised)
    since, until = times[len(times) // 3], times[2 * len(times) // 3]
    result = lab.ask(Edit(), replace(ALL, since=since, until=until))
    assert result.alerts.before == sum(since <= time < until for time in times)
    assert 0 < result.alerts.before < len(raised)


def test_events_that_other_rules_labelled_are_labelled_anew(
    lab: Lab, tmp_path: Path, raised: Sequence[Alert]
) -> None:
    replayed(tmp_path, (FORK,))
    result = Lab(tmp_path, BASE).ask(Edit())
    assert result.alerts.before == len(raised)
    assert any("had been labelled by other rules" in note for note in result.notes)
    assert without_lake(result).hashes == without_lake(lab.ask(Edit())).hashes


def test_the_rules_that_labelled_last_are_found_again(lab: Lab) -> None:
    found = history(lab.folder)
    assert found.rules.hash == parse_rules(BASE).hash
    assert {str(each.id) for each in found.rules.rules} == {"shell", "sudo", "read"}


BURST = (
    "linux/burst.yml",
    (
        "title: Many\nname: burst\nid: 7ab780a9-7927-4029-a4b0-f2421485211b\nlevel: high\n"
        "description: It counts.\ntags: [attack.t1059]\n"
        "correlation:\n  type: event_count\n  rules: [shell]\n  group-by: [host]\n  timespan: 5m\n"
        "  condition: {gte: 30}\n  generate: true\n"
    ),
)


@pytest.mark.long
def test_an_edited_correlation_gives_what_a_fresh_replay_with_it_gives(tmp_path: Path) -> None:
    more = (BURST[0], BURST[1].replace("gte: 30", "gte: 5"))
    old = replayed(tmp_path / "old", (*BASE, BURST))
    fresh = replayed(tmp_path / "fresh", (*BASE, more))
    result = Lab(tmp_path / "old", (*BASE, BURST)).ask(Edit(changed=[more]))
    assert (result.alerts.before, result.alerts.after) == (len(old), len(fresh))
    assert examples(result, "added") == shown(
        [alert for alert in fresh if alert.uid not in {each.uid for each in old}]
    )
    assert "burst" in {each.rule for each in result.examples["added"]}
    assert {each.rule: each.edit for each in result.rules}["burst"] == "reworded"


@pytest.mark.long
def test_rule_sets_of_an_edit_and_of_history_decide_who_labels(lab: Lab, tmp_path: Path) -> None:
    workload = max(Counter(e.workload for e in lab_alerts(lab)).items(), key=lambda x: x[1])[0]
    only = RuleSets(
        {workload: ("quiet",)},
        (NamedSet("few", Selection(rules=("sudo",)), with_tags=("quiet",)),),
    )
    fresh = replayed(tmp_path / "fresh", BASE, settings=Settings(rule_sets=only))
    result = lab.ask(Edit(rule_sets=only))
    assert result.alerts.after == len(fresh) < result.alerts.before
    assert {e.workload for e in result.examples["removed"]} == {workload}
    back = Lab(tmp_path / "fresh", BASE).ask(Edit(rule_sets=RuleSets()))
    assert (back.alerts.before, back.alerts.after) == (len(fresh), result.alerts.before)


def lab_alerts(lab: Lab) -> Sequence[Example]:
    return lab.ask(Edit(removed=[RuleId("shell"), RuleId("read")])).examples["removed"]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Lab, Sequence[Alert]]:
    """A folder with models, of which the earlier half taught."""
    folder = tmp_path_factory.mktemp("trained")
    log = extract(12_000)
    policy = Settings(Policy(0.05, 10))
    raised = replayed(folder, BASE, log, train_until=middle_time(log), settings=policy)
    return Lab(folder, BASE), raised


@pytest.mark.long
def test_before_is_what_the_judge_gave_and_a_larger_budget_suppresses_less(
    trained: tuple[Lab, Sequence[Alert]],
) -> None:
    lab, raised = trained
    result = lab.ask(Edit(budget=0.2))
    assert result.alerts.before == len(raised)
    suppressed = [(each.suppressed.before, each.suppressed.after) for each in result.rules]
    assert sum(before for before, _ in suppressed) > sum(after for _, after in suppressed) > 0
    assert result.hashes["before"]["settings"] != result.hashes["after"]["settings"]
    assert result.method == SAVED


@pytest.mark.long
def test_without_its_model_every_match_of_a_rule_alerts(
    trained: tuple[Lab, Sequence[Alert]],
) -> None:
    lab, _ = trained
    result = lab.ask(Edit(models={RuleId("shell"): False}))
    told = {each.rule: each for each in result.rules}["shell"]
    assert told.suppressed.before > 0 == told.suppressed.after
    assert told.edit == "reworded"
    assert "models" in result.hashes["after"]
    changed = lab.ask(Edit(changed=[rule("shell", "{comm: sh}")]))
    assert any("matches other events than its model" in note for note in changed.notes)


@pytest.mark.parametrize(
    ("edit", "error", "says"),
    [
        (Edit(removed=[RuleId("shel")]), NotFoundError, "did you mean 'shell'"),
        (Edit(models={RuleId("no"): True}), NotFoundError, "no rule 'no'"),
        (Edit(changed=[("a.yml", "x: [")]), MalformedInputError, r"a\.yml:2"),
        (Edit(rules=[SHELL, ("b.yml", SHELL[1])]), MalformedInputError, r"b\.yml:1: .*stands also"),
        (Edit(suppressions=[("s.yml", "title: x\n")]), MalformedInputError, r"s\.yml:1"),
    ],
)
def test_a_wrong_edit_is_refused_with_its_place(
    lab: Lab, edit: Edit, error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says):
        lab.ask(edit)


def test_all_that_is_wrong_with_edited_rules_is_told_at_once(lab: Lab) -> None:
    wrong = [("a.yml", SHELL[1].replace("condition: one", "condition: two")), ("b.yml", "- 1")]
    with pytest.raises(MalformedInputError) as refused:
        lab.ask(Edit(changed=wrong))
    assert "a.yml:" in str(refused.value)
    assert "b.yml:" in str(refused.value)


def test_a_file_with_other_rules_is_not_replaced_in_part(tmp_path: Path) -> None:
    both = (("two.yml", f"{SHELL[1]}---\n{SUDO[1]}"),)
    replayed(tmp_path, both, extract(300))
    with pytest.raises(ConfigurationError, match="holds sudo besides shell"):
        Lab(tmp_path, both).ask(Edit(changed=[SHELL]))


def test_an_empty_lake_says_so(tmp_path: Path) -> None:
    replayed(tmp_path, BASE, b"")
    result = Lab(tmp_path, BASE).ask(Edit(changed=[PYTHON]))
    assert (result.alerts.before, result.alerts.after, result.period.events) == (0, 0, 0)
    assert "no events" in result.notes[0]


def test_counts_agree_with_the_lake(lab: Lab, matches: list[dict[str, object]]) -> None:
    found = retained(Lake.open(lab.folder / "lake"), TenantId("default"))
    events = Lake.open(lab.folder / "lake").read("events", ["time"])
    assert (found.events, found.first, found.last) == (
        events.num_rows,
        pc.min(events.column("time")).as_py(),
        pc.max(events.column("time")).as_py(),
    )
    assert lab.ask(Edit()).period.matches.before == len(matches)
