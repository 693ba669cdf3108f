"""One commit for several producers: each row once, in its producer's order, whoever crashes."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from foreseen.core.errors import MalformedInputError
from foreseen.lake.lake import Cursor, Delivery, Lake, Progress, Told

Rows = Callable[..., pa.Table]

_TABLES = ("events", "matches")
_PRODUCERS = ("a", "b", "c")
_PLACES = tuple(f"lake.{when}_{table}" for table in _TABLES for when in ("before", "after"))


class Crash(Exception):  # noqa: N818 (no error of ours: a power cut)
    """The process ends here."""


@dataclass(frozen=True)
class Step:
    """One commit: whose next rows, how many of each, whose last rows again, where it crashes."""

    producers: list[str]
    sizes: list[int]
    again: list[str]
    crash: str | None


_STEPS = st.lists(
    st.builds(
        Step,
        producers=st.lists(st.sampled_from(_PRODUCERS), max_size=4),
        sizes=st.lists(st.integers(0, 3), min_size=4, max_size=4),
        again=st.lists(st.sampled_from(_PRODUCERS), max_size=2),
        crash=st.none() | st.sampled_from(_PLACES),
    ),
    min_size=1,
    max_size=5,
)


class World:
    """Producers that deliver to one lake and start again after each crash."""

    def __init__(self, folder: Path, rows: Rows) -> None:
        self._folder, self._rows = folder, rows
        self._crash: str | None = None
        self._start()

    def take(self, step: Step) -> None:
        """Deliver what the step says; after a crash start again."""
        again = [self._last[name] for name in step.again if name in self._last]
        fresh = [self._next(*each) for each in zip(step.producers, step.sizes, strict=False)]
        self._crash = step.crash
        try:
            self.lake.commit_all([*again, *fresh])
        except Crash:
            self._start()
        self._crash = None

    def finish(self) -> None:
        """Deliver what crashes cut."""
        self.lake.commit_all([self._next(name, 0) for name in _PRODUCERS])

    def reached(self, name: str) -> int:
        """How many rows of a producer are in the lake."""
        return self._at[name].reached or 0

    def _start(self) -> None:
        self._last: dict[str, Delivery] = {}
        self.lake = Lake.open(self._folder, failpoint=self._fail)
        self._at = {name: self.lake.progress(name, _TABLES) for name in _PRODUCERS}

    def _next(self, name: str, size: int) -> Delivery:
        """As `Progress` asks: what a crash cut first, exactly, then fresh rows."""
        found = self._at[name]
        begin, end = found.done or 0, found.reached or 0
        end = end if end > begin else begin + 1 + size
        made = {table: self._rows(table, range(begin, end), stream=name) for table in _TABLES}
        self._at[name] = Progress(end, end)
        self._last[name] = Delivery(made, Cursor(name, end, begin))
        return self._last[name]

    def _fail(self, place: str) -> None:
        if place == self._crash:
            raise Crash


@pytest.mark.long
@given(steps=_STEPS)
@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_deliveries_merged_in_any_way_and_delivered_again_give_each_row_once(
    rows: Rows, steps: list[Step]
) -> None:
    with TemporaryDirectory() as folder:
        world = World(Path(folder), rows)
        for step in steps:
            world.take(step)
        world.finish()
        for table in _TABLES:
            commits = [commit.rows for commit in world.lake.since(table, 0)]
            told = pa.concat_tables(commits).to_pydict()
            for name in _PRODUCERS:
                mine = [s for s, n in zip(told["seq"], told["stream"], strict=True) if n == name]
                assert mine == list(range(world.reached(name)))
        world.lake.verify()


def deliveries(rows: Rows, ends: dict[str, int], size: int = 5) -> list[Delivery]:
    return [
        Delivery({"events": rows("events", range(end - size, end))}, Cursor(name, end, end - size))
        for name, end in ends.items()
    ]


def told(lake: Lake, clock: str | None = None) -> Sequence[tuple[tuple[str, ...], int, int | None]]:
    return [
        (each.producers, each.rows.num_rows, each.time)
        for each in lake.since("events", 0, clock=clock)
    ]


def test_rows_of_all_lie_in_one_file_in_the_order_of_the_deliveries(
    tmp_path: Path, rows: Rows
) -> None:
    lake = Lake.open(tmp_path)
    lake.commit_all(deliveries(rows, {"b": 10, "a": 5}))
    (commit,) = lake.since("events", 0)
    assert commit.producers == ("b", "a")
    assert commit.rows["seq"].to_pylist() == [5, 6, 7, 8, 9, 0, 1, 2, 3, 4]
    assert len(lake.files("events")) == 1


def test_what_the_table_has_already_adds_neither_rows_nor_a_mark(
    tmp_path: Path, rows: Rows
) -> None:
    lake = Lake.open(tmp_path)
    lake.commit_all(deliveries(rows, {"a": 5, "b": 5}))
    lake.commit_all(deliveries(rows, {"a": 5, "c": 5}))
    lake.commit_all(deliveries(rows, {"c": 5, "b": 5}))
    assert told(lake) == [(("a", "b"), 10, None), (("c",), 5, None)]
    assert lake.version("events") == 2


def test_a_cut_delivery_is_refused_with_all_that_came_with_it(tmp_path: Path, rows: Rows) -> None:
    lake = Lake.open(tmp_path)
    lake.commit_all(deliveries(rows, {"a": 5}))
    with pytest.raises(MalformedInputError, match=r"holds a up to 5.*deliver up to 5 first"):
        lake.commit_all(deliveries(rows, {"b": 8, "a": 8}))
    assert lake.cursor("events", "b") is None


def test_time_is_told_only_to_those_that_ask_for_its_clock(tmp_path: Path, rows: Rows) -> None:
    lake = Lake.open(tmp_path)
    lake.commit_all(deliveries(rows, {"a": 5, "b": 5}), told=Told("live", 1_000))
    lake.commit({"events": rows("events", [])}, Cursor("a", 6, time=1_500))
    lake.commit_all([Delivery({"events": rows("events", [])}, Cursor("b", 6))])
    lake.commit_all(
        [Delivery({"events": rows("events", [])}, Cursor("b", 7))], told=Told("live", 2_000)
    )
    assert told(lake, "live") == [(("a", "b"), 10, 1_000), (("b",), 0, 2_000)]
    assert told(lake, "a") == [(("a", "b"), 10, None), (("a",), 0, 1_500)]
    assert told(lake) == [(("a", "b"), 10, None)]


def test_commits_of_before_clocks_were_named_tell_the_time_of_their_producer(
    tmp_path: Path, rows: Rows
) -> None:
    lake = Lake.open(tmp_path)
    lake.commit({"events": rows("events", [1])}, Cursor("a", 1, time=1_000))
    entry = tmp_path / "events/_delta_log/00000000000000000001.json"
    actions = [json.loads(line) for line in entry.read_text().splitlines()]
    for action in actions:
        action.get("commitInfo", {}).pop("foreseenClock", None)
    entry.write_text("\n".join(map(json.dumps, actions)))
    assert told(Lake.open(tmp_path), "a") == [(("a",), 1, 1_000)]
    assert told(Lake.open(tmp_path), "b") == [(("a",), 1, None)]


def test_a_commit_of_nobody_changes_nothing(tmp_path: Path) -> None:
    lake = Lake.open(tmp_path)
    assert lake.commit_all([], told=Told("live", 1)) == {}
    assert lake.version("events") == 0
