"""Labels fit the recording, and the recording is what the datasheet says."""

import hashlib
import json
import re
from collections import defaultdict
from pathlib import Path

import re2

from foreseen.lab.attacks.runs import Root, Run
from foreseen.lab.datasheet import Figures, count
from foreseen.lab.labels import NAME, Label, labels_of, read_labels, read_runs
from foreseen.lab.raw import record
from foreseen.lab.recording import read_lines

# Loopback addresses other than the lab's own 127.0.0.x and 127.0.1.x, plain and in SOCKADDR.
_ATTACKERS = r"[^\d.]127\.(?!0\.[01]\.)\d+\.\d+\.\d+|saddr=0200....7F(?!000[01])"
_COMMON = (
    "program in a temporary folder ran",
    "curl or wget ran",
    "shell started by a server or interpreter",
    "look-around command",
)


def test_every_label_names_an_event(recording: Path, labels: list[Label]) -> None:
    wanted = {(one.part, one.node, one.time, one.serial) for one in labels}
    for part in {one.part for one in labels}:
        for line in read_lines(recording / f"{part}.log.zst"):
            one = record(line)
            if one is not None:
                wanted.discard((part, one.node, one.time, one.serial))
    assert wanted == set()


def test_training_part_has_no_attack(labels: list[Label], figures: Figures) -> None:
    assert not any(one.part == "train" for one in labels)
    assert figures["train"]["attack_events"] == 0


def test_test_part_has_every_chain_twice_at_least(long: Path) -> None:
    failed = {run.name for run in read_runs(long / "truth.json") if run.failed}
    runs: dict[str, set[str]] = defaultdict(set)
    for one in read_labels(long / NAME):
        if one.part == "test" and one.run not in failed:
            runs[one.chain].add(one.run)
    assert len(runs) >= 12
    assert {name: len(names) for name, names in runs.items() if len(names) < 2} == {}


def test_labels_have_a_technique(labels: list[Label]) -> None:
    assert all(one.technique.startswith("T1") for one in labels)


def test_nothing_unlabelled_names_what_only_attacks_use(
    recording: Path, labels: list[Label]
) -> None:
    """Checks the lineage by another way: addresses and planted paths that no benign job has."""
    labelled = {(one.part, one.time, str(one.serial)) for one in labels}
    roots = (root for run in read_runs(recording / "truth.json") for root in run.roots)
    planted = {root.value for root in roots if root.kind in {"cron", "text"}}
    foreign = re.compile(_ATTACKERS)
    paths = re2.compile("|".join(map(re.escape, planted)))  # hundreds: only this is fast
    for part in parts_of(recording):
        for line in read_lines(recording / f"{part}.log.zst"):
            address = "127." in line or "saddr=" in line
            if (address and foreign.search(line)) or paths.search(line):
                stamp = re.search(r"audit\(([\d.]+):(\d+)\)", line)
                assert stamp is not None
                assert (part, stamp[1], stamp[2]) in labelled, line


def parts_of(recording: Path) -> list[str]:
    """Names of the parts of a recording."""
    return [part["part"] for part in json.loads((recording / "parts.json").read_text())]


def test_enough_to_learn_from(long: Path) -> None:
    figures = count(long)
    assert sum(int(str(part["events"])) for part in figures.values()) >= 250_000
    matches = figures["train"]["benign_matches"]
    assert isinstance(matches, dict)
    assert {kind: matches[kind] for kind in _COMMON if matches[kind] < 300} == {}


def test_figures_are_true(recording: Path, figures: Figures) -> None:
    assert json.loads((recording / "figures.json").read_text()) == figures
    sheet = (recording / "DATASHEET.md").read_text()
    for part, values in figures.items():
        assert f"| {part} | {values['events']} |" in sheet


def test_nothing_was_lost(recording: Path) -> None:
    reports = json.loads((recording / "parts.json").read_text())
    assert {"train", "test"} <= {report["part"] for report in reports}
    assert {report["part"]: report["lost"] for report in reports if report["lost"]} == {}


def test_checksums_and_size(recording: Path) -> None:
    sizes = 0
    for line in (recording / "SHA256SUMS").read_text().splitlines():
        digest, name = line.split("  ")
        content = (recording / name).read_bytes()
        sizes += len(content)
        assert hashlib.sha256(content).hexdigest() == digest, name
    assert sizes <= 25_000_000


