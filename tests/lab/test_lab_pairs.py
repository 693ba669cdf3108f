"""Matched pairs: found where they are, and in the recording they are what the datasheet says."""

import json
import random
import re
from collections import Counter
from pathlib import Path

import pytest
import zstandard
from tests.shipped import shipped_rules

from foreseen.lab.attacks.matched import LANES, RULES, lanes
from foreseen.lab.attacks.runs import Root, Run, run_of
from foreseen.lab.labels import Label, read_runs
from foreseen.lab.pairs import NAME, Pair, Side, folded, matches, pairs_of, write_pairs
from foreseen.lab.raw import record
from foreseen.lab.recording import read_lines
from foreseen.runners.label import LabelOrder, steps
from foreseen.runners.shards.whole import Tally
from foreseen.studies.benchmark.pairs import parse_pairs

_LEAST = 30  # pairs of each rule
_HABIT = 10  # benign matches in training that are alike


class _Log:
    """Writes raw records, one second apart."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.now = 100

    def run(self, pid: int, ppid: int, *words: str, exe: str = "/usr/bin/bash") -> int:
        """A program starts; gives the serial number."""
        self.now += 1
        head = f"node=web-1 type={{}} msg=audit({self.now}.000:{self.now}): "
        self.lines.append(
            head.format("SYSCALL")
            + f"syscall=59 success=yes exit=0 ppid={ppid} pid={pid} auid=61001 uid=61001 tty=(none)"
            f' ses=3 exe="{exe}"'
        )
        values = " ".join(f'a{n}="{word}"' for n, word in enumerate(words))
        self.lines.append(head.format("EXECVE") + f"argc={len(words)} {values}")
        return self.now

    def fork(self, parent: int, child: int) -> None:
        """A process forks and does not run anything else."""
        self.now += 1
        self.lines.append(
            f"node=web-1 type=SYSCALL msg=audit({self.now}.000:{self.now}): syscall=56 success=yes"
            f" exit={child} ppid=1 pid={parent} auid=61001 uid=61001 tty=(none) ses=3"
            ' exe="/usr/bin/bash"'
        )

    def packed(
        self, pid: int, *, above: int = 10, ticket: str = "T1", name: str = "aB3dE6gH"
    ) -> int:
        """A shell of the shop runs the tool that packs logs; gives tar's serial number."""
        self.run(pid, above, "sh", "-c", "the tool")
        self.run(pid, above, "/bin/bash", "/usr/local/lib/hostmon/bundle.sh", ticket)
        tar = ("tar", "czf", f"/tmp/bundle-{name}/logs.tgz")
        return self.run(pid + 1, pid, *tar, exe="/usr/bin/tar")


def _attack(number: int, pid: int, **other: str) -> Run:
    run = Run("pair_web_shell", number, "test", "web-1", start=1.0)
    run.steps = [(1.0, "T1059.004")]
    run.roots = [Root("pid", str(pid), 1.0)]
    run.pair, run.tool = "archive_tool", "bundle"
    for name, value in other.items():
        setattr(run, name, value)
    return run


def _sides(pairs: list[Pair]) -> list[tuple[int, int]]:
    return [(pair.malicious.serial, pair.benign.serial) for pair in pairs]


def test_a_run_is_joined_to_the_benign_match_that_is_near() -> None:
    log = _Log()
    log.packed(20)
    log.now += 60
    near = log.packed(30, ticket="T77", name="zzZZ99aa")
    bad = log.packed(40, ticket="T5")
    assert _sides(pairs_of("test", log.lines, [_attack(1, 40)])) == [(bad, near)]


def test_another_node_user_terminal_or_argument_is_not_alike() -> None:
    for old, new in (
        ("web-1", "db-1"),
        (" uid=61001", " uid=0"),
        ("(none)", "pts1"),
        ("czf", "cf"),
    ):
        log = _Log()
        log.packed(20)
        log.lines = [line.replace(old, new) for line in log.lines]
        log.packed(40)
        assert pairs_of("test", log.lines, [_attack(1, 40)]) == [], old


