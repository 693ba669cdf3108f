"""Where a table's log begins: its oldest kept version, and what that holds."""

from collections.abc import Iterator

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow.fs import FileSelector

from foreseen.core.errors import CorruptError, NotFoundError
from foreseen.lake.deltalog import LOG_FOLDER, unreadable
from foreseen.lake.places.place import Place, inside, read_bytes

ENTRY = ".json"
CHECKPOINT = ".checkpoint.parquet"
_DIGITS = 20


def file_of(version: int, end: str) -> str:
    """Name of a version's file in the log."""
    return f"{version:0{_DIGITS}d}{end}"


def versions(place: Place) -> list[int]:
    """Versions of which the table has a log entry, in order."""
    return _numbered(place, ENTRY)


def checkpoints(place: Place) -> list[int]:
    """Versions of which the table has a whole checkpoint in one file, in order."""
    return _numbered(place, CHECKPOINT)


def first_version(place: Place) -> int:
    """Oldest version of a table that is kept: what came after it is told commit by commit.

    Raises:
        CorruptError: The log begins at an entry that no checkpoint stands before.
    """
    kept = versions(place)
    if not kept or kept[0] == 0:
        return 0
    found = next((version for version in checkpoints(place) if version >= kept[0]), None)
    if found is None:
        raise CorruptError(
            f"{place.uri}/{LOG_FOLDER}: begins at entry {kept[0]} without a checkpoint; restore "
            f"the table from a backup"
        )
    return found


def base(place: Place) -> tuple[int, list[str]]:
    """The oldest kept version, and the files (as the log names them) that are live in it.

    Raises:
        CorruptError: Its checkpoint cannot be read.
    """
    version = first_version(place)
    if version == 0:
        return 0, []
    name = f"{place.uri}/{LOG_FOLDER}/{file_of(version, CHECKPOINT)}"
    try:
        with pq.ParquetFile(inside(place, name), filesystem=place.files) as file:
            adds = file.read(columns=["add.path"])
    except pa.ArrowInvalid as error:
        raise CorruptError(f"{name}: a checkpoint of the lake cannot be read: {error}") from error
    except OSError as error:
        raise unreadable(place, name, error) from error
    told = adds["add"].to_pylist() if "add" in adds.schema.names else []  # none without files
    return version, [add["path"] for add in told if add and add["path"]]


def named(place: Place, until: int | None = None) -> set[str]:
    """Files, as the log names them, that some kept version holds.

    Args:
        place: Of the table.
        until: Last version that counts; the newest when None.
    """
    version, files = base(place)
    found = set(files)
    for number in versions(place):
        if number >= version and (until is None or number <= until):
            found.update(added(place, number))
    return found


def added(place: Place, version: int) -> Iterator[str]:
    """Files that a commit added, also by moving rows."""
    for line in lines_of(place, version):
        if b'"add"' in line and (add := orjson.loads(line).get("add")):
            yield add["path"]


def committed(place: Place, version: int) -> int:
    """When a commit was made, as it says itself, ms UTC; 0 where it does not say."""
    for line in lines_of(place, version):
        if b'"commitInfo"' in line and (info := orjson.loads(line).get("commitInfo")):
            return int(info.get("timestamp", 0))
    return 0


def following(place: Place, version: int, newest: int) -> range:
    """Versions after one, all of which the log still tells.

    Raises:
        NotFoundError: The log begins later; it says where.
    """
    if version < newest:
        _check_told(place, version)
    return range(version + 1, newest + 1)


def _check_told(place: Place, version: int) -> None:
    name = f"{place.root}/{LOG_FOLDER}/{file_of(version + 1, ENTRY)}"
    if place.files.get_file_info(name).is_file:
        return
    first = first_version(place)
    if version < first:
        raise NotFoundError(
            f"{place.uri}: commits are told from version {first} on, not from {version}: older "
            f"ones were forgotten as the lake is told to (docs/lake.md); their rows are in the "
            f"table as far as they are retained"
        )


def _numbered(place: Place, end: str) -> list[int]:
    """Numbers of the log's files with an ending, in order."""
    found = place.files.get_file_info(
        FileSelector(f"{place.root}/{LOG_FOLDER}", allow_not_found=True)
    )
    names = (file.base_name for file in found)
    return sorted(
        int(name[:_DIGITS])
        for name in names
        if name.endswith(end) and len(name) == _DIGITS + len(end) and name[:_DIGITS].isdigit()
    )


def lines_of(place: Place, version: int) -> list[bytes]:
    """Actions of a commit, a line of JSON each.

    Raises:
        CorruptError: The log has no such entry.
        TransientError: The object store does not answer.
    """
    name = f"{place.uri}/{LOG_FOLDER}/{file_of(version, ENTRY)}"
    try:
        return read_bytes(place, name).splitlines()
    except FileNotFoundError as error:
        raise CorruptError(
            f"{name}: the lake's log entry is missing; restore the table from a backup"
        ) from error
    except OSError as error:
        raise unreadable(place, name, error) from error
