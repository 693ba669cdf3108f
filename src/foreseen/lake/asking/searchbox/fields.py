"""What may stand before a colon: columns of the table, and friendly names for several of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from enum import Enum, auto
from types import MappingProxyType

import pyarrow as pa

from foreseen.lake.asking.question import TEXT_COLUMNS
from foreseen.lake.asking.searchbox.tokens import Token, wrong
from foreseen.lake.tables import TABLES, LakeTable

LAST = "last"
"""The field that is no column: how long ago at most."""

_TIMES = frozenset({"time", "ingested_time"})
_ADDRESSES = frozenset({"src_ip", "dst_ip"})
_ALIASES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "user": (
            "user_name",
            "user_uid",
            "process_user_name",
            "process_user_uid",
            "auth_account",
        ),
        "process": ("process_name", "process_path"),
        "cmd": ("process_cmd_line",),
        "parent": ("parent_path", "parent_cmd_line"),
        "ip": ("src_ip", "dst_ip"),
        "port": ("src_port", "dst_port"),
        "file": ("file_path", "file_target"),
        "rule": ("labels", "rule_id"),
        "hash": ("raw",),
        "session": ("session_uid",),
        "container": ("container_name", "container_uid", "container_image"),
        "dns": ("query_hostname",),
        "url": ("http_url",),
        "type": ("event_type",),
        "account": ("cloud_account",),
    }
)


class Sort(Enum):
    """How the values of a column are compared."""

    EXACT = auto()
    """The whole value, letter by letter."""
    TEXT = auto()
    """Anywhere in the value, in any case."""
    NUMBER = auto()
    FLOAT = auto()
    TRUTH = auto()
    TIME = auto()
    ADDRESS = auto()
    TEXTS = auto()
    """One of a list, exactly."""
    NUMBERS = auto()
    MAP = auto()
    """Anywhere in one of its values, in any case."""


@dataclass(frozen=True, slots=True)
class Searched:
    """A column and how it is compared."""

    name: str
    sort: Sort


def columns_of(token: Token, table: str) -> list[Searched]:
    """The columns that a term is about: one of them has to fit.

    Raises:
        MalformedInputError: The table has no such field; the nearest one is named.
    """
    held = TABLES[table]
    if token.field is None:
        return bare(table)
    name = token.field.lower()
    if name in held.schema.names:
        return [_searched(held, name)]
    found = [_searched(held, each) for each in _ALIASES.get(name, ()) if each in held.schema.names]
    if not found:
        raise wrong(token.at, _unknown(token.field, table))
    return found


def bare(table: str) -> list[Searched]:
    """Where a word alone is looked for: columns of text, or all that have texts."""
    held = TABLES[table]
    texts = [name for name in TEXT_COLUMNS if name in held.schema.names]
    if not texts:
        texts = [each.name for each in held.schema if each.type == pa.string()]
    sorts = {"unmapped": Sort.MAP}
    return [Searched(name, sorts.get(name, Sort.TEXT)) for name in texts if name != "tenant"]


def names_of(table: str) -> list[str]:
    """All that may stand before a colon."""
    held = TABLES[table].schema.names
    aliases = [name for name, columns in _ALIASES.items() if set(columns) & set(held)]
    return sorted({*held, *aliases, *([LAST] if "time" in held else [])})


def aliases_of(table: str) -> dict[str, list[str]]:
    """Friendly names and the columns that they stand for."""
    held = set(TABLES[table].schema.names)
    found = {name: [each for each in columns if each in held] for name, columns in _ALIASES.items()}
    return {name: columns for name, columns in found.items() if columns and name not in held}


def _unknown(field: str, table: str) -> str:
    near = get_close_matches(field.lower(), names_of(table), 1, 0.5)
    hint = f"did you mean '{near[0]}'?" if near else f"there are {', '.join(names_of(table))}"
    return (
        f"{table} have no field '{field[:60]}' (a text with a colon is written in quotes); {hint}"
    )


def _searched(table: LakeTable, name: str) -> Searched:
    kind = table.schema.field(name).type
    if name in _TIMES:
        return Searched(name, Sort.TIME)
    if name in _ADDRESSES:
        return Searched(name, Sort.ADDRESS)
    if name in TEXT_COLUMNS and kind == pa.string():
        return Searched(name, Sort.TEXT)
    return Searched(name, _SORTS[kind])


_SORTS: Mapping[pa.DataType, Sort] = {
    pa.string(): Sort.EXACT,
    pa.int64(): Sort.NUMBER,
    pa.float64(): Sort.FLOAT,
    pa.bool_(): Sort.TRUTH,
    pa.list_(pa.string()): Sort.TEXTS,
    pa.list_(pa.int64()): Sort.NUMBERS,
    pa.map_(pa.string(), pa.list_(pa.string())): Sort.MAP,
}
