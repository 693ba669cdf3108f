"""What an event did, as text at three depths; computed once a distinct act."""

from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_address
from posixpath import basename

import pyarrow as pa
import pyarrow.compute as pc

from foreseen.models.moments.tokens import LONGEST, folded, place, shape
from foreseen.models.moments.windows_text import as_posix, path_as_posix
from foreseen.schema.arrow import AnyArray

_SEPARATOR = "\x1f"
COLUMNS = (
    "class_uid",
    "event_type",
    "process_path",
    "process_cmd_line",
    "file_path",
    "file_target",
    "file_mode",
    "dst_ip",
    "dst_port",
    "dst_path",
    "auth_service",
    "auth_account",
    "status_id",
)
"""What an act is made of."""
_LOGIN, _NETWORK, _FILE = "3002", "4001", "1001"
_FAILURE = "2"
_SET_ID_BITS = 0o6000


@dataclass(frozen=True, slots=True)
class Act:
    """One act at three depths, most exact first.

    Attributes:
        exact: Folded command line, file or destination: unique names fold together.
        shape: Program, options and kinds of arguments.
        kind: Event type and image alone.
    """

    exact: str
    shape: str
    kind: str


def acts_of(batch: pa.RecordBatch | pa.Table) -> tuple[list[Act], AnyArray]:
    """Distinct acts of a batch and, for each row, the index of its own.

    Args:
        batch: Rows with the columns of the events table; a missing column reads as null.

    Returns:
        The distinct acts, and an int32 array of indices into them, one a row.
    """
    keys = [_text(batch, name) for name in COLUMNS]
    # The stubs of pyarrow do not know that the separator may be a plain string.
    joined: AnyArray = pc.binary_join_element_wise(*keys, _SEPARATOR)  # type: ignore[call-overload]  # the stubs lack it
    encoded = joined.dictionary_encode()
    return [_act(str(key)) for key in encoded.dictionary.to_pylist()], encoded.indices


def _text(batch: pa.RecordBatch | pa.Table, name: str) -> AnyArray:
    if name not in batch.schema.names:
        return pa.array([""] * batch.num_rows, pa.string())
    column = batch.column(name)
    whole = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    text: pa.StringArray = whole.cast(pa.string()).fill_null("")  # type: ignore[assignment]  # the stubs lack it
    cut = pc.utf8_slice_codeunits(text, 0, LONGEST)
    return pc.replace_substring(cut, _SEPARATOR, "\N{SYMBOL FOR UNIT SEPARATOR}")


@lru_cache(maxsize=65_536)
def _act(key: str) -> Act:
    (event_class, event_type, image, command, path, target, mode, ip, port, socket, service,
     account, status) = key.split(_SEPARATOR)  # fmt: skip
    image, command = path_as_posix(image), as_posix(command)
    program = folded(basename(image)) or "?"
    failed = "!" if status == _FAILURE else ""
    verb = f"{event_type}{failed}"
    kind = f"{verb} {program}"
    if event_class == _LOGIN:
        return Act(f"{kind} {service} {account}", f"{kind} {basename(service)} {account}", kind)
    if event_class == _NETWORK:
        reach = _reach(ip, port) if ip else folded(socket)
        where = f"{ip} {reach}" if ip else reach
        return Act(f"{kind} {where} {folded(command)}", f"{kind} {reach}", kind)
    if event_class == _FILE:
        to = f" > {folded(target)}" if target else ""
        bits = int(mode or 0)
        set_id = " set-id" if bits & _SET_ID_BITS else ""
        exact = f"{kind} {folded(path)}{to}" + (f" {bits:o}" if mode else "")
        return Act(exact, f"{kind} {place(path)}{set_id}", kind)
    return Act(f"{verb} {folded(command) or image}", f"{verb} {shape(command) or program}", kind)


def _reach(ip: str, port: str) -> str:
    """Loopback, private or public, and the port unless it is one of the ephemeral ones."""
    try:
        address = ip_address(ip)
    except ValueError:
        return f"?:{port}"
    reach = "loopback" if address.is_loopback else "private" if address.is_private else "public"
    number = int(port or 0)
    return f"{reach}:{number if number < _FIRST_EPHEMERAL else 'ephemeral'}"


_FIRST_EPHEMERAL = 32_768