def test_a_benign_match_is_the_side_of_one_pair_only() -> None:
    log = _Log()
    log.packed(20)
    log.packed(40)
    log.packed(50)
    assert len(pairs_of("test", log.lines, [_attack(1, 40), _attack(2, 50)])) == 1


def test_a_benign_match_in_the_shadow_of_an_attack_is_taken_last() -> None:
    log = _Log()
    clear = log.packed(20)
    log.now += 500
    bad = log.packed(40)
    log.packed(50)
    first = pairs_of("test", log.lines, [_attack(1, 40)])
    assert _sides(first) == [(bad, clear)]
    log.packed(60)
    second = pairs_of("test", log.lines, [_attack(1, 40), _attack(2, 60)])
    assert [pair.quiet for pair in second] == [True, False]


def test_like_ancestors_come_before_nearness_and_are_told() -> None:
    log = _Log()
    log.run(11, 10, "python3", "server.py")
    log.run(12, 10, "/usr/sbin/cron")
    like = log.packed(20, above=11)
    log.now += 500
    other = log.packed(30, above=12)
    log.now += 60
    first, second = log.packed(40, above=11), log.packed(50, above=11)
    found = pairs_of("test", log.lines, [_attack(1, 40), _attack(2, 50)])
    assert _sides(found) == [(first, like), (second, other)]
    assert [pair.same_ancestors for pair in found] == [True, False]


def test_a_start_that_failed_is_no_match() -> None:
    log = _Log()
    log.packed(20)
    log.lines[-2] = log.lines[-2].replace("success=yes", "success=no")
    log.packed(40)
    assert pairs_of("test", log.lines, [_attack(1, 40)]) == []


def test_a_shell_that_forks_itself_is_one_ancestor() -> None:
    log = _Log()
    good = log.packed(20)
    log.run(40, 10, "/bin/bash", "/usr/local/lib/hostmon/bundle.sh", "T9")
    log.fork(40, 41)
    bad = log.run(42, 41, "tar", "czf", "/tmp/bundle-zzzzzzz1/logs.tgz", exe="/usr/bin/tar")
    assert _sides(pairs_of("test", log.lines, [_attack(1, 40)])) == [(bad, good)]


def test_a_failed_run_and_a_run_of_another_rule_give_no_pair() -> None:
    log = _Log()
    log.packed(20)
    log.packed(40)
    assert pairs_of("test", log.lines, [_attack(1, 40, failed="OSError")]) == []
    assert pairs_of("test", log.lines, [_attack(1, 40, pair="compiler_run")]) == []


def test_folding_hides_random_names_and_numbers_only() -> None:
    line = "tar czf /tmp/bundle-aB3dE6gH/logs.tgz -C /var/log/shop . T4711"
    assert folded(line) == "tar czf /tmp/bundle-*/logs.tgz -C /var/log/shop . T#"
    assert folded("bundle-short x-verylongname") == "bundle-short x-verylongname"


def test_the_plan_has_enough_runs_of_each_rule_and_each_kind_of_lead_in() -> None:
    for order in lanes(random.Random(3)).values():  # noqa: S311 -- nothing secret
        assert len(order) == len(set(order))
    assert sum(lane.each for lane in LANES) >= _LEAST * 1.2
    assert {lane.node for lane in LANES} == {"web-1", "bastion-1", "ci-1"}


@pytest.fixture(scope="module")
def pairs(paired: Path) -> list[Pair]:
    """The pairs of the recording as written."""
    rows = json.loads((paired / NAME).read_text())
    sides = ("malicious", "benign")
    return [Pair(**{**row, **{side: Side(**row[side]) for side in sides}}) for row in rows]


@pytest.fixture(scope="module")
def later(paired: Path) -> list[str]:
    """The raw records of the test part."""
    return list(read_lines(paired / "test.log.zst"))


