"""Evaluate a replayed recording: Foreseen beside the baselines, on later matches."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from foreseen.core.decisions import Basis
from foreseen.core.ids import RuleId
from foreseen.lake.lake import Lake
from foreseen.models.moments.moment import moments_of
from foreseen.pipeline.predictions import last_words
from foreseen.schema.arrow import texts
from foreseen.studies.baselines import BASELINES, exact_allowlist
from foreseen.studies.score import Score, score
from foreseen.studies.truth import Attack, Truth, attacks_of

FORESEEN = "foreseen"


@dataclass(frozen=True, slots=True)
class Answer:
    """Ground truth of a recording's later part.

    Attributes:
        truth: Attack events.
        runs: Chain by run, of all attack runs.
    """

    truth: Truth
    runs: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Scores on the later part of a recording, matches of model-marked rules only.

    Attributes:
        methods: Score by method: ours, then the baselines.
        by_models: Ours, if only what a model itself found unexpected alerted.
        rules: Our score by rule, the rule with most benign matches first.
        missed: Attack runs of ours without any alert, by run: chain.
    """

    methods: Mapping[str, Score]
    by_models: Score
    rules: Mapping[str, Score]
    missed: Mapping[str, str]


def evaluate(
    lake: Lake, answer: Answer, marked: Collection[RuleId], *, since: int, budget: float
) -> Evaluation:
    """Score every method.

    Args:
        lake: After a replay: matches, and predictions of those at or after `since`.
        answer: Ground truth.
        marked: Rules that a model may suppress.
        since: End of the accepted history, ms UTC.
        budget: Share of expected matches that may alert, for baselines that take one.
    """
    runs = answer.runs
    matches = lake.read("matches").filter(pc.field("rule_id").isin([str(rule) for rule in marked]))
    earlier = matches.filter(pc.field("time") < since)
    history = moments_of(earlier)
    later = matches.filter(pc.field("time") >= since)
    moments = moments_of(later)
    attacks = attacks_of(later, answer.truth)
    bases = _bases(lake, later)
    silenced = [basis == Basis.EXPECTED.value for basis in bases]
    unsaid = [basis != Basis.UNEXPECTED.value for basis in bases]
    methods = {FORESEEN: score(silenced, attacks, runs)}
    methods["exact command allowlist"] = score(exact_allowlist(earlier, later), attacks, runs)
    for name, method in BASELINES.items():
        methods[name] = score(method(history, moments, budget), attacks, runs)
    by_models = score(unsaid, attacks, runs)
    return Evaluation(
        methods, by_models, _by_rule(later, silenced, attacks), _missed(silenced, attacks, runs)
    )


def _bases(lake: Lake, later: pa.Table) -> list[str | None]:
    """Basis of the decision on each match; None where it was not judged, which is no silence."""
    rows = last_words(lake.read("predictions", ["match_uid", "basis", "revised"]))
    bases = dict(zip(texts(rows, "match_uid"), texts(rows, "basis"), strict=True))
    return [bases.get(uid) for uid in texts(later, "match_uid")]


def _by_rule(
    later: pa.Table, silenced: list[bool], attacks: list[Attack | None]
) -> dict[str, Score]:
    groups: dict[str, list[tuple[bool, Attack | None]]] = {}
    for rule, silent, attack in zip(later["rule_id"].to_pylist(), silenced, attacks, strict=True):
        groups.setdefault(str(rule), []).append((silent, attack))
    scores = {
        rule: score([s for s, _ in found], [a for _, a in found], _runs(found))
        for rule, found in groups.items()
    }
    return dict(sorted(scores.items(), key=lambda item: -item[1].benign))


def _runs(found: list[tuple[bool, Attack | None]]) -> dict[str, str]:
    return {attack.run: attack.chain for _, attack in found if attack}


def _missed(
    silenced: list[bool], attacks: list[Attack | None], runs: Mapping[str, str]
) -> dict[str, str]:
    found = {a.run for s, a in zip(silenced, attacks, strict=True) if a and not s}
    return {run: chain for run, chain in sorted(runs.items()) if run not in found}
