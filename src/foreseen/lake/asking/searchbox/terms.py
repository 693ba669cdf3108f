"""One term of a search as a condition in SQL: a column, an operator and values of its sort."""

import re

from foreseen.lake.asking.searchbox.fields import Searched, Sort
from foreseen.lake.asking.searchbox.moments import stretch
from foreseen.lake.asking.searchbox.networks import in_network, is_network, spellings
from foreseen.lake.asking.searchbox.quoting import quoted
from foreseen.lake.asking.searchbox.tokens import Token, Value, wrong

_SEPARATOR = "\x1f"  # no one types it between two values of a list
_LEAST, _MOST = -(2**63), 2**63 - 1
_COMPARED = frozenset({Sort.NUMBER, Sort.FLOAT, Sort.TIME, Sort.EXACT})
_TRUTHS = {"true": "true", "false": "false"}


def condition(column: Searched, token: Token) -> str:
    """That the column fits the term.

    Raises:
        MalformedInputError: The column cannot be asked so; the message names the place.
    """
    name = f'"{column.name}"'
    if token.operator and column.sort not in _COMPARED:
        raise wrong(
            token.at, f"'{column.name}' cannot be compared with {token.operator}; name a value"
        )
    if token.operator == "[]":
        return _between(name, column.sort, token)
    value = token.values[0]
    if not token.operator and value.text == "*" and value.wild:
        return f"{name} IS NOT NULL"
    if column.sort is Sort.TIME:
        return _time(name, token.operator, value)
    if token.operator:
        return f"{name} {token.operator} {_literal(column.sort, value)}"
    return _fits(name, column.sort, value)


def _fits(name: str, sort: Sort, value: Value) -> str:
    match sort:
        case Sort.NUMBERS:
            found = f"list_contains({name}, {_literal(Sort.NUMBER, value)})"
        case Sort.NUMBER | Sort.FLOAT | Sort.TRUTH:
            found = f"{name} = {_literal(sort, value)}"
        case Sort.TEXT:
            found = _in_text(name, value)
        case Sort.MAP:
            joined = f"array_to_string(flatten(map_values({name})), chr(31))"
            found = _in_text(joined, value, listed=True)
        case Sort.TEXTS:
            joined = f"array_to_string({name}, chr(31))"
            held = f"list_contains({name}, {quoted(value.text)})"
            found = _in_text(joined, value, listed=True, folded=False) if value.wild else held
        case _:
            found = _whole_text(name, sort, value)
    return found


def _whole_text(name: str, sort: Sort, value: Value) -> str:
    if sort is Sort.ADDRESS and is_network(value):
        return in_network(name, value)
    if value.wild:
        return _in_text(name, value, folded=False)
    if sort is Sort.ADDRESS:
        return f"{name} IN ({', '.join(map(quoted, spellings(value.text)))})"
    return f"{name} = {quoted(value.text)}"


def program(token: Token) -> str:
    """That a process's name or path is the value, or its path ends with it, in any case."""
    value = token.values[0]
    if value.wild or token.operator:
        parts = (Searched("process_name", Sort.TEXT), Searched("process_path", Sort.TEXT))
        return " OR ".join(condition(part, token) for part in parts)
    told = f"lower({quoted(value.text)})"
    found = [f"lower(process_path) = {told}"]
    if "/" not in value.text and "\\" not in value.text:
        found.append(f"lower(process_name) = {told}")
        found += [f"ends_with(lower(process_path), '{cut}' || {told})" for cut in ("/", "\\")]
    return " OR ".join(found)


def _in_text(name: str, value: Value, *, listed: bool = False, folded: bool = True) -> str:
    """Anywhere in the text; with wildcards: the whole text, or one whole text of a list."""
    flags = "(?is)" if folded else "(?s)"
    if not value.wild:
        pattern = re.escape(value.text)
    else:
        any_ = f"[^{_SEPARATOR}]" if listed else "."
        inside = "".join(
            (f"{any_}*" if letter == "*" else any_) if place in value.wild else re.escape(letter)
            for place, letter in enumerate(value.text)
        )
        edge = f"(?:^|{_SEPARATOR})", f"(?:{_SEPARATOR}|$)"
        pattern = f"{edge[0]}{inside}{edge[1]}" if listed else f"^{inside}$"
    return f"regexp_matches({name}, {quoted(flags + pattern)})"


def _time(name: str, operator: str, value: Value) -> str:
    first, after = stretch(value)
    return {
        "": f"({name} >= {first} AND {name} < {after})",
        ">": f"{name} >= {after}",
        ">=": f"{name} >= {first}",
        "<": f"{name} < {first}",
        "<=": f"{name} < {after}",
    }[operator]


def _between(name: str, sort: Sort, token: Token) -> str:
    low, high = token.values
    if sort is Sort.TIME:
        least, most = _open(low), _open(high)
        parts = [] if least else [f"{name} >= {stretch(low)[0]}"]
        parts += [] if most else [f"{name} < {stretch(high)[1]}"]
    else:
        parts = [] if _open(low) else [f"{name} >= {_literal(sort, low)}"]
        parts += [] if _open(high) else [f"{name} <= {_literal(sort, high)}"]
    return f"({' AND '.join(parts or [f'{name} IS NOT NULL'])})"


def _open(value: Value) -> bool:
    return value.text == "*" and bool(value.wild)


def _literal(sort: Sort, value: Value) -> str:
    match sort:
        case Sort.NUMBER:
            return _whole(value)
        case Sort.FLOAT:
            if re.fullmatch(r"-?\d{1,30}(\.\d{1,30})?(e-?\d{1,3})?", value.text):
                return f"CAST({quoted(value.text)} AS DOUBLE)"
            raise wrong(value.at, f"'{value.text[:40]}' is no number")
        case Sort.TRUTH:
            if value.text.lower() in _TRUTHS:
                return _TRUTHS[value.text.lower()]
            raise wrong(value.at, f"'{value.text[:40]}' is neither true nor false")
    if value.wild:
        raise wrong(value.at, "a value with * or ? cannot be compared; put it in quotes")
    return quoted(value.text)


def _whole(value: Value) -> str:
    if re.fullmatch(r"-?[0-9]{1,20}", value.text) and _LEAST <= int(value.text) <= _MOST:
        return f"CAST({int(value.text)} AS BIGINT)"
    raise wrong(value.at, f"'{value.text[:40]}' is no whole number of 64 bits")
