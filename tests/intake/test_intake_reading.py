"""A log that another process writes: segments may have begun since they were looked up."""

from collections.abc import Callable
from pathlib import Path

from foreseen.intake.entries import Entry
from foreseen.intake.log import IntakeLog, LogLimits
from foreseen.intake.reading import LogReader

Make = Callable[..., Entry]
_ALL = 1 << 30


def test_a_reader_that_comes_from_an_older_segment_finds_those_that_were_begun_since(
    tmp_path: Path, make_entry: Make
) -> None:
    entries = [make_entry(b"%04d" % number * 200) for number in range(40)]
    with IntakeLog.open(tmp_path, limits=LogLimits(segment=2_000)) as log:
        reader = LogReader(tmp_path)
        ends = [log.append([entry]) for entry in entries[:4]]
        reader.end = ends[-1]
        found = reader.read(0, 1)  # it knows two segments, and stands in the first
        for entry in entries[4:]:
            log.append([entry])
        reader.end = log.end
        found += reader.read(found[-1].end, _ALL)
    assert [each.entry for each in found] == entries
