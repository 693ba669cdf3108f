"""Benign jobs: forty kinds and more, ten of them in the test part only, told in the records."""

import csv
import io
from pathlib import Path

import pytest
import zstandard

from foreseen.lab.attacks.plan import CHAINS, IMITATIONS, SLOW
from foreseen.lab.jobs import NAME, count_jobs, jobs_of
from foreseen.lab.labels import Label
from foreseen.lab.layout import ASSETS
from foreseen.lab.templates import EVERY, LATER, TEMPLATES, cron_lines, cron_users, scripts


def test_there_are_forty_templates_and_ten_of_them_in_the_test_part_only() -> None:
    assert len(TEMPLATES) >= 40
    assert len({one.name for one in TEMPLATES}) == len(TEMPLATES)
    assert len({one.mark for one in TEMPLATES}) == len(TEMPLATES)
    assert sum(one.parts == LATER for one in TEMPLATES) == 10


def test_every_script_is_installed_by_a_template_or_tool_and_exists() -> None:
    installed = {name for later in (False, True) for _, name, _ in scripts(later=later)}
    folders = (ASSETS / "jobs", ASSETS / "tools")
    there = {f"{file.parent.name}/{file.name}" for each in folders for file in each.iterdir()}
    assert installed == there


def test_jobs_of_the_test_part_are_not_there_in_training() -> None:
    later = {one.name for one in TEMPLATES if one.parts == LATER}
    early = {Path(name).stem for _, name, _ in scripts(later=False)}
    crontabs = "".join(cron_lines(user, test=False) for user in cron_users())
    assert not later & early
    assert not any(f"/{name}.sh" in crontabs for name in later)


def test_an_event_belongs_to_the_nearest_job_above_it_and_attacks_to_none() -> None:
    lines = []
    for serial, (pid, ppid, words) in enumerate(
        [
            (20, 1, 'argc=2 a0="/bin/bash" a1="/srv/ci/work/build-7/job.sh"'),
            (21, 20, 'argc=2 a0="/bin/bash" a1="/usr/local/lib/hostmon/probe.sh"'),
            (22, 21, 'argc=1 a0="gcc"'),
            (23, 20, 'argc=1 a0="tar"'),
            (24, 20, 'argc=1 a0="curl"'),
            (30, 1, 'argc=1 a0="ls"'),
        ]
    ):
        head = f"node=ci-1 type={{}} msg=audit(5.000:{serial}): "
        call = f"syscall=59 success=yes exit=0 ppid={ppid} pid={pid} ses=3"
        lines += [head.format("SYSCALL") + call, head.format("EXECVE") + words]
    found = [(one.serial, one.chain) for one in jobs_of("test", lines, {("5.000", 4)})]
    assert found == [
        (0, "build_c"),
        (1, "tool_probe"),
        (2, "tool_probe"),
        (3, "build_c"),
    ]


def test_every_template_is_in_the_parts_that_it_names(paired: Path) -> None:
    counts = count_jobs(paired)
    for one in TEMPLATES:
        parts = counts[one.name]
        assert parts["test"] > 0, one.name
        assert (parts["train"] > 0) == (one.parts == EVERY), one.name
        assert one.parts == EVERY or parts["mixed"] == 0, one.name


def test_no_event_is_of_a_job_and_of_an_attack(paired: Path, paired_labels: list[Label]) -> None:
    attacks = {(one.part, one.node, one.time, str(one.serial)) for one in paired_labels}
    text = zstandard.decompress((paired / NAME).read_bytes()).decode()
    rows = list(csv.reader(io.StringIO(text)))
    assert rows[0] == ["part", "node", "time", "serial", "template"]
    assert len(rows) > 50_000
    assert not attacks & {tuple(row[:4]) for row in rows}


@pytest.mark.parametrize("chains", [CHAINS, IMITATIONS, SLOW])
def test_a_chain_is_of_one_kind(chains: dict[str, object]) -> None:
    others = [*CHAINS, *IMITATIONS, *SLOW]
    assert all(others.count(name) == 1 for name in chains)
