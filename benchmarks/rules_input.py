"""What the rules benchmark runs on: public Windows events and rules, out of FORESEEN_DATA."""

import lzma
import os
import random
import tarfile
from collections.abc import Sequence
from pathlib import Path

import orjson
import pyarrow as pa
from pyarrow import parquet

from foreseen.core.records import Line
from foreseen.parsers.registry import parser_named
from foreseen.rules.engine.plans import Wanted
from foreseen.rules.ruleset import Compiled, RuleSet
from foreseen.rules.tree import atoms_of
from foreseen.schema.arrow import EVENT_SCHEMA, batch_of
from recorded import ROOT, placed

EVENTS = "otrf-windows/events-20k.jsonl.xz"
RULES = "sigmahq/rules-8eaafff1.tar.xz"
CREATIONS = "atomic-evtx/process_creations.parquet"
_SEED = 20_260_805
_COPIED = {
    "Image": "image",
    "CommandLine": "cmd",
    "ParentImage": "parent",
    "ParentCommandLine": "pcmd",
    "User": "user",
    "Computer": "host",
    "ProcessGuid": "guid",
    "ParentProcessGuid": "pguid",
}


def data() -> Path:
    """Folder of the research data.

    Raises:
        FileNotFoundError: It, or what the benchmark needs of it, is absent.
    """
    folder = Path(os.environ.get("FORESEEN_DATA") or ROOT.parent / "shared" / "data")
    missing = [name for name in (EVENTS, RULES, CREATIONS) if not (folder / name).is_file()]
    if missing:
        raise FileNotFoundError(
            f"{folder} lacks {', '.join(missing)}: set FORESEEN_DATA to the folder of the research "
            "data (docs/testing.md); without them there is nothing to measure"
        )
    return folder


def documents() -> list[tuple[str, str]]:
    """Paths and texts of the rule files."""
    found = []
    with tarfile.open(data() / RULES) as archive:
        for member in archive:
            content = archive.extractfile(member) if member.name.endswith(".yml") else None
            if content:
                found.append((member.name, content.read().decode()))
    return found


def comparable(rules: RuleSet) -> list[Compiled]:
    """Rules for Windows that SQL backends say too: those that name a field for every value."""
    return [
        each
        for each in rules.compiled
        if each.rule.logsource.product == "windows"
        and all(atom.field.name for atom in atoms_of(each.tree))
    ]


def wanted(compiled: Sequence[Compiled]) -> list[Wanted]:
    """Rules as the engine takes them."""
    return [Wanted(each.scope.gates, each.tree) for each in compiled]


def events(count: int) -> list[Line]:
    """The first lines of the recorded events, as a source hands them on."""
    with lzma.open(data() / EVENTS) as stream:
        lines = stream.read().splitlines()
    return placed(lines[:count])


def unique_creations(count: int) -> list[Line]:
    """Process creations as Sysmon logs them, real but for a random end of each command line.

    No command line occurs twice, so that nothing that was worked out for one serves another.
    """
    table = parquet.read_table(data() / CREATIONS, columns=["time", *_COPIED.values()])
    times = table.column("time").cast(pa.timestamp("ms"), safe=False).to_pylist()
    columns = [table.column(name).to_pylist() for name in _COPIED.values()]
    draw = random.Random(_SEED)  # noqa: S311 (data of a benchmark)
    lines = []
    for time, *values in zip(times[:count], *columns, strict=False):
        record = {name: value for name, value in zip(_COPIED, values, strict=True) if value}
        record["CommandLine"] = f"{record.get('CommandLine', '')} {draw.getrandbits(64):016x}"
        record |= {
            "Channel": "Microsoft-Windows-Sysmon/Operational",
            "EventID": 1,
            "SourceName": "Microsoft-Windows-Sysmon",
            "UtcTime": f"{time:%Y-%m-%d %H:%M:%S}.{time.microsecond // 1000:03}",
        }
        lines.append(orjson.dumps(record))
    return placed(lines)


def batch(lines: Sequence[Line]) -> pa.RecordBatch:
    """JSON lines of Windows events to our columns, through the parser that the product uses.

    Raises:
        ValueError: The parser could not read a line.
    """
    parser = parser_named("windows_event")
    parsed = parser.parse(parser.initial(), lines)
    if parsed.quarantined:
        raise ValueError(f"the parser refused {len(parsed.quarantined)} of {len(lines)} lines")
    rows = parsed.rows
    hosts, times = [row.host for row in rows], [row.time for row in rows]
    columns = [row.columns for row in rows]
    return batch_of(columns, EVENT_SCHEMA, {"host": hosts, "time": times})
