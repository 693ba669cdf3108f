"""Lines to labelled events in the lake, against splitting the same lines into words."""

from pathlib import Path
from tempfile import TemporaryDirectory

from foreseen.core.ids import DEFAULT_TENANT
from foreseen.lake.lake import Lake
from foreseen.parsers.registry import sniff
from foreseen.pipeline.shard import Lines, ShardArtefacts
from foreseen.runners.rules.files import load_rules
from foreseen.runners.shards.whole import Shard
from measure import Measurement, seconds
from recorded import placed

BATCH = 8_192


def measure(lines: list[bytes]) -> list[Measurement]:
    """Parse, trace lineage, label and commit; the reference only splits lines at blanks.

    Raises:
        ValueError: No parser knows the lines.
    """
    name = sniff(lines[:100])
    if name is None:
        raise ValueError("no parser knows the lines of the recording")
    tallies = [0, 0]

    def ours() -> None:
        with TemporaryDirectory() as folder:
            tallies[:] = _stored(lines, name, Path(folder))

    def reference() -> int:
        return sum(len(line.split(b" ")) for line in b"\n".join(lines).split(b"\n"))

    taken, floor = seconds(ours, times=2), seconds(reference)
    size = sum(map(len, lines)) / 1e6
    note = (
        f"{len(lines)} lines, {tallies[0]} events, {tallies[1]} matches: "
        f"{tallies[0] / taken:,.0f} events/s, {size / taken:.1f} MB/s of CPU"
    )
    return [Measurement("lines_to_lake", taken, floor, note)]


def _stored(lines: list[bytes], name: str, folder: Path) -> list[int]:
    shard = Shard(Lake.open(folder), ShardArtefacts(DEFAULT_TENANT, load_rules(None)), "benchmark")
    source = placed(lines)
    starts = range(0, len(source), BATCH)
    for version, start in enumerate(starts, 1):
        part = Lines("benchmark", name, source[start : start + BATCH], version == len(starts))
        shard.process([part], after=version - 1, version=version)
    return [shard.tally.events, shard.tally.matches.total()]
