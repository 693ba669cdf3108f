"""Predictions in plain sentences: what was seen before, how often, and what never was."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from foreseen.core.decisions import Evidence
from foreseen.models.ensemble import RuleModel
from foreseen.models.explaining.answering import Answering, by_itself
from foreseen.models.explaining.phrases import person, several, short
from foreseen.models.members.features import Matrix, sections_of
from foreseen.models.members.novelty import Surprise
from foreseen.models.moments.moment import Moment

Shares = npt.NDArray[np.float64]

_CONTEXT_WORDS = {
    "before": "'{token}' just before it",
    "session": "'{token}' earlier in its login session",
    "siblings": "'{token}' earlier by the same parent",
    "elsewhere": "'{token}' by the same person elsewhere",
    "act": "that it was '{token}'",
    "parent": "that its parent was '{token}'",
    "ancestry": "'{token}' among its ancestors",
    "who": "that it was for '{token}'",
    "workload": "that it was on {token}",
}


def novelty_evidence(
    model: RuleModel,
    moment: Moment,
    surprises: Sequence[Surprise],
    answers: Answering | None = None,
) -> list[Evidence]:
    """One sentence a view of novelty, counted where the history that answers was made.

    Args:
        model: Of the rule.
        moment: The match.
        surprises: The views' surprises at it.
        answers: Whose history answers; None: the workload's own.
    """
    who = answers or by_itself(model, moment.workload)
    return [
        Evidence(surprise.view, round(surprise.bits, 2), _sentence(surprise, moment, who))
        for surprise in surprises
    ]


def _sentence(surprise: Surprise, moment: Moment, answers: Answering) -> str:
    words = _VIEWS[surprise.view](surprise, moment)
    if answers.alone:
        known = several(answers.standing.history, "expected match", "expected matches")
        return f"{words}: {surprise.seen:,} of {known} {answers.everywhere}."
    return f"{words}: {answers.often(surprise.seen)}."


def _act(surprise: Surprise, moment: Moment) -> str:
    return {
        0: f"'{short(moment.act.exact)}' was seen",
        1: f"'{short(moment.act.shape)}' was seen, only with other names",
        2: f"{_program(moment)} was seen, never in this way",
        None: f"{_program(moment)} was never seen doing this",
    }[surprise.depth]


def _parent(surprise: Surprise, moment: Moment) -> str:
    parent = "an unknown parent" if moment.parent == _UNKNOWN else f"'{short(moment.parent)}'"
    near = short(moment.ancestry[0]) if moment.ancestry else "unknown parent"
    some, program = near if moment.ancestry else f"an {near}", _program(moment)
    return {
        0: f"{parent} led to this",
        1: f"{parent} led to {program}, never in this way",
        2: f"{some} led to {program}, never as {parent}",
        None: f"neither {parent} nor any {near} led to {program}",
    }[surprise.depth]


_UNKNOWN = "?"
"""Parent of a match whose parent is not known."""


def _user(surprise: Surprise, moment: Moment) -> str:
    who, program = person(moment.who), _program(moment)
    return {
        0: f"{who} did this",
        1: f"{who} ran {program}, never in this way",
        2: f"{who} was seen, never with {program}",
        None: f"{who} was never seen here",
    }[surprise.depth]


def _ancestry(surprise: Surprise, moment: Moment) -> str:
    line = _line(moment.ancestry) or "a process without a known ancestor"
    return {
        0: f"{_program(moment)} below {line} was seen",
        1: f"{line} was seen, never leading to {_program(moment)}",
        2: f"{_line(moment.ancestry[:2])} was seen, not below that",
        None: f"{line} was never seen",
    }[surprise.depth]


def _line(ancestry: Sequence[str]) -> str:
    return short(" < ".join(ancestry))


def _program(moment: Moment) -> str:
    """The program; where it did not start but do something else, what that was."""
    verb, _, program = moment.act.kind.partition(" ")
    return short(program if verb in _STARTS else f"{program} ({verb})")


_STARTS = {"execve", "1", "4688"}
"""Event types of a program's start; "1" and "4688" are those of Windows."""

_VIEWS = {"act": _act, "parent": _parent, "user": _user, "ancestry": _ancestry}


def context_evidence(
    model: RuleModel, moments: Sequence[Moment], answering: Mapping[str, Answering] | None = None
) -> list[Evidence]:
    """The context member's odds for each moment, and the token that weighs most in them.

    Args:
        model: Of the rule.
        moments: Matches.
        answering: Whose history answers, by workload; None: the workload's own.
    """
    if model.context is None or not moments:
        return [Evidence("context", 0.0, "No context model.") for _ in moments]
    matrix = model.features.matrix(moments)
    shares = model.context.contributions(matrix)
    odds = model.context.odds_against(matrix).tolist()
    found: list[Evidence] = []
    for moment, row, values, odd in zip(moments, shares, matrix, odds, strict=True):
        answers = (answering or {}).get(moment.workload) or by_itself(model, moment.workload)
        sentence = _weightiest(model, moment, answers, (row, values), odd)
        found.append(Evidence("context", round(odd, 2), sentence))
    return found


def _weightiest(
    model: RuleModel,
    moment: Moment,
    answers: Answering,
    columns: tuple[Shares, Matrix],
    odds: float,
) -> str:
    """What weighs most on the side that the member takes."""
    shares, values = columns
    belongs, side, way = ("does not belong", "against", 1) if odds > 0 else ("belongs", "for", -1)
    present = np.where(values > 0, way * shares, -np.inf)
    column = int(present.argmax())
    lead = f"By what usually comes together, it {belongs} in its context"
    if not np.isfinite(present[column]) or present[column] <= 0:
        return f"{lead}."
    section, token = model.features.names[column]
    if token is None:
        known = set(model.features.names)
        tokens = [t for t in sections_of(moment)[section] if (section, t) not in known]
    else:
        tokens = [token]
    places = (moment.workload, *answers.members)
    counted = [(model.occurrences.seen(places, section, token), token) for token in tokens]
    seen, least = min(counted, key=lambda each: each[0].count)
    words = _CONTEXT_WORDS[section].format(token=short(least))
    matches = "match" if seen.of == 1 else "matches"
    return f"{lead}; most {side} it: {words}, as in {seen} expected {matches} {answers.everywhere}."


def neighbour_evidence(distance: float, answers: Answering | None = None) -> Evidence:
    """How much of the match and its context the nearest expected match shares.

    Args:
        distance: As the neighbours member gave it, 0..1: above the workload's own level to that of
            the nearest ones on so many other workloads as make a habit.
        answers: Whose history answers; None: the workload's own.
    """
    shared = 100 * (1 - distance)
    told = f"{shared:.0f} %" if shared >= 1 else "less than 1 %"
    lead = f"The nearest expected match shares {told}"
    if answers is not None and not answers.alone:
        more = " or more" if shared >= 1 else ""
        lead = f"The nearest expected matches {answers.enough} share {told}{more}"
    sentence = f"{lead} of its act and context."
    return Evidence("neighbours", round(float(distance), 3), sentence)
