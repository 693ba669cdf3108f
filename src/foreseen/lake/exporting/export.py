"""Export: rows of the lake as files in the layout of Security Lake, resumed where it stopped.

Rows stream through a batch at a time. A file is written under a name of its own and appears whole
under its last one; a record is kept of each file of the lake that is done.
"""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.compute

from foreseen.core.errors import CorruptError, TransientError
from foreseen.core.ids import TenantId
from foreseen.lake.asking.cancel import Watch
from foreseen.lake.exporting.files import Output, Written
from foreseen.lake.exporting.plan import RECORDS, Plan, Task, Wanted, done, planned, write_whole
from foreseen.lake.keeping.long_reads import holds_lake
from foreseen.lake.keeping.rewriting import conformed
from foreseen.lake.lake import Lake
from foreseen.lake.places.local import sync_file
from foreseen.lake.places.place import Place, parquet_file
from foreseen.lake.tables import TABLES

pc: Any = pyarrow.compute  # its stubs know few functions that take a column of any type

_BATCH_ROWS = 32_768
_MOST_OPEN = 64
_NO_DAY = "unknown"


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export wrote.

    Attributes:
        files: Files of the export, also those of earlier runs.
        rows: Rows in them.
        bytes: Their size.
        complete: False when it was stopped; the same request goes on.
        manifest: The list of files, below the place; empty until it is complete.
    """

    files: int
    rows: int
    bytes: int
    complete: bool
    manifest: str


@dataclass(frozen=True, slots=True, order=True)
class _Part:
    """Rows of one file of the lake that lie together: one class (0: none said) of one day."""

    day: str
    class_uid: int


@holds_lake
def export(
    lake: Lake, tenant: TenantId, wanted: Wanted, target: Place, watch: Watch | None = None
) -> Exported:
    """Write rows of a tenant as files; the same request again goes on where it was stopped.

    Args:
        lake: The lake.
        tenant: Whose rows.
        wanted: Which, and in which form.
        target: Where to.
        watch: Told the files of the lake that are done, of all; asked whether to stop.

    Raises:
        MalformedInputError: The request cannot be, or rows would come twice.
        CorruptError: A file of the lake is gone or cannot be read.
        TransientError: The place cannot be written to; repeat it.
    """
    watch = watch or Watch()
    try:
        plan = planned(lake, tenant, wanted, target)
        records = done(target, plan)
        for number, task in enumerate(plan.tasks):
            watch.progress(number, len(plan.tasks))
            if task.name in records:
                continue
            written = _task(lake, plan, task, target, watch)
            if written is None:
                return _told(records, "", complete=False)
            records[task.name] = [asdict(each) for each in written]
            record = f"{RECORDS}/{plan.name}/done/{task.name}.json"
            write_whole(target, record, orjson.dumps(records[task.name]))
        watch.progress(len(plan.tasks), len(plan.tasks))
        return _told(records, _manifest(plan, records, target), complete=True)
    except OSError as error:
        raise TransientError(
            f"{target.uri}: cannot write there; repeat the same export to go on: {error}"
        ) from error


def _told(records: dict[str, list[dict[str, Any]]], manifest: str, *, complete: bool) -> Exported:
    files = [file for each in records.values() for file in each]
    rows, size = sum(f["rows"] for f in files), sum(f["bytes"] for f in files)
    return Exported(len(files), rows, size, complete, manifest)


def _manifest(plan: Plan, records: dict[str, list[dict[str, Any]]], target: Place) -> str:
    path = f"{RECORDS}/{plan.name}/manifest.json"
    files = sorted((file for each in records.values() for file in each), key=lambda f: f["path"])
    told = {"tenant": plan.tenant, "wanted": asdict(plan.wanted), "files": files}
    write_whole(target, path, orjson.dumps(told, option=orjson.OPT_SORT_KEYS))
    return path


def _task(lake: Lake, plan: Plan, task: Task, target: Place, watch: Watch) -> list[Written] | None:
    """Write what one file of the lake gives; None when that was stopped: nothing of it shows."""
    parts = _parts(lake, plan, task)
    written: list[Written] = []
    for begin in range(0, len(parts), _MOST_OPEN):
        some = parts[begin : begin + _MOST_OPEN]
        with tempfile.TemporaryDirectory(dir=_beside(target)) as folder, ExitStack() as stack:
            outputs = {
                part: stack.enter_context(
                    Output(Path(folder) / f"{number}", plan.wanted.format, task.table)
                )
                for number, part in enumerate(some)
            }
            for rows in _batches(lake, plan, task):
                if watch.cancel.asked:
                    return None
                for part, own in _split(task, rows):
                    if part in outputs:
                        outputs[part].write(own, part.class_uid)
            stack.close()
            for part, output in outputs.items():
                path = _path(plan, task, part)
                written.append(Written(path, output.rows, _moved(output.path, target, path)))
    return written


def _parts(lake: Lake, plan: Plan, task: Task) -> list[_Part]:
    """Which parts a file of the lake has."""
    names = {"time", "ingested_time", "class_uid"}
    schema = TABLES[task.table].schema
    few = pa.schema([field for field in schema if field.name in names])
    found = (part for rows in _batches(lake, plan, task, few) for part, _ in _split(task, rows))
    return sorted(set(found))


def _batches(
    lake: Lake, plan: Plan, task: Task, schema: pa.Schema | None = None
) -> Iterator[pa.Table]:
    """Rows of a file of the lake that the export wants, a batch at a time; all columns for None."""
    schema, wanted = schema or TABLES[task.table].schema, plan.wanted
    time = pc.field("time" if "time" in schema.names else "ingested_time")
    try:
        with parquet_file(lake.stores[task.table].place, task.file) as file:
            there = [name for name in schema.names if name in file.schema_arrow.names]
            for batch in file.iter_batches(_BATCH_ROWS, columns=there):
                rows = conformed(pa.Table.from_batches([batch]), schema)
                if wanted.since is not None:
                    rows = rows.filter(time >= wanted.since)
                if wanted.until is not None:
                    rows = rows.filter(time < wanted.until)
                if rows.num_rows:
                    yield rows
    except FileNotFoundError as error:
        raise CorruptError(
            f"{task.file}: the file was replaced and is gone since the export began; "
            f"export anew into another folder"
        ) from error
    except (OSError, pa.ArrowInvalid) as error:
        raise CorruptError(f"{task.file}: a file of the lake cannot be read: {error}") from error


def _split(task: Task, rows: pa.Table) -> Iterator[tuple[_Part, pa.Table]]:
    """Rows of each class and day."""
    times = rows["time" if "time" in rows.schema.names else "ingested_time"]
    days = pc.fill_null(pc.strftime(times.cast(pa.timestamp("ms")), format="%Y%m%d"), _NO_DAY)
    none = pa.array([0] * rows.num_rows, pa.int64())
    classes = pc.fill_null(rows["class_uid"], 0) if task.table == "events" else none
    keyed = pa.table({"day": days, "class": classes})
    for key in keyed.group_by(["day", "class"], use_threads=False).aggregate([]).to_pylist():
        fits = (pc.field("day") == key["day"]) & (pc.field("class") == key["class"])
        places = keyed.append_column("row", pa.array(range(rows.num_rows))).filter(fits)["row"]
        yield _Part(key["day"], key["class"]), rows.take(places)


def _path(plan: Plan, task: Task, part: _Part) -> str:
    """Place of a file in the layout: one source a class, for a file holds one class only."""
    wanted = plan.wanted
    kind = f"_{part.class_uid}" if task.table == "events" else f"_{task.table}"
    account = wanted.account or plan.tenant
    return (
        f"ext/{wanted.source}{kind}/region={wanted.region}/accountId={account}/"
        f"eventDay={part.day}/{task.name}.{wanted.format.value}"
    )


def _beside(target: Place) -> Path | None:
    """Folder for files on their way: of the same disk, so that they can be renamed."""
    if target.folder is None:
        return None
    folder = target.folder / RECORDS
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _moved(path: Path, target: Place, name: str) -> int:
    """Put a whole file in its place; gives its size."""
    size = path.stat().st_size
    if target.folder is not None:
        sync_file(path)
        into = target.folder / name
        into.parent.mkdir(parents=True, exist_ok=True)
        path.rename(into)
        sync_file(into.parent)
        return size
    with path.open("rb") as file, target.files.open_output_stream(f"{target.root}/{name}") as sent:
        while data := file.read(8 << 20):
            sent.write(data)
    return size
