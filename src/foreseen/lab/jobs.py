"""Tells which benign job each event belongs to."""

import csv
import io
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

import zstandard

from foreseen.lab.attacks.runs import Root, Run
from foreseen.lab.labels import NAME as LABELS
from foreseen.lab.labels import Label, labels_of, read_labels
from foreseen.lab.recording import read_lines
from foreseen.lab.templates import TEMPLATES

NAME = "jobs.csv.zst"
COLUMNS = ("part", "node", "time", "serial", "template")


def write_jobs(out: Path, parts: Iterable[str]) -> None:
    """Write the job of each benign event of these parts that belongs to one."""
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(COLUMNS)
    attacks = {(one.part, one.time, one.serial) for one in read_labels(out / LABELS)}
    for part in parts:
        own = {(time, serial) for where, time, serial in attacks if where == part}
        for one in jobs_of(part, read_lines(out / f"{part}.log.zst"), own):
            writer.writerow((one.part, one.node, one.time, one.serial, one.chain))
    (out / NAME).write_bytes(zstandard.compress(table.getvalue().encode(), 19))


def jobs_of(
    part: str, lines: Iterable[str], attacks: Collection[tuple[str, int]]
) -> Iterator[Label]:
    """The events of the templates' processes and all below them, attack events left out."""
    jobs = [
        Run(one.name, 0, part, one.node, roots=[Root("text", one.mark, 0.0, one.name)])
        for one in TEMPLATES
    ]
    for one in labels_of(part, lines, jobs):
        if (one.time, one.serial) not in attacks:
            yield one


def count_jobs(out: Path) -> dict[str, Counter[str]]:
    """How many events each template has in each part."""
    counts: dict[str, Counter[str]] = {}
    rows = csv.DictReader(io.StringIO(zstandard.decompress((out / NAME).read_bytes()).decode()))
    for row in rows:
        counts.setdefault(row["template"], Counter())[row["part"]] += 1
    return counts
