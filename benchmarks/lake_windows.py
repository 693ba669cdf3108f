"""Windows before many matches among many events: ours and DuckDB's, each in a process of its own.

All ways but those of the models' windows find the same events: `at` (the match), `seq`, the time
and the columns that acts are made of, compared by a digest of all that they hold. As a program it
is one way, measured once.
"""

import argparse
import hashlib
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from foreseen.core.ids import DEFAULT_TENANT
from foreseen.lake.asking.windows import events_before, window_of, windows_in_bulk
from foreseen.lake.lake import Lake
from foreseen.models.moments import acts
from foreseen.models.moments.windows import FORKS
from lake_apart import apart, say, timed, told
from lake_made import MATCHES

EVENTS_BEFORE = 100
_ONE_BY_ONE = 25
_FIELDS = ("time", *acts.COLUMNS)
_ALL, _HABITS = "true", "(event_type NOT IN $forks OR len(labels) > 0)"
_JOIN = """
    WITH told AS MATERIALIZED (
        SELECT stream, seq{fields}, row_number() OVER (PARTITION BY stream ORDER BY seq) AS place
        FROM read_parquet($files) WHERE {tells}
    ), hit AS (SELECT m.at, told.stream, place FROM m JOIN told USING (stream, seq))
    SELECT hit.at, told.stream, told.seq{fields} FROM hit JOIN told ON told.stream = hit.stream
    AND told.place BETWEEN hit.place - $events AND hit.place - 1"""
_LATE = """
    SELECT found.at, found.seq{fields} FROM ({join}) found
    JOIN read_parquet($files) e USING (stream, seq)"""
_STORED = """
    SELECT m.at, e.seq{fields} FROM read_parquet($files) e JOIN m
    ON e.stream = m.stream AND e.seq BETWEEN m.seq - $events AND m.seq - 1"""


def _ours(lake: Lake, matches: pa.Table) -> pa.Table:
    return events_before(lake, DEFAULT_TENANT, matches, _FIELDS, events=EVENTS_BEFORE)


def _folded(lake: Lake, matches: pa.Table) -> pa.Table:
    """The models' windows: no forks that no rule matched, and a token instead of the columns."""
    return windows_in_bulk(lake, DEFAULT_TENANT, matches, events=EVENTS_BEFORE)


def _row_number(lake: Lake, matches: pa.Table) -> pa.Table:
    """As one writes it: each event with its place in the stream, joined to the places before."""
    fields = "".join(f", {name}" for name in _FIELDS)
    return _asked(lake, matches, _JOIN.format(fields=fields, tells=_ALL))


def _row_number_habits(lake: Lake, matches: pa.Table) -> pa.Table:
    """The same over the events of the models' windows; it makes no tokens of them."""
    fields = "".join(f", {name}" for name in _FIELDS)
    found = _asked(lake, matches, _JOIN.format(fields=fields, tells=_HABITS))
    return found.drop_columns("at")  # other events than those of the other ways


def _row_number_late(lake: Lake, matches: pa.Table) -> pa.Table:
    """The join over numbers alone, then the events that it found."""
    fields = "".join(f", e.{name}" for name in _FIELDS)
    return _asked(
        lake, matches, _LATE.format(join=_JOIN.format(fields="", tells=_ALL), fields=fields)
    )


def _stored_numbers(lake: Lake, matches: pa.Table) -> pa.Table:
    """DuckDB's join on the numbers that our lake stores."""
    fields = "".join(f", e.{name}" for name in _FIELDS)
    return _asked(lake, matches, _STORED.format(fields=fields))


WAYS: dict[str, Callable[[Lake, pa.Table], pa.Table]] = {
    "ours": _ours,
    "row_number": _row_number,
    "row_number, events later": _row_number_late,
    "stored numbers": _stored_numbers,
    "models' windows, ours": _folded,
    "models' windows, row_number": _row_number_habits,
}


def measure(folder: Path, rounds: int, threads: int) -> dict[str, list[dict[str, float]]]:
    """Every way once a round, in turns.

    Raises:
        ValueError: Two ways find different events.
    """
    found: dict[str, list[dict[str, float]]] = {name: [] for name in WAYS}
    for number in range(rounds):
        for name in WAYS:
            say(f"windows, round {number + 1} of {rounds}: {name}, {threads} threads")
            given = ("--way", name, "--data", str(folder), "--threads", str(threads))
            found[name].append(apart("lake_windows.py", *given))
    digests = {str(run["digest"]) for runs in found.values() for run in runs if run["digest"]}
    if len(digests) != 1:
        raise ValueError(f"not all ways find the same events: {found}")
    return found


def one_by_one(folder: Path) -> dict[str, float]:
    """Milliseconds until the window of one match is there, the lake open."""
    lake, matches = Lake.open(folder / "lake"), pq.read_table(folder / MATCHES)
    taken = []
    for number in range(_ONE_BY_ONE):
        begun = time.perf_counter()
        window_of(lake, DEFAULT_TENANT, matches.slice(number, 1), events=EVENTS_BEFORE)
        taken.append((time.perf_counter() - begun) * 1_000)
    return {"median": median(taken), "most": max(taken)}


def _asked(lake: Lake, matches: pa.Table, sql: str) -> pa.Table:
    with duckdb.connect(config={"threads": pa.cpu_count()}) as database:
        numbered = matches.append_column("at", pa.array(range(matches.num_rows), pa.int64()))
        database.register("m", numbered)
        files = lake.files("events", DEFAULT_TENANT)
        given = {"files": files, "forks": list(FORKS), "events": EVENTS_BEFORE}
        values = {name: value for name, value in given.items() if f"${name}" in sql}
        found: pa.Table = database.sql(sql, params=values).to_arrow_table()
        return found


def _digest(found: pa.Table) -> str:
    """Of all events with all columns, in an order of their own; empty for tokens alone."""
    if "at" not in found.schema.names:
        return ""
    ordered = found.select(["at", "seq", *_FIELDS]).sort_by(
        [("at", "ascending"), ("seq", "ascending")]
    )
    digest = hashlib.sha256()
    for column in ordered.columns:
        digest.update("\x1f".join(map(str, column.to_pylist())).encode())
    return digest.hexdigest()


def _main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--way", choices=sorted(WAYS), required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--threads", type=int, required=True)
    chosen = parser.parse_args()
    pa.set_cpu_count(chosen.threads)
    lake = Lake.open(chosen.data / "lake")
    matches = pq.read_table(chosen.data / MATCHES)
    taken, found = timed(lambda: WAYS[chosen.way](lake, matches))
    told({**taken, "rows": found.num_rows, "digest": _digest(found)})


if __name__ == "__main__":
    _main()
