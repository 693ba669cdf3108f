"""Sigma's values to atoms: strings with wildcards, numbers, patterns, networks, comparisons."""

from typing import cast

import pyarrow as pa
from sigma.types import (
    CompareOperators,
    Placeholder,
    SigmaBool,
    SigmaCasedString,
    SigmaCIDRExpression,
    SigmaCompareExpression,
    SigmaExists,
    SigmaFieldReference,
    SigmaNull,
    SigmaNumber,
    SigmaRegularExpression,
    SigmaRegularExpressionFlag,
    SigmaString,
    SigmaTimestampPart,
    SigmaType,
    SpecialChars,
)

from foreseen.rules.engine.kernels import compute
from foreseen.rules.engine.patterns import quoted
from foreseen.rules.mistakes import flaw_of
from foreseen.rules.tree import Atom, Field, Kind, No, Tree

_PROBE = pa.array([""])  # made once: pyarrow looks for pandas each time
_LARGEST = 2**53
_MANY, _ONE = "*", "?"
_COMPARISONS = {
    CompareOperators.LT: Kind.LT,
    CompareOperators.LTE: Kind.LTE,
    CompareOperators.GT: Kind.GT,
    CompareOperators.GTE: Kind.GTE,
}
_FLAGS = {
    SigmaRegularExpressionFlag.IGNORECASE: "i",
    SigmaRegularExpressionFlag.MULTILINE: "m",
    SigmaRegularExpressionFlag.DOTALL: "s",
}
_REFERENCE_KINDS = {
    (False, False): Kind.SAME_AS,
    (True, False): Kind.HAS_AS_START,
    (False, True): Kind.HAS_AS_END,
    (True, True): Kind.HAS_INSIDE,
}
_SHAPES = {
    (): Kind.EQUALS,
    ("",): Kind.EQUALS,
    (_MANY, "", _MANY): Kind.CONTAINS,
    ("", _MANY): Kind.STARTS,
    (_MANY, ""): Kind.ENDS,
}


class Refusal(Exception):  # noqa: N818 (it never leaves the package: `compile` gives it its place)
    """A value that we cannot ask faithfully; the message says why."""


def atom_of(field: Field, value: SigmaType, *, inside: bool = False) -> Tree:
    """One value as a question about a field; `inside` makes a text match anywhere in the value.

    Raises:
        Refusal: An unresolved placeholder, a bad pattern, or a kind of value that we do not know.
    """
    atom: Tree
    match value:
        case SigmaString():
            atom = _text_atom(field, value, inside=inside)
        case SigmaTimestampPart():
            atom = _time_atom(field, value)
        case SigmaNumber() | SigmaBool():
            kind = Kind.CONTAINS if inside else Kind.EQUALS
            _check_exact(value)
            atom = Atom(field, kind, canonical(_plain(value)))
        case SigmaNull():
            atom = Atom(field, Kind.NULL)
        case SigmaExists():
            present = Atom(field, Kind.PRESENT)
            atom = present if value.exists else No(present)
        case SigmaRegularExpression():
            atom = Atom(field, Kind.REGEX, _pattern(value), cased=True)
        case SigmaCIDRExpression():
            atom = Atom(field, Kind.CIDR, str(value.network))
        case SigmaCompareExpression(number=SigmaTimestampPart()) if value.op in _COMPARISONS:
            part = cast("SigmaTimestampPart", value.number)  # pySigma lets it through untyped
            atom = _time_atom(field, part, f" {_COMPARISONS[value.op]}")
        case SigmaCompareExpression() if value.op in _COMPARISONS:
            _check_exact(value.number)
            atom = Atom(field, _COMPARISONS[value.op], number=value.number.number)
        case _:
            raise Refusal(f"a value of kind {type(value).__name__} is not supported")
    return atom


def reference_kind(value: SigmaFieldReference) -> Kind:
    """How a field is compared with another one."""
    return _REFERENCE_KINDS[value.starts_with, value.ends_with]


def canonical(value: object) -> str:
    """The one text of a value, so that 4688 equals '4688' and True equals 'true'."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def fold(text: str) -> str:
    """Lower case, character by character (Unicode simple mapping), as columns are folded."""
    if text.isascii():
        return text.lower()
    folded: str = compute.utf8_lower(pa.scalar(text, pa.string())).as_py()
    return folded


def _check_exact(value: SigmaNumber | SigmaBool) -> None:
    """PySigma rounds whole numbers that a float cannot hold."""
    if isinstance(value, SigmaNumber) and abs(value.number) >= _LARGEST:
        raise Refusal(f"number {value.number} is too large to be exact; write it in quotes")


def _plain(value: SigmaNumber | SigmaBool) -> object:
    return value.number if isinstance(value, SigmaNumber) else value.boolean


def _text_atom(field: Field, value: SigmaString, *, inside: bool) -> Atom:
    cased = isinstance(value, SigmaCasedString)
    parts = _parts(value)
    if inside:
        parts = [(_MANY, ""), *parts, (_MANY, "")]
    parts = [p for i, p in enumerate(parts) if i == 0 or p[0] != _MANY or parts[i - 1][0] != _MANY]
    parts = [(sign, text if cased else fold(text)) for sign, text in parts]
    kind, literal = _shape(parts)
    return Atom(field, kind, literal, cased and kind is not Kind.ANY)


def _shape(parts: list[tuple[str, str]]) -> tuple[Kind, str]:
    """The cheapest question that says the same as these pieces, and its literal or pattern."""
    texts = [text for sign, text in parts if not sign]
    literal = "".join(texts)
    signs = [sign for sign, _ in parts]
    if signs == [_MANY]:
        return Kind.ANY, ""
    if len(texts) <= 1 and tuple(signs) in _SHAPES:
        return _SHAPES[tuple(signs)], literal
    wildcards = {_MANY: ".*", _ONE: "."}
    pattern = "".join(wildcards.get(sign) or quoted(text) for sign, text in parts)
    return Kind.WILDCARD, rf"(?s)\A{pattern}\z"


def _parts(value: SigmaString) -> list[tuple[str, str]]:
    """Pieces of a string: (sign, "") for a wildcard, ("", text) for plain text."""
    parts = []
    for part in value.s:
        if isinstance(part, Placeholder):
            raise Refusal(
                f"placeholder '%{part.name}%' has no list configured; write the values out"
            )
        if isinstance(part, SpecialChars):
            parts.append((_MANY if part is SpecialChars.WILDCARD_MULTI else _ONE, ""))
        elif part:
            parts.append(("", part))
    return parts


def _pattern(value: SigmaRegularExpression) -> str:
    if not isinstance(value.regexp, SigmaString):  # pySigma lets through whatever it is given
        raise Refusal(f"'re' takes a text; write {value.regexp} in quotes: '{value.regexp}'")
    plain = "".join(sign or text for sign, text in _parts(value.regexp))
    flags = "".join(sorted(_FLAGS[flag] for flag in value.flags))
    pattern = f"(?{flags}){plain}" if flags else plain
    flaw = flaw_of(pattern)
    if flaw:
        raise Refusal(f"pattern '{plain}' is not one of RE2: {flaw}")
    try:
        compute.match_substring_regex(_PROBE, pattern)  # the RE2 that Arrow was built with
    except pa.ArrowInvalid as error:
        raise Refusal(f"pattern '{plain}' is not one of Arrow's RE2: {error}") from error
    return pattern


def _time_atom(field: Field, value: SigmaTimestampPart, comparison: str = "") -> Atom:
    part = value.timestamp_part.name.lower()
    return Atom(field, Kind.TIME_PART, part + comparison, number=value.number)
