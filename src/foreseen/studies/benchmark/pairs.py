"""Matched pairs of a recording, and how well scores tell their two sides apart.

Both sides of a pair are the same act of the same user; only what came before differs. Whoever looks
at the act alone scores both alike: ROC 0.5.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import orjson

from foreseen.core.errors import MalformedInputError
from foreseen.studies.benchmark.ranking import ranked, roc

Place = tuple[str, str]
"""Host and serial number of an event, as labels and matches name it."""


@dataclass(frozen=True, slots=True)
class Pair:
    """One pair: the events of a benign and of a malicious match of one rule.

    Attributes:
        name: Unique in its recording.
        rule: The rule that both sides match.
        before: What came before the malicious side.
        same_ancestors: Whether the command lines above the parent are alike, too.
        quiet: Whether no attack was under way on the host just before the benign side.
        malicious: Event of the malicious side.
        benign: Event of the benign side.
    """

    name: str
    rule: str
    before: str
    same_ancestors: bool
    quiet: bool
    malicious: Place
    benign: Place


def parse_pairs(content: bytes, source: str) -> list[Pair]:
    """The pairs of a `pairs.json`.

    Args:
        content: What the file holds.
        source: Its name, for messages.

    Raises:
        MalformedInputError: It is no list of pairs, or an event is on two sides.
    """
    try:
        rows = orjson.loads(content)
        pairs = [_pair(row) for row in rows]
    except (ValueError, KeyError, TypeError) as error:
        raise MalformedInputError(f"{source}: no list of matched pairs: {error!r}") from error
    seen: set[tuple[str, Place]] = set()
    for pair in pairs:
        for place in (pair.malicious, pair.benign):
            if (pair.rule, place) in seen:
                raise MalformedInputError(
                    f"{source}: pair {pair.name}: event {place[1]} of {place[0]} is on another side"
                )
            seen.add((pair.rule, place))
    return pairs


def _pair(row: Mapping[str, object]) -> Pair:
    return Pair(
        name=str(row["pair"]),
        rule=str(row["rule"]),
        before=str(row["before"]),
        same_ancestors=_mark(row, "same_ancestors"),
        quiet=_mark(row, "quiet"),
        malicious=_place(row["malicious"]),
        benign=_place(row["benign"]),
    )


def _mark(row: Mapping[str, object], name: str) -> bool:
    value = row[name]
    if not isinstance(value, bool):
        raise TypeError(f"{name} of pair {row['pair']} is {value!r}, not true or false")
    return value


def _place(side: object) -> Place:
    if not isinstance(side, dict):
        raise TypeError(f"a side is {side!r}, not an object with node and serial")
    return str(side["node"]), str(side["serial"])


@dataclass(frozen=True, slots=True)
class Apart:
    """How well scores tell the sides of some pairs apart.

    Attributes:
        pairs: Pairs with a score on both sides.
        missing: Names of pairs of which a side has no score; they count nowhere else.
        within: Share of pairs whose malicious side scores higher, a tie counts half; None if none.
        pooled: Area under the ROC curve over all sides of a rule together, mean over the rules by
            their pairs; None if none.
    """

    pairs: int
    missing: tuple[str, ...]
    within: float | None
    pooled: float | None


Scores = Mapping[tuple[str, Place], float]
"""How little each match was expected, by rule and event; higher alerts sooner."""


def apart(pairs: Sequence[Pair], scores: Scores) -> Apart:
    """How well scores tell pairs apart.

    Raises:
        ValueError: A score is NaN.
    """
    found = [(pair, _sides(pair, scores)) for pair in pairs]
    scored = [(pair.rule, sides) for pair, sides in found if sides]
    missing = tuple(pair.name for pair, sides in found if not sides)
    if not scored:
        return Apart(0, missing, None, None)
    wins = [_win(*sides) for _, sides in scored]
    rules: dict[str, list[tuple[float, float]]] = {}
    for rule, sides in scored:
        rules.setdefault(rule, []).append(sides)
    areas = sum(len(own) * _area(own) for own in rules.values())
    return Apart(len(scored), missing, sum(wins) / len(wins), areas / len(scored))


def apart_by(pairs: Iterable[Pair], scores: Scores, *, by: str) -> dict[str, Apart]:
    """`apart` for the pairs of each rule, or of each thing that came before.

    Args:
        pairs: All pairs.
        scores: Scores of their matches.
        by: "rule" or "before".
    """
    groups: dict[str, list[Pair]] = {}
    for pair in pairs:
        groups.setdefault({"rule": pair.rule, "before": pair.before}[by], []).append(pair)
    return {name: apart(own, scores) for name, own in sorted(groups.items())}


def _sides(pair: Pair, scores: Scores) -> tuple[float, float] | None:
    """Scores of the malicious and the benign side; None if one has none."""
    malicious = scores.get((pair.rule, pair.malicious))
    benign = scores.get((pair.rule, pair.benign))
    if malicious is None or benign is None:
        return None
    if math.isnan(malicious) or math.isnan(benign):
        raise ValueError(f"pair {pair.name}: a score is NaN; a match without one has to be absent")
    return malicious, benign


def _win(malicious: float, benign: float) -> float:
    return 0.5 if malicious == benign else float(malicious > benign)


def _area(sides: Sequence[tuple[float, float]]) -> float:
    values = np.array(sides, np.float64)
    hostile = np.repeat([True, False], len(sides))
    area = roc(ranked(values.T.ravel(), hostile, np.ones(len(hostile))))
    if area is None:
        raise AssertionError("both sides have scores")
    return area