def _call(serial: int, call: int, *, who: tuple[int, int], ses: int, child: int = 0) -> str:
    pid, ppid = who
    return (
        f"node=web-1 type=SYSCALL msg=audit(10.{serial:03}:{serial}): syscall={call} success=yes"
        f' exit={child} ppid={ppid} pid={pid} auid=61001 ses={ses} exe="/usr/bin/dash"'
    )


def test_lineage_and_sessions_make_labels_and_siblings_stay_benign() -> None:
    run = Run("chain", 1, "test", "web-1", start=9.0)
    run.steps = [(9.0, "T1059.004")]
    run.roots = [Root("pid", "20", 9.0), Root("session", "7", 9.0)]
    lines = [
        _call(1, 57, who=(10, 1), ses=3, child=20),  # the server starts the attacker's shell
        _call(2, 57, who=(10, 1), ses=3, child=30),  # and one for somebody else
        _call(3, 59, who=(20, 10), ses=3),
        _call(4, 57, who=(20, 10), ses=3, child=21),
        _call(5, 59, who=(21, 1), ses=3),  # its parent is gone: known by birth
        _call(6, 59, who=(30, 10), ses=3),
        _call(7, 59, who=(40, 1), ses=7),  # the attacker's login
    ]
    assert [one.serial for one in labels_of("test", lines, [run])] == [3, 4, 5, 7]


def test_a_planted_cron_line_labels_its_session_only() -> None:
    run = Run("chain", 1, "test", "web-1", start=9.0)
    run.steps, run.roots = [(9.0, "T1053.003")], [Root("cron", "/var/tmp/x1", 9.0, "T1053.003")]
    execve = 'node=web-1 type=EXECVE msg=audit(10.{0:03}:{0}): argc=3 a0="/bin/sh" a1="-c" a2="{1}"'
    lines = [
        _call(1, 59, who=(51, 50), ses=8),
        execve.format(1, "/srv/shop/bin/sitemap.sh"),
        _call(2, 59, who=(61, 60), ses=9),
        execve.format(2, "/var/tmp/x1"),
        _call(3, 59, who=(62, 61), ses=9),
    ]
    assert [one.serial for one in labels_of("test", lines, [run])] == [2, 3]


_LOGIN = (
    "node=bastion-1 type=USER_LOGIN msg=audit(20.{0:03}:{0}): pid=9 uid=0 auid=4294967295"
    ' ses=4294967295 msg=\'op=login acct="{1}" exe="/usr/sbin/{2}" res={3}\''
)


def test_failed_logins_are_the_guessers_only_in_his_time_and_for_his_user() -> None:
    run = Run("chain", 1, "test", "bastion-1", start=19.0)
    run.steps, run.roots = (
        [(19.0, "T1110")],
        [Root("failures", "alice 20.010 20.050", 19.0, "T1110")],
    )
    lines = [
        _LOGIN.format(1, "alice", "sshd", "failed"),  # before
        _LOGIN.format(20, "alice", "sshd", "failed"),
        _LOGIN.format(30, "bob", "sshd", "failed"),
        _LOGIN.format(35, "alice", "cron", "failed"),
        _LOGIN.format(40, "alice", "sshd", "success"),
        _LOGIN.format(45, "alice", "sshd", "failed"),
        _LOGIN.format(60, "alice", "sshd", "failed"),  # after
    ]
    found = [(one.serial, one.technique) for one in labels_of("test", lines, [run])]
    assert found == [(20, "T1110"), (45, "T1110")]


def test_imitations_slow_chains_and_pairs_are_told_apart(paired: Path) -> None:
    runs = [run for run in read_runs(paired / "truth.json") if run.part == "test"]
    for run in runs:
        assert run.imitation == run.chain.startswith(("imitate_", "pair_")), run.name
        assert bool(run.pair) == run.chain.startswith("pair_"), run.name
    through = [run for run in runs if not run.failed]
    assert len({run.chain for run in through if run.chain.startswith("imitate_")}) >= 7
    slow = [run for run in through if run.chain.startswith("slow_")]
    assert len({run.chain for run in slow}) >= 6
    assert all(run.end - run.start >= 120 for run in slow)
