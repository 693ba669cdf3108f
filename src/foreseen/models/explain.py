"""Predictions in plain sentences: what was seen before, how often, and what never was."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from foreseen.core.decisions import Evidence
from foreseen.models.ensemble import RuleModel
from foreseen.models.moments import Moment
from foreseen.models.novelty import Surprise

_LONGEST = 100
_CONTEXT_WORDS = {
    "before": "just before it ran '{token}'",
    "session": "its login session had run '{token}'",
    "siblings": "the same parent had run '{token}'",
    "act": "what ran was '{token}'",
    "parent": "its parent was '{token}'",
    "ancestry": "'{token}' is among its ancestors",
    "who": "it ran for {token}",
    "workload": "it ran on {token}",
}
_UNKNOWN_WORDS = {
    "before": "events just before it that never came before this rule",
    "session": "events in its session that never came before this rule",
    "siblings": "sibling events that never came before this rule",
    "act": "an act that this rule's history lacks",
    "parent": "a parent that this rule's history lacks",
    "ancestry": "an ancestor that this rule's history lacks",
    "who": "a user that this rule's history lacks",
    "workload": "a workload that this rule's history lacks",
}


def novelty_evidence(
    model: RuleModel, moment: Moment, surprises: Sequence[Surprise]
) -> list[Evidence]:
    """One sentence a view of novelty."""
    known = model.history.get(moment.workload, 0)
    return [
        Evidence(surprise.view, round(surprise.bits, 2), _sentence(surprise, moment, known))
        for surprise in surprises
    ]


def _sentence(surprise: Surprise, moment: Moment, known: int) -> str:
    words = _VIEWS[surprise.view](surprise, moment)
    return f"{words}, in {known:,} expected matches on {moment.workload}."


def _act(surprise: Surprise, moment: Moment) -> str:
    program = moment.act.kind.split(" ", 1)[-1]
    return {
        0: f"'{_short(moment.act.exact)}' was seen {_times(surprise.seen)}",
        1: f"'{_short(moment.act.shape)}' was seen {_times(surprise.seen)}, with other names",
        2: f"{program} was seen {_times(surprise.seen)}, never in this way",
        None: f"{program} was never seen doing this",
    }[surprise.depth]


def _parent(surprise: Surprise, moment: Moment) -> str:
    parent, program = _short(moment.parent), moment.act.kind.split(" ", 1)[-1]
    return {
        0: f"'{parent}' led to this {_times(surprise.seen)}",
        1: f"'{parent}' led to {program} {_times(surprise.seen)}, never in this way",
        2: f"{program} had such a parent {_times(surprise.seen)}, never '{parent}'",
        None: f"{program} never came from '{parent}' or its like",
    }[surprise.depth]


def _user(surprise: Surprise, moment: Moment) -> str:
    program = moment.act.kind.split(" ", 1)[-1]
    return {
        0: f"user {moment.who} did this {_times(surprise.seen)}",
        1: f"user {moment.who} ran {program} {_times(surprise.seen)}, never in this way",
        2: f"user {moment.who} was seen {_times(surprise.seen)}, never with {program}",
        None: f"user {moment.who} was never seen here",
    }[surprise.depth]


def _ancestry(surprise: Surprise, moment: Moment) -> str:
    line = " < ".join(moment.ancestry) or "a process without a known ancestor"
    return {
        0: f"this below {line} was seen {_times(surprise.seen)}",
        1: f"{line} was seen {_times(surprise.seen)}, never leading to this",
        2: f"{' < '.join(moment.ancestry[:2])} was seen {_times(surprise.seen)}, not below that",
        None: f"{line} was never seen",
    }[surprise.depth]


_VIEWS = {"act": _act, "parent": _parent, "user": _user, "ancestry": _ancestry}


def context_evidence(model: RuleModel, moments: Sequence[Moment]) -> list[Evidence]:
    """The context member's odds for each moment, and the token that weighs most against it."""
    if model.context is None or not moments:
        return [Evidence("context", 0.0, "No context model.") for _ in moments]
    matrix = model.features.matrix(moments)
    shares = model.context.contributions(matrix)
    odds = model.context.odds_against(matrix)
    return [
        Evidence("context", round(float(odd), 2), _weightiest(model, row, values, float(odd)))
        for row, values, odd in zip(shares, matrix, odds, strict=True)
    ]


def _weightiest(
    model: RuleModel, shares: npt.NDArray[np.float64], values: npt.NDArray[np.float32], odds: float
) -> str:
    present = np.where(values > 0, shares, -np.inf)
    column = int(present.argmax())
    section, token = model.features.names[column]
    belongs = "does not belong in" if odds > 0 else "belongs in"
    lead = f"By what usually comes together, it {belongs} its context"
    if not np.isfinite(present[column]) or present[column] <= 0:
        return f"{lead}."
    if token is None:
        return f"{lead}; most against it: {_UNKNOWN_WORDS[section]}."
    return f"{lead}; most against it: {_CONTEXT_WORDS[section].format(token=_short(token))}."


def neighbour_evidence(distance: float) -> Evidence:
    """How much of the match and its context the nearest expected match shares."""
    shared = round(100 * (1 - distance))
    return Evidence(
        "neighbours",
        round(float(distance), 3),
        f"The nearest expected match shares {shared} % of its act and context.",
    )


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count:,} times"


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
