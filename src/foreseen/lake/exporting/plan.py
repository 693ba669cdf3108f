"""What an export takes and where each row goes: settled once, kept beside the files, resumed.

The plan names the lake's files of one moment. A file of the export is named after the file that
its rows lie in, so that a second run writes what is missing under the same name, and nothing
twice. What has been done is kept one record a file of the lake.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

import orjson
from pyarrow.fs import FileSelector, FileType

from foreseen.core.errors import CorruptError, MalformedInputError
from foreseen.core.ids import TenantId
from foreseen.lake.asking.question import Question
from foreseen.lake.asking.search_files import live_files, promising
from foreseen.lake.lake import Lake
from foreseen.lake.places.place import Place

RECORDS = "_foreseen"
"""Folder of plans and manifests; readers of lakes leave out what begins with an underscore."""

EXPORTED = ("events", "matches", "predictions", "quarantine")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class Format(StrEnum):
    """Form of the files."""

    PARQUET = "parquet"
    ARROW = "arrow"
    NDJSON = "ndjson"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is exported, and under which names.

    Attributes:
        tables: Tables; events leave as OCSF objects, the others as they are.
        since: First time, ms UTC; None: from the start.
        until: Time after the last, ms UTC; None: all that is there.
        format: Form of the files.
        source: Name of the source in the layout; each class gets one of its own.
        region: Region in the layout.
        account: Account in the layout; None: the tenant.
    """

    tables: tuple[str, ...] = ("events",)
    since: int | None = None
    until: int | None = None
    format: Format = Format.PARQUET
    source: str = "foreseen"
    region: str = "local"
    account: str | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """One file of the lake."""

    table: str
    file: str

    @property
    def name(self) -> str:
        """How files of the export that hold its rows are named."""
        return hashlib.sha256(f"{self.table}/{self.file.rpartition('/')[2]}".encode()).hexdigest()[
            :32
        ]


@dataclass(frozen=True, slots=True)
class Plan:
    """An export on its way.

    Attributes:
        tenant: Whose rows.
        wanted: What is exported.
        tasks: Files of the lake in the order in which they are read.
    """

    tenant: TenantId
    wanted: Wanted
    tasks: tuple[Task, ...]

    @property
    def name(self) -> str:
        """The same for the same request, whatever the lake holds."""
        told = orjson.dumps({"tenant": self.tenant, **asdict(self.wanted)}, option=_SORTED)
        return hashlib.sha256(told).hexdigest()[:16]


_SORTED = orjson.OPT_SORT_KEYS


def planned(lake: Lake, tenant: TenantId, wanted: Wanted, target: Place) -> Plan:
    """The plan of an earlier run of the same request, or a new one, which is kept.

    Raises:
        MalformedInputError: The request cannot be, or the place holds another export whose rows
            would come twice.
        CorruptError: What is kept there cannot be read.
    """
    _check(wanted)
    fresh = Plan(tenant, wanted, tuple(_tasks(lake, tenant, wanted)))
    path = f"{RECORDS}/{fresh.name}/plan.json"
    kept = read_json(target, path)
    if kept is not None:
        tasks = tuple(Task(each["table"], each["file"]) for each in kept["tasks"])
        return Plan(tenant, wanted, tasks)
    for other in _others(target):
        _apart(fresh, other)
    write_whole(target, path, orjson.dumps(asdict(fresh), option=_SORTED))
    return fresh


def done(target: Place, plan: Plan) -> dict[str, list[dict[str, Any]]]:
    """What earlier runs wrote, by the names of their tasks."""
    folder = f"{target.root}/{RECORDS}/{plan.name}/done"
    found = target.files.get_file_info(FileSelector(folder, allow_not_found=True))
    names = [each.base_name for each in found if each.type == FileType.File]
    return {
        name.removesuffix(".json"): read_json(target, f"{RECORDS}/{plan.name}/done/{name}") or []
        for name in sorted(names)
        if name.endswith(".json")
    }


def read_json(target: Place, path: str) -> Any:  # noqa: ANN401 (whatever JSON holds)
    """A JSON file of the export; None when there is none.

    Raises:
        CorruptError: It is no JSON.
    """
    try:
        with target.files.open_input_stream(f"{target.root}/{path}") as file:
            return orjson.loads(file.read())
    except FileNotFoundError:
        return None
    except orjson.JSONDecodeError as error:
        raise CorruptError(
            f"{target.uri}/{path}: the export's record is no JSON; export into another folder"
        ) from error


def write_whole(target: Place, path: str, data: bytes) -> None:
    """Write a small file so that it is there whole or not at all."""
    place = f"{target.root}/{path}"
    target.files.create_dir(place.rpartition("/")[0], recursive=True)
    if target.folder is None:
        with target.files.open_output_stream(place) as file:
            file.write(data)
        return
    with target.files.open_output_stream(f"{place}.part") as file:
        file.write(data)
    target.files.move(f"{place}.part", place)


def _tasks(lake: Lake, tenant: TenantId, wanted: Wanted) -> Iterator[Task]:
    question = Question(since=wanted.since, until=wanted.until)
    for table in wanted.tables:
        for file in reversed(promising(live_files(lake, table, tenant), question, None)):
            yield Task(table, file.name)


def _others(target: Place) -> Iterator[dict[str, Any]]:
    selector = FileSelector(f"{target.root}/{RECORDS}", allow_not_found=True)
    for folder in target.files.get_file_info(selector):
        plan = read_json(target, f"{RECORDS}/{folder.base_name}/plan.json")
        if plan is not None:
            yield plan


def _apart(plan: Plan, other: dict[str, Any]) -> None:
    """Check that no row comes in two exports of one place."""
    theirs = other["wanted"]
    same = other["tenant"] == plan.tenant and set(theirs["tables"]) & set(plan.wanted.tables)
    begin, end = theirs["since"], theirs["until"]
    ours = plan.wanted
    before = ours.until is not None and begin is not None and ours.until <= begin
    later = ours.since is not None and end is not None and end <= ours.since
    if same and not before and not later:
        raise MalformedInputError(
            f"an export of {', '.join(theirs['tables'])} from {begin} to {end} (ms UTC) lies there "
            f"already: rows of both would come twice; choose another time or folder, or repeat "
            f"the same request to go on with it"
        )


def _check(wanted: Wanted) -> None:
    odd = [table for table in wanted.tables if table not in EXPORTED]
    if odd or not wanted.tables:
        raise MalformedInputError(
            f"no export of {', '.join(odd) or 'nothing'}; of any of {', '.join(EXPORTED)}"
        )
    if wanted.since is not None and wanted.until is not None and wanted.since >= wanted.until:
        raise MalformedInputError("the export ends before it begins")
    names = {"source": wanted.source, "region": wanted.region, "account": wanted.account or "a"}
    for what, name in names.items():
        if not _NAME.fullmatch(name):
            raise MalformedInputError(
                f"{what} {name!r}: letters, digits, dots, dashes and underscores only, at most 64"
            )
