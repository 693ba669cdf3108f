"""Open a Delta table, and create it or its new columns where they are missing."""

import re

from deltalake import DeltaTable, Schema
from deltalake.exceptions import DeltaError, TableNotFoundError

from foreseen.core.errors import (
    ConfigurationError,
    CorruptError,
    ForeseenError,
    TransientError,
)
from foreseen.lake.places.place import Place
from foreseen.lake.tables import LakeTable

CONFIGURATION: dict[str, str | None] = {
    "delta.enableExpiredLogCleanup": "false",  # for `since`
    # Every file that a merge replaced stands in each checkpoint for so long. By itself it is a
    # week: a commit a second would make that a million entries, written anew every 100 commits.
    "delta.deletedFileRetentionDuration": "interval 1 hours",
}
_ORNAMENT = re.compile("\x1b\\[[0-9;]*m|\u21b3")  # delta-rs draws its errors as a tree
_REFUSED = re.compile(r"\b(400 Bad Request|401 Unauthorized|403 Forbidden|404 Not Found)\b")
_TRIES = 3  # others may create it at the same time


def opened(table: LakeTable, place: Place) -> DeltaTable:
    """The table at its newest version, with all its declared columns.

    Raises:
        ConfigurationError: It has to be created where writing is not safe; or S3 refuses.
        CorruptError: Its log cannot be read.
        TransientError: The object store does not answer, or others create it too.
    """
    for left in reversed(range(_TRIES)):
        try:
            handle = _found(place) or _created(table, place)
            _add_missing_columns(handle, table, place)
            handle.update_incremental()
        except (DeltaError, OSError) as error:
            if not left:
                raise failed(place, error) from error
        else:
            break
    return handle


def _found(place: Place) -> DeltaTable | None:
    try:
        return DeltaTable(place.uri, storage_options=place.options)
    except TableNotFoundError:
        return None


def _created(table: LakeTable, place: Place) -> DeltaTable:
    place.admit(place)
    return DeltaTable.create(
        place.uri,
        table.delta_schema,
        partition_by=table.partition_by,
        configuration=CONFIGURATION,
        storage_options=place.options,
    )


def _add_missing_columns(handle: DeltaTable, table: LakeTable, place: Place) -> None:
    known = {column.name for column in handle.schema().fields}
    declared = Schema.from_arrow(table.delta_schema).fields
    missing = [column for column in declared if column.name not in known]
    if missing:
        place.admit(place)
        handle.alter.add_columns(missing)


def configure(handle: DeltaTable) -> None:
    """A table that an older release made learns what this one says of tables."""
    known = handle.metadata().configuration
    if any(known.get(name) != word for name, word in CONFIGURATION.items()):
        handle.alter.set_table_properties({name: str(word) for name, word in CONFIGURATION.items()})


def failed(place: Place, error: Exception) -> ForeseenError:
    """What an error of delta-rs on a table means.

    Args:
        place: Of the table.
        error: A `DeltaError`, or an `OSError` of the object store.
    """
    text = " ".join(_ORNAMENT.sub(" ", str(error)).split())
    if place.folder is not None or not isinstance(error, OSError):
        return CorruptError(
            f"{place.uri}: the table's log cannot be read ({text}); restore it from a backup"
        )
    if _REFUSED.search(text):
        return ConfigurationError(
            f"{place.uri}: the object store refuses; check bucket, keys and region: {text}"
        )
    return TransientError(f"{place.uri}: the object store does not answer, try again: {text}")