def test_the_recording_has_thirty_pairs_of_each_rule(pairs: list[Pair]) -> None:
    counts = Counter(pair.rule for pair in pairs)
    assert {rule: counts[rule] for rule in RULES if counts[rule] < _LEAST} == {}
    for rule in RULES:
        assert len({pair.before for pair in pairs if pair.rule == rule}) == 3


def test_malicious_sides_are_labelled_and_benign_sides_are_not(
    pairs: list[Pair], paired_labels: list[Label]
) -> None:
    labels = {(one.part, one.node, one.time, one.serial): one.run for one in paired_labels}
    for pair in pairs:
        bad, good = pair.malicious, pair.benign
        assert (bad.part, good.part) == ("test", "test")
        assert labels[bad.part, bad.node, bad.time, bad.serial] == pair.run
        assert (good.part, good.node, good.time, good.serial) not in labels


@pytest.mark.long
def test_pairs_can_be_found_again_from_the_records_and_the_truth(
    pairs: list[Pair], paired: Path, later: list[str]
) -> None:
    runs = [run for run in read_runs(paired / "truth.json") if run.part == "test"]
    assert pairs_of("test", later, runs) == pairs


@pytest.mark.long
def test_training_knows_the_same_act_and_none_of_the_names(
    pairs: list[Pair], paired: Path, later: list[str]
) -> None:
    train = list(read_lines(paired / "train.log.zst"))
    habits = Counter((one.rule, *one.alike) for one in matches("train", train))
    alike = {
        (one.side.node, one.side.serial, one.rule): (one.rule, *one.alike)
        for one in matches("test", later)
    }
    names = re.compile(
        r"/tmp/(?:inventory|probe|bundle|beat)-(?!X{8})(\w{8})"
    )  # mktemp is asked for eight X
    known = {name for line in train for name in names.findall(line)}
    assert len(known) > 100
    for pair in pairs:
        bad = alike[pair.malicious.node, pair.malicious.serial, pair.rule]
        assert bad == alike[pair.benign.node, pair.benign.serial, pair.rule]
        assert habits[bad] >= _HABIT, bad
    assert not known & {name for line in later for name in names.findall(line)}


def test_our_rules_match_both_sides(pairs: list[Pair], later: list[str], tmp_path: Path) -> None:
    wanted = {
        (side.node, str(side.serial), pair.rule)
        for pair in pairs
        for side in (pair.malicious, pair.benign)
    }
    serials = {(node, int(serial)) for node, serial, _ in wanted}
    kept = [line for line in later if (one := record(line)) and (one.node, one.serial) in serials]
    log = tmp_path / "sides.log.zst"
    log.write_bytes(zstandard.compress(("\n".join(kept) + "\n").encode("utf-8", "surrogateescape")))
    for step in steps(LabelOrder([str(log)], "auditd", shipped_rules()), Tally()):
        rows = step.out.matches.to_pylist()
        wanted -= {(row["host"], row["original_uid"], row["rule_id"]) for row in rows}
    assert wanted == set()


def test_the_studies_read_what_the_lab_writes(pairs: list[Pair], paired: Path) -> None:
    read = parse_pairs((paired / NAME).read_bytes(), NAME)
    assert [(one.name, one.rule, one.before) for one in read] == [
        (one.pair, one.rule, one.before) for one in pairs
    ]
    assert [one.malicious for one in read] == [
        (one.malicious.node, str(one.malicious.serial)) for one in pairs
    ]


def test_a_folder_without_pairs_gets_an_empty_list(tmp_path: Path) -> None:
    assert write_pairs(tmp_path, [Run("webshell_dropper", 0, "test", "web-1")]) == []
    assert json.loads((tmp_path / NAME).read_text()) == []


def test_a_run_is_read_back_as_written_with_pair_and_imitation() -> None:
    run = _attack(4, 9, tool="bundle")
    run.imitation = True
    truth = run.truth()
    assert run_of(truth) == run
    old = {key: truth[key] for key in truth if key not in {"imitation", "pair", "tool"}}
    assert run_of(old).imitation is False
    assert run_of(old).pair == ""
