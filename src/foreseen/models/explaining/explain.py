"""Predictions in plain sentences: what was seen before, how often, and what never was."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from foreseen.core.decisions import Evidence, Level
from foreseen.models.ensemble import RuleModel
from foreseen.models.members.features import Matrix, sections_of
from foreseen.models.members.levels import SPREAD, Standing, where
from foreseen.models.members.novelty import Surprise
from foreseen.models.moments.moment import Moment

Shares = npt.NDArray[np.float64]

_LONGEST = 100
_CONTEXT_WORDS = {
    "before": "'{token}' just before it",
    "session": "'{token}' earlier in its login session",
    "siblings": "'{token}' earlier by the same parent",
    "elsewhere": "'{token}' by the same person elsewhere",
    "act": "that it was '{token}'",
    "parent": "that its parent was '{token}'",
    "ancestry": "'{token}' among its ancestors",
    "who": "that it was for {token}",
    "workload": "that it was on {token}",
}


def novelty_evidence(
    model: RuleModel,
    moment: Moment,
    surprises: Sequence[Surprise],
    standing: Standing | None = None,
) -> list[Evidence]:
    """One sentence a view of novelty, counted where the history that answers was made.

    Args:
        model: Of the rule.
        moment: The match.
        surprises: The views' surprises at it.
        standing: Whose history answers; None: the workload's own.
    """
    answers = standing or _own(model, moment)
    return [
        Evidence(surprise.view, round(surprise.bits, 2), _sentence(surprise, moment, answers))
        for surprise in surprises
    ]


def _sentence(surprise: Surprise, moment: Moment, standing: Standing) -> str:
    words = _VIEWS[surprise.view](surprise, moment)
    if standing.level is Level.WORKLOAD:
        known = f"{standing.history:,} expected matches"
        return f"{words}: {surprise.seen:,} of {known} {where(standing)}."
    among = f"{len(standing.members):,} other workloads {where(standing)}"
    return f"{words}: {surprise.seen:,} times on at least {SPREAD} of {among}."


def _act(surprise: Surprise, moment: Moment) -> str:
    return {
        0: f"'{short(moment.act.exact)}' was seen",
        1: f"'{short(moment.act.shape)}' was seen, only with other names",
        2: f"{_program(moment)} was seen, never in this way",
        None: f"{_program(moment)} was never seen doing this",
    }[surprise.depth]


def _parent(surprise: Surprise, moment: Moment) -> str:
    parent, program = short(moment.parent), _program(moment)
    near = short(moment.ancestry[0]) if moment.ancestry else "an unknown parent"
    return {
        0: f"'{parent}' led to this",
        1: f"'{parent}' led to {program}, never in this way",
        2: f"{near} led to {program}, never as '{parent}'",
        None: f"neither '{parent}' nor any {near} led to {program}",
    }[surprise.depth]


def _user(surprise: Surprise, moment: Moment) -> str:
    who, program = short(moment.who), _program(moment)
    return {
        0: f"user {who} did this",
        1: f"user {who} ran {program}, never in this way",
        2: f"user {who} was seen, never with {program}",
        None: f"user {who} was never seen here",
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
    model: RuleModel, moments: Sequence[Moment], standings: Mapping[str, Standing] | None = None
) -> list[Evidence]:
    """The context member's odds for each moment, and the token that weighs most in them.

    Args:
        model: Of the rule.
        moments: Matches.
        standings: Whose history answers, by workload; None: the workload's own.
    """
    if model.context is None or not moments:
        return [Evidence("context", 0.0, "No context model.") for _ in moments]
    matrix = model.features.matrix(moments)
    shares = model.context.contributions(matrix)
    odds = model.context.odds_against(matrix).tolist()
    found: list[Evidence] = []
    for moment, row, values, odd in zip(moments, shares, matrix, odds, strict=True):
        answers = (standings or {}).get(moment.workload) or _own(model, moment)
        sentence = _weightiest(model, moment, answers, (row, values), odd)
        found.append(Evidence("context", round(odd, 2), sentence))
    return found


def _own(model: RuleModel, moment: Moment) -> Standing:
    name = moment.workload
    return Standing(Level.WORKLOAD, name, model.history.get(name, 0))


def _weightiest(
    model: RuleModel,
    moment: Moment,
    standing: Standing,
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
    places = (moment.workload, *standing.members)
    counted = [(model.occurrences.seen(places, section, token), token) for token in tokens]
    seen, least = min(counted, key=lambda each: each[0].count)
    words = _CONTEXT_WORDS[section].format(token=short(least))
    return f"{lead}; most {side} it: {words}, as in {seen} expected matches {where(standing)}."


def neighbour_evidence(distance: float) -> Evidence:
    """How much of the match and its context the nearest expected match shares."""
    shared = round(100 * (1 - distance))
    return Evidence(
        "neighbours",
        round(float(distance), 3),
        f"The nearest expected match shares {shared} % of its act and context.",
    )


def short(text: str) -> str:
    """The text as far as a sentence can hold it."""
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
