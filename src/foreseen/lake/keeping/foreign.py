"""Files that other writers put into a table, where they differ from ours.

Arrow filters most other types and orders of columns by itself. It has no comparison for its view
types (delta-rs writes `string_view` when it deletes rows): such files are read whole and in our
types, until upkeep has written them anew.
"""

import pyarrow as pa

from foreseen.core.errors import CorruptError
from foreseen.lake.deltalog import unreadable
from foreseen.lake.files import DATA_FOLDER, read_named
from foreseen.lake.places.place import Place, logged_name, parquet_file


def is_ours(logged: str) -> bool:
    """Whether a file, as the log names it, lies where our writers put theirs."""
    return logged.startswith(f"{DATA_FOLDER}/")


def has_views(place: Place, logged: str) -> bool:
    """Whether a file of another writer has columns that Arrow cannot compare.

    Raises:
        CorruptError: It cannot be read.
        TransientError: The object store does not answer.
    """
    if is_ours(logged):
        return False
    name = logged_name(place, logged)
    try:
        with parquet_file(place, name) as file:
            return any("view" in str(field.type) for field in file.schema_arrow)
    except pa.ArrowInvalid as error:
        raise CorruptError(f"{name}: a file of the lake cannot be read: {error}") from error
    except OSError as error:
        raise unreadable(place, name, error) from error


def in_our_types(place: Place, logged: str, schema: pa.Schema) -> pa.Table:
    """Rows of a file with the columns of a schema.

    Raises:
        CorruptError: It cannot be read.
        TransientError: The object store does not answer.
    """
    name = logged_name(place, logged)
    try:
        return read_named(place, [name], schema)
    except pa.ArrowInvalid as error:
        raise CorruptError(f"{name}: a file of the lake cannot be read: {error}") from error
    except OSError as error:
        raise unreadable(place, name, error) from error
