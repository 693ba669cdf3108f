"""What people will regret of a suppression: it hides nothing, far too much, or the opposite."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

import pyarrow as pa

from foreseen.rules.lint import Problem
from foreseen.rules.logsources import known
from foreseen.rules.ruleset import RuleSet
from foreseen.rules.suppression.fleeting import fleeting
from foreseen.rules.suppression.suppression import Suppression
from foreseen.rules.suppression.suppressions import Lists, Reach, SuppressionSet, load_suppressions
from foreseen.rules.tree import Atom, atoms_of
from foreseen.rules.truth import (
    holds_of_anything,
    holds_of_nothing,
    is_satisfiable,
    with_known,
)
from foreseen.schema.arrow import texts

SHARE = 0.5
"""Part of a rule's matches on the history above which a suppression hides too much."""

LEAST = 5
"""Matches of a rule on the history below which a share says nothing."""

_NO_LISTS: Lists = {}


@dataclass(frozen=True, slots=True)
class History:
    """Matches of the past that a suppression is tried on.

    Attributes:
        matches: Rows of the matches table.
        grave: `match_uid` of members of incidents and of escalated alerts.
        share: Part of a rule's matches above which a suppression hides too much, 0..1.
    """

    matches: pa.Table
    grave: Collection[str] = frozenset()
    share: float = SHARE


def lint(
    documents: Iterable[tuple[str, str]],
    rules: RuleSet,
    *,
    now: int,
    lists: Lists = _NO_LISTS,
    history: History | None = None,
) -> list[Problem]:
    """Problems of suppressions, by file and line: what cannot be loaded, and what will be missed.

    Args:
        documents: Pairs of (path for messages, YAML text).
        rules: The rules whose matches may be hidden.
        now: Wall time, ms UTC; what has expired hides nothing any more.
        lists: Values of placeholders, by name.
        history: Past matches; without them nothing is said of how much would be hidden.
    """
    loaded = load_suppressions(documents, rules, lists=lists)
    problems = [Problem(each.path, each.line, each.message) for each in loaded.problems]
    for found in loaded.suppressions.suppressions:
        reaches = [each for each in loaded.suppressions.reaches if each.suppression is found]
        messages = [
            *_dead(found, reaches, now),
            *_unknown(found, loaded.suppressions.unknown.get(found.id, ()), rules),
            *_broad(found, reaches),
        ]
        problems += [Problem(found.path, found.line, message) for message in messages]
    if history is not None:
        problems += _measured(loaded.suppressions, history)
    return sorted(problems)


def _dead(found: Suppression, reaches: Sequence[Reach], now: int) -> Iterable[str]:
    """Reasons why it can never hide anything again."""
    if found.expires <= now:
        yield "it has expired and hides nothing; renew 'expires' or remove it"
    if found.created > now:
        yield "'created' lies in the future; write the day it was made"
    if found.logsource and not known(found.logsource):
        yield f"logsource '{found.logsource}' is none that we know: is it spelt as in the rules?"
    if reaches and not any(is_satisfiable(each.tree) for each in reaches):
        yield "its condition can never hold: it asks for a thing and for its opposite"
        return
    passing: dict[Atom, str] = {}
    for reach in reaches:
        for atom in set(atoms_of(reach.tree)):
            why = fleeting(atom)
            if why:
                passing[atom] = why
    if not passing:
        return
    whys = "; ".join(sorted(set(passing.values())))
    left = [with_known(each.tree, lambda a: False if a in passing else None) for each in reaches]
    if not any(map(is_satisfiable, left)):
        yield f"it can never match again: {whys}; name what stays the same"
    else:
        yield f"a part of it can never match again: {whys}; leave it out"


def _unknown(found: Suppression, names: Sequence[str], rules: RuleSet) -> Iterable[str]:
    """Rules that it names and that are not there."""
    ids = [rule.id for rule in rules.rules]
    for name in names:
        near = get_close_matches(name, ids, n=1, cutoff=0.6)
        hint = f"did you mean '{near[0]}'?" if near else "leave it out, or load that rule"
        yield f"names '{name}', which no rule is called; {hint}"
    if found.rules and len(names) == len(found.rules):
        yield "none of its rules is there, so it hides nothing"


def _broad(found: Suppression, reaches: Sequence[Reach]) -> Iterable[str]:
    """Reasons why it hides more than anybody meant."""
    if not found.rules:
        yield "it is for any rule, those of tomorrow, too; name the rules whose matches it hides"
    if any(holds_of_nothing(each.tree) for each in reaches):
        yield (
            "it says what is not to be hidden: whatever its condition does not name is hidden. A"
            " suppression names what to hide; leave out the 'not' that a Sigma filter would have"
        )
    elif any(holds_of_anything(each.tree) for each in reaches):
        yield "it hides all that has the field at all: only wildcards; name a value"


def _measured(found: SuppressionSet, history: History) -> list[Problem]:
    """What each would have hidden of the past."""
    rules, uids = texts(history.matches, "rule_id"), texts(history.matches, "match_uid")
    totals = Counter(rules)
    reached = found.reached(history.matches)
    problems = []
    for each in found.suppressions:
        rows = reached[each.id].tolist()
        grave = sum(uids[row] in history.grave for row in rows)
        messages = []
        if grave:
            messages.append(
                f"on the history it hides {grave} of the matches of incidents or of escalated"
                " alerts; ask for more, so that it leaves them out"
            )
        for rule, count in sorted(Counter(rules[row] for row in rows).items()):
            if totals[rule] >= LEAST and count > history.share * totals[rule]:
                messages.append(
                    f"on the history it hides {count} of {totals[rule]} matches of '{rule}', more"
                    f" than {history.share:.0%}; ask for more, or mark or tune the rule instead"
                )
        problems += [Problem(each.path, each.line, message) for message in messages]
    return problems
