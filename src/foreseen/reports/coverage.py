"""ATT&CK coverage: which techniques have rules, tests and telemetry; counts for each tactic.

Ids and names of tactics are all that is taken from ATT&CK. Where a technique belongs is what the
rules say of it, so the picture shows what a rule set claims, not what the matrix holds.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from foreseen.core.ids import RuleId
from foreseen.rules.rule import TACTICS, Rule

SPLIT = "defense-evasion"
"""ATT&CK split this tactic into `stealth` and `defense-impairment`; older rules still name it."""


class State(StrEnum):
    """How well a technique is covered: by the best of its rules."""

    COVERED = "covered"
    UNTESTED = "untested"
    UNKNOWN = "unknown"
    BLIND = "blind"


@dataclass(frozen=True, slots=True)
class Technique:
    """One technique or sub-technique.

    Attributes:
        id: ATT&CK id, e.g. `T1059` or `T1059.001`.
        state: `covered`: a rule with tests can match what is collected; `untested`: only rules
            without tests can; `unknown`: nobody knows whether one can; `blind`: none can.
        rules: Ids of its rules, sorted; for a technique those of its sub-techniques too.
        tested: Those of them that have tests.
        telemetry: Those of them that can match what is collected.
        blind: Those of them that cannot.
        tactics: Tactics that it serves, in ATT&CK's order; empty for a sub-technique.
        parts: Its sub-techniques, by id.
    """

    id: str
    state: State
    rules: tuple[RuleId, ...]
    tested: tuple[RuleId, ...]
    telemetry: tuple[RuleId, ...]
    blind: tuple[RuleId, ...]
    tactics: tuple[str, ...] = ()
    parts: tuple["Technique", ...] = ()


@dataclass(frozen=True, slots=True)
class Tactic:
    """What rules cover of one tactic.

    Attributes:
        name: ATT&CK's short name, e.g. `lateral-movement`.
        rules: Rules whose tags name it.
        techniques: Techniques that serve it.
        covered: Those of them with a tested rule that can match what is collected.
    """

    name: str
    rules: int
    techniques: int
    covered: int


@dataclass(frozen=True, slots=True)
class Coverage:
    """What a set of rules covers.

    Attributes:
        rules: Rules looked at.
        techniques: Techniques by id, sub-techniques within them.
        tactics: All tactics in ATT&CK's order, those without a rule too; one that ATT&CK gave up
            only where a rule names it.
        without_technique: Rules that name no technique, sorted.
    """

    rules: int
    techniques: tuple[Technique, ...]
    tactics: tuple[Tactic, ...]
    without_technique: tuple[RuleId, ...]


@dataclass(frozen=True, slots=True)
class _Facts:
    """What is known of rules besides their texts."""

    tested: frozenset[RuleId]
    telemetry: Mapping[RuleId, bool | None]


def coverage(
    rules: Iterable[Rule],
    tested: Collection[RuleId],
    telemetry: Mapping[RuleId, bool | None],
) -> Coverage:
    """What rules cover.

    Args:
        rules: The rules, in any order.
        tested: Ids of rules that have tests and keep them.
        telemetry: Rule to whether it can match what is collected; None, or absent: not known.
    """
    rules = sorted(rules, key=lambda rule: rule.id)
    facts = _Facts(frozenset(tested), telemetry)
    named: dict[str, list[Rule]] = {}
    for rule in rules:
        for family in {technique.partition(".")[0] for technique in rule.techniques}:
            named.setdefault(family, []).append(rule)
    techniques = tuple(_family(name, of, facts) for name, of in sorted(named.items()))
    return Coverage(
        rules=len(rules),
        techniques=techniques,
        tactics=tuple(
            tactic
            for tactic in (_tactic(name, rules, techniques) for name in TACTICS)
            if tactic.rules or tactic.name != SPLIT
        ),
        without_technique=tuple(rule.id for rule in rules if not rule.techniques),
    )


def _family(name: str, rules: list[Rule], facts: _Facts) -> Technique:
    """A technique with its sub-techniques; `rules` name either."""
    parts = sorted({part for rule in rules for part in rule.techniques if _is_part(part, name)})
    return _technique(
        name,
        rules,
        facts,
        tactics=_served(rules),
        parts=tuple(
            _technique(part, [rule for rule in rules if part in rule.techniques], facts)
            for part in parts
        ),
    )


def _is_part(technique: str, family: str) -> bool:
    return technique.startswith(f"{family}.")


def _technique(
    name: str,
    rules: list[Rule],
    facts: _Facts,
    tactics: tuple[str, ...] = (),
    parts: tuple[Technique, ...] = (),
) -> Technique:
    ids = tuple(rule.id for rule in rules)
    return Technique(
        id=name,
        state=_state(ids, facts),
        rules=ids,
        tested=tuple(each for each in ids if each in facts.tested),
        telemetry=tuple(each for each in ids if facts.telemetry.get(each) is True),
        blind=tuple(each for each in ids if facts.telemetry.get(each) is False),
        tactics=tactics,
        parts=parts,
    )


def _state(rules: tuple[RuleId, ...], facts: _Facts) -> State:
    seeing = [rule for rule in rules if facts.telemetry.get(rule) is True]
    if any(rule in facts.tested for rule in seeing):
        return State.COVERED
    if seeing:
        return State.UNTESTED
    if any(facts.telemetry.get(rule) is None for rule in rules):
        return State.UNKNOWN
    return State.BLIND


def _served(rules: list[Rule]) -> tuple[str, ...]:
    """Tactics that at least half of a technique's rules name.

    A rule tags its techniques and its tactics side by side, so one of several techniques would
    inherit the tactics of the others; what most of its rules agree on is its own.
    """
    counts = Counter(tactic for rule in rules for tactic in set(rule.tactics))
    most = max(counts.values(), default=0)
    enough = min(len(rules) / 2, most)
    return tuple(tactic for tactic in TACTICS if counts[tactic] and counts[tactic] >= enough)


def _tactic(name: str, rules: list[Rule], techniques: tuple[Technique, ...]) -> Tactic:
    serving = [technique for technique in techniques if name in technique.tactics]
    return Tactic(
        name=name,
        rules=sum(name in rule.tactics for rule in rules),
        techniques=len(serving),
        covered=sum(technique.state is State.COVERED for technique in serving),
    )
