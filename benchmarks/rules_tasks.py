"""What is measured in turns in one process: ours, the others, and the reading of JSON."""

import gc
from collections.abc import Sequence
from dataclasses import dataclass

import orjson
import pyarrow as pa

import rules_input
from foreseen.core.records import Line
from foreseen.rules.engine.engine import Engine
from foreseen.rules.ruleset import Compiled
from foreseen.runners.rules.files import settle
from rules_columns import wide
from rules_polars import polars_labels
from rules_rivals import Pairs, agree, duckdb_labels
from rules_rounds import Task, progress

_SLOW_ROUNDS = 3
_PLAIN_EVENTS = 2_000
_SHORT = 3


class _New:
    """A new engine for every run, its databases out of a store: nothing is planned or seen yet."""

    def __init__(self, compared: Sequence[Compiled]) -> None:
        self._wanted = rules_input.wanted(compared)
        self._store = _Kept()
        self._engine: Engine | None = None

    def renew(self) -> None:
        """Replace the engine."""
        self._engine = None
        gc.unfreeze()
        gc.collect()
        self._engine = Engine(self._wanted, self._store)
        settle()

    def label(self, batch: pa.RecordBatch) -> object:
        """Matches in a batch, by the engine of the latest renewal."""
        if self._engine is None:
            raise RuntimeError("renew comes first")
        return self._engine.matches(batch)


class _Kept(dict[str, bytes]):
    """A store in memory."""

    def put(self, name: str, content: bytes) -> None:
        """Keep bytes under a name."""
        self[name] = content


@dataclass(frozen=True, slots=True)
class _Material:
    """What the tasks run on.

    Attributes:
        lines: Recorded events.
        events: The same as a batch.
        unique: Process creations without a command line that occurs twice.
        new: The rules, in an engine that has seen nothing.
        engine: The rules.
        plain: The rules, without Hyperscan.
    """

    lines: list[Line]
    events: pa.RecordBatch
    unique: pa.RecordBatch
    new: _New
    engine: Engine
    plain: Engine


def tasks(compared: Sequence[Compiled], count: int) -> list[Task]:
    """All tasks on `count` events, once it is certain that every engine finds the same labels.

    Raises:
        ValueError: Two engines differ.
    """
    progress("engines and tables")
    engine = Engine(rules_input.wanted(compared))
    plain = Engine(rules_input.wanted(compared), fallback=True)
    settle()
    lines = rules_input.events(count)
    unique = rules_input.batch(rules_input.unique_creations(count))
    material = _Material(lines, rules_input.batch(lines), unique, _New(compared), engine, plain)
    return [*_rivals(material, compared), *_ours(material), *_read(material), *_worst(material)]


def _rivals(material: _Material, compared: Sequence[Compiled]) -> list[Task]:
    events = material.events
    columns = wide(events, [each.tree for each in compared])
    ask_duckdb = duckdb_labels(columns, compared)
    ask_polars = polars_labels(columns, compared)
    progress("labels of all engines")
    ours = _pairs(material.engine, events)
    agree(ours, ask_duckdb(), compared, who="DuckDB")
    agree(ours, ask_polars(), compared, who="polars")
    for batch in (events, material.unique.slice(0, _PLAIN_EVENTS)):
        pairs = [_pairs(engine, batch) for engine in (material.engine, material.plain)]
        agree(pairs[0], pairs[1], compared, who="the engine without Hyperscan")
    count = events.num_rows
    return [
        Task("duckdb", "DuckDB, one SELECT a rule", count, ask_duckdb),
        Task("polars", "polars, 50 rules a select", count, ask_polars, rounds=_SLOW_ROUNDS),
    ]


def _ours(material: _Material) -> list[Task]:
    engine, plain, events = material.engine, material.plain, material.events
    new = material.new
    count = events.num_rows
    half = count // 2
    forget, forget_plain = engine.forget, plain.forget

    def see_half() -> None:
        forget()
        engine.matches(events.slice(0, half))

    def label() -> object:
        return engine.matches(events)

    return [
        Task("cold", "ours, first sight of values", count, lambda: new.label(events), new.renew),
        Task("warm", "ours, values seen before", count, label, label, times=_SHORT),
        Task(
            "half",
            "ours, new events after as many others",
            count - half,
            lambda: engine.matches(events.slice(half)),
            see_half,
        ),
        Task(
            "plain",
            "ours without Hyperscan, first sight",
            count,
            lambda: plain.matches(events),
            forget_plain,
            _SLOW_ROUNDS,
        ),
    ]


def _read(material: _Material) -> list[Task]:
    engine, new, lines = material.engine, material.new, material.lines

    def parse_only() -> None:
        for line in lines:
            orjson.loads(line.data)

    def read() -> pa.RecordBatch:
        return rules_input.batch(lines)

    return [
        Task("orjson", "orjson parses only", len(lines), parse_only, times=_SHORT),
        Task("to_arrow", "JSON lines to columns", len(lines), read, times=_SHORT),
        Task(
            "labelled_cold",
            "JSON lines to labels, first sight",
            len(lines),
            lambda: new.label(read()),
            new.renew,
        ),
        Task(
            "labelled",
            "JSON lines to labels, values seen before",
            len(lines),
            lambda: engine.matches(read()),
        ),
    ]


def _worst(material: _Material) -> list[Task]:
    engine, new, unique = material.engine, material.new, material.unique
    count = unique.num_rows
    return [
        Task("worst", "ours, new command lines", count, lambda: new.label(unique), new.renew),
        Task(
            "worst_warm",
            "ours, the same again",
            count,
            lambda: engine.matches(unique),
            lambda: engine.matches(unique),
            times=_SHORT,
        ),
    ]


def _pairs(engine: Engine, events: pa.RecordBatch) -> Pairs:
    rows, rules = engine.matches(events)
    return set(zip(rules.tolist(), rows.tolist(), strict=True))
