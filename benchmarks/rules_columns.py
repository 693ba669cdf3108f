"""The events as others want them: a plain table with one column for each field of the rules.

The engines that we are compared with get the mapping done: for each field the values that a rule
means by it, as they are and in lower case, addresses as sortable texts. None of it is timed.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import numpy as np
import pyarrow as pa

from foreseen.rules.engine.cells import Reader
from foreseen.rules.engine.kernels import Array, compute
from foreseen.rules.logsources import Gate
from foreseen.rules.places import DISCRIMINATORS, EventKind, places_of
from foreseen.rules.tree import Atom, Field, Kind, Tree, atoms_of

ROW = "n"
_FOLDED_GATES = ("product", "log_name")
_PLAIN, _LOW, _ADDRESS = "", "_low", "_address"

Cell = str | list[str] | None


class UnsayableError(Exception):
    """The other engine has no plain way to ask this."""


@dataclass(frozen=True, slots=True)
class Wide:
    """Events as a table for the others.

    Attributes:
        table: Column `n` (row), the discriminators (texts of `product` and `log_name` in lower
            case, empty for null), and columns of fields.
        names: For each field the stem of its columns.
        lists: Fields of which some row has several values; their columns are lists.
    """

    table: pa.Table
    names: dict[Field, str]
    lists: frozenset[Field]

    def column(self, atom: Atom) -> str:
        """Column to ask an atom of."""
        return self.names[atom.field] + _variant(atom)

    def low(self, field: Field) -> str:
        """Column of a field in lower case."""
        return self.names[field] + _LOW


def gate_values(gate: Gate) -> list[tuple[str, Sequence[object]]]:
    """Columns that a gate restricts, and to which of the table's values."""
    wanted: list[tuple[str, Sequence[object]]] = [
        ("class_uid", gate.classes),
        ("activity_id", gate.activities),
        ("product", [text.lower() for text in gate.products]),
        ("log_name", [text.lower() for text in gate.log_names]),
        ("event_type", gate.event_types),
    ]
    return [(column, values) for column, values in wanted if values]


def alternatives(table: Wide, parts: Sequence[Tree]) -> tuple[dict[str, list[str]], list[Tree]]:
    """Equal values of one column as one list, as a person would write them; and the other parts."""
    equal: dict[str, list[str]] = {}
    rest: list[Tree] = []
    for part in parts:
        plain = isinstance(part, Atom) and part.kind is Kind.EQUALS
        if isinstance(part, Atom) and plain and part.field not in table.lists:
            equal.setdefault(table.column(part), []).append(part.text)
        else:
            rest.append(part)
    return equal, rest


def wide(batch: pa.RecordBatch, trees: Sequence[Tree]) -> Wide:
    """A table with all that these trees ask about."""
    variants: dict[Field, set[str]] = {}
    for atom in (atom for tree in trees for atom in atoms_of(tree)):
        variants.setdefault(atom.field, set()).add(_variant(atom))
        if atom.other is not None:
            variants.setdefault(atom.other, set()).add(_LOW)
    reader = Reader(batch)
    reader.expect(None)
    kinds = _kinds(batch)
    names = {field: f"f{number}" for number, field in enumerate(sorted(variants))}
    columns = dict(_gate_columns(batch))
    lists = set()
    for field, name in names.items():
        cells = _cells(reader, field, kinds)
        if any(isinstance(cell, list) for cell in cells):
            lists.add(field)
        for variant in sorted(variants[field]):
            columns[name + variant] = _column(cells, variant, several=field in lists)
    return Wide(pa.table(columns), names, frozenset(lists))


def address_bounds(network: str) -> tuple[str, str]:
    """First and last address of a network, as in the columns of addresses."""
    parsed = ip_network(network)
    return _key(parsed.network_address), _key(parsed.broadcast_address)


def _variant(atom: Atom) -> str:
    if atom.kind is Kind.CIDR:
        return _ADDRESS
    return _PLAIN if atom.cased else _LOW


def _gate_columns(batch: pa.RecordBatch) -> Iterator[tuple[str, object]]:
    yield ROW, np.arange(batch.num_rows)
    for name in DISCRIMINATORS:
        column = batch.column(name)
        if name in _FOLDED_GATES:
            column = compute.fill_null(compute.utf8_lower(column), "")
        yield name, column


def _kinds(batch: pa.RecordBatch) -> dict[EventKind, list[int]]:
    """Rows of each kind of event."""
    found: dict[EventKind, list[int]] = {}
    columns = [batch.column(name).to_pylist() for name in DISCRIMINATORS]
    for row, values in enumerate(zip(*columns, strict=True)):
        found.setdefault(EventKind(*values), []).append(row)
    return found


def _cells(reader: Reader, field: Field, kinds: dict[EventKind, list[int]]) -> list[Cell]:
    """Values that rules mean by a field, row by row."""
    values: dict[int, list[str]] = {}
    for kind, rows in kinds.items():
        there = np.zeros(reader.length, bool)
        there[rows] = True
        places = places_of(field.namespace, field.name, kind)
        for cells in reader.cells(places, np.array(rows)):
            texts = cells.texts.values
            chosen = there[cells.rows]
            pairs = zip(cells.rows[chosen].tolist(), cells.codes[chosen].tolist(), strict=True)
            for row, code in pairs:
                values.setdefault(row, []).append(texts[code])
    found: list[Cell] = [None] * reader.length
    for row, each in values.items():
        found[row] = each if len(each) > 1 else each[0]
    return found


def _column(cells: Sequence[Cell], variant: str, *, several: bool) -> object:
    shaped = _addressed(cells) if variant == _ADDRESS else cells
    if several:
        whole = [None if cell is None else [cell] if isinstance(cell, str) else cell
                 for cell in shaped]  # fmt: skip
        lists = pa.array(whole, pa.list_(pa.string()))
        return _lower_lists(lists) if variant == _LOW else lists
    plain = pa.array(shaped, pa.string())
    return compute.utf8_lower(plain) if variant == _LOW else plain


def _lower_lists(lists: Array) -> Array:
    low = compute.utf8_lower(lists.values)
    return pa.ListArray.from_arrays(lists.offsets, low, mask=compute.is_null(lists))


def _addressed(cells: Sequence[Cell]) -> list[Cell]:
    found: list[Cell] = []
    for cell in cells:
        texts = [cell] if isinstance(cell, str) else cell or []
        keys = [key for key in map(_address, texts) if key]
        found.append(keys if isinstance(cell, list) and keys else keys[0] if keys else None)
    return found


def _address(text: str) -> str | None:
    try:
        return _key(ip_address(text))
    except ValueError:
        return None


def _key(address: IPv4Address | IPv6Address) -> str:
    """Version and number, so that texts sort as addresses; IPv4 inside IPv6 counts as IPv4."""
    plain = getattr(address, "ipv4_mapped", None) or address
    return f"{plain.version}{int(plain):032x}"
