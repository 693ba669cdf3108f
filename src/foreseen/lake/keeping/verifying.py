"""Check the files of a table against its log."""

from collections.abc import Iterator

import pyarrow as pa

from foreseen.core.errors import CorruptError
from foreseen.lake.deltalog import unreadable
from foreseen.lake.places.place import Place, inside, logged_name, parquet_file


def checked(place: Place, live: pa.Table) -> Iterator[int]:
    """Rows of each live file: it exists, its size and its rows are as logged.

    Args:
        place: Of the table.
        live: `TableStore.live_files`.

    Raises:
        CorruptError: A file does not fit, named with the difference.
        TransientError: The object store does not answer.
    """
    for file in live.to_pylist():
        name = logged_name(place, file["path"])
        size, rows = _found(place, name)
        if (size, rows) != (file["size_bytes"], file["num_records"]):
            raise CorruptError(
                f"{name}: the log says {file['size_bytes']} bytes and {file['num_records']} rows, "
                f"the disk {size} and {rows}"
            )
        yield rows


def _found(place: Place, name: str) -> tuple[int, int]:
    """Bytes and rows of a file, all of which are read."""
    try:
        with parquet_file(place, name) as file:
            rows = file.read().num_rows
        return place.files.get_file_info(inside(place, name)).size, rows
    except FileNotFoundError as error:
        raise CorruptError(f"{name}: the log names this file and it is gone") from error
    except pa.ArrowInvalid as error:
        raise CorruptError(f"{name}: a file of the lake cannot be read: {error}") from error
    except OSError as error:
        raise unreadable(place, name, error) from error
