"""JSON lines to labelled events in the lake, beside DuckDB that puts the same bytes into Delta.

Lines: recorded Windows events, several times over. Ours is the product's own path: the parser, the
shard step with 100 rules, a commit of events, matches and quarantine every 8 MB. DuckDB reads the
same file (`read_json`) and delta-rs writes it: no labels, no sequence, no raw lines, one commit. As
a program it is one way, measured once.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pyarrow as pa
from deltalake import write_deltalake

from foreseen.core.ids import DEFAULT_TENANT
from foreseen.core.records import Line
from foreseen.lake.lake import Lake
from foreseen.pipeline.shard import Lines, ShardArtefacts
from foreseen.rules.loading import load
from foreseen.rules.ruleset import RuleSet, rule_set
from foreseen.runners.shards.partition import BATCH_BYTES
from foreseen.runners.shards.whole import Shard
from lake_apart import apart, say, timed, told
from recorded import placed
from rules_input import comparable, documents, events

RULES = 100
RECORDED = 20_000
FILE = "lines.ndjson"


def make(folder: Path, lines: int) -> int:
    """The file of so many lines; how many bytes it has."""
    recorded = [line.data for line in events(RECORDED)]
    with (folder / FILE).open("wb") as file:
        for number in range(lines):
            file.write(recorded[number % RECORDED] + b"\n")
        return file.tell()


def measure(folder: Path, rounds: int) -> dict[str, list[dict[str, float]]]:
    """Each way once a round, in turns."""
    found: dict[str, list[dict[str, float]]] = {"ours": [], "duckdb": []}
    for number in range(rounds):
        for way, runs in found.items():
            say(f"JSON lines to Delta, round {number + 1} of {rounds}: {way}")
            runs.append(apart("lake_ingest.py", "--way", way, "--data", str(folder)))
    return found


def _rules() -> RuleSet:
    """A hundred rules for Windows, taken evenly from all."""
    found = comparable(load(documents()).rules)
    return rule_set(found[:: len(found) // RULES][:RULES])


def _batches(lines: list[Line]) -> Iterator[list[Line]]:
    batch: list[Line] = []
    size = 0
    for line in lines:
        batch.append(line)
        size += len(line.data) + 1
        if size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _ours(file: Path, folder: Path, rules: RuleSet) -> dict[str, int]:
    shard = Shard(Lake.open(folder), ShardArtefacts(DEFAULT_TENANT, rules), "benchmark")
    lines = placed(file.read_bytes().splitlines())
    for version, batch in enumerate(_batches(lines), 1):
        part = Lines("benchmark", "windows_event", batch)
        shard.process([part], after=version - 1, version=version)
    tally = shard.tally
    return {"rows": tally.events, "matches": tally.matches.total(), "commits": version}


def _duckdb(file: Path, folder: Path) -> dict[str, int]:
    with duckdb.connect(config={"threads": 1}) as database:
        rows = database.sql(
            "SELECT * FROM read_json($file, format = 'newline_delimited')",
            params={"file": str(file)},
        )
        write_deltalake(folder / "table", rows.to_arrow_reader())
        return {"rows": len(file.read_bytes().splitlines()), "matches": 0, "commits": 1}


def _main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--way", choices=("ours", "duckdb"), required=True)
    parser.add_argument("--data", type=Path, required=True)
    chosen = parser.parse_args()
    pa.set_cpu_count(1)
    file = chosen.data / FILE
    with TemporaryDirectory(dir=chosen.data) as folder:
        if chosen.way == "ours":
            rules = _rules()
            taken, counts = timed(lambda: _ours(file, Path(folder), rules))
        else:
            taken, counts = timed(lambda: _duckdb(file, Path(folder)))
        size = sum(each.stat().st_size for each in Path(folder).rglob("*.parquet"))
    told({**taken, **counts, "stored_bytes": size})


if __name__ == "__main__":
    _main()
