"""Explain a judged match: by the very model that answered, from what is stored of it."""

from collections.abc import Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from functools import reduce
from operator import or_
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Engine

from foreseen.alerts.compose import BASIS_SENTENCES, HAPPENED_COLUMNS, what_happened
from foreseen.control.artefacts import content
from foreseen.core.decisions import Basis, Outcome
from foreseen.core.errors import CorruptError, NotFoundError
from foreseen.core.ids import ContentHash, RuleId, TenantId
from foreseen.lake.lake import Lake
from foreseen.models.explaining.explained import Explained, explained, nearest_to
from foreseen.models.foresight import Foresight, load
from foreseen.models.moments.elsewhere import COLUMNS as ELSEWHERE_COLUMNS
from foreseen.models.moments.elsewhere import (
    REACH,
    elsewhere_of,
    sightings_of,
    tied_to,
)
from foreseen.models.moments.moment import COLUMNS as MOMENT_COLUMNS
from foreseen.models.moments.moment import Moment, moments_of
from foreseen.pipeline.predictions import last_words
from foreseen.schema.arrow import integers, texts
from foreseen.studies.holding import share_in_force
from foreseen.studies.named_matches import named_rows


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a match alerted or was suppressed.

    Attributes:
        match: Its uid.
        rule: Its rule.
        workload: Its workload.
        time: When it was, ms UTC.
        happened: What the event did, in one line.
        outcome: What became of it.
        basis: Why.
        verdict: Both in a sentence or two.
        budget: Probability above which it was expected; None when the settings are gone.
        probability: As stored with the decision; None when no model answered.
        surprise: The same in bits.
        model: Content hash of the model that answered.
        answer: That model's answer, made again and taken apart; None where that cannot be done.
        same: Whether the answer made again is the stored one, to the last bit.
        gone: Nearest expected matches that are no longer in the lake.
        notes: What could not be done, and what to know besides.
    """

    match: str
    rule: RuleId
    workload: str
    time: int
    happened: str
    outcome: Outcome
    basis: Basis
    verdict: str
    budget: float | None
    probability: float | None
    surprise: float | None
    model: ContentHash | None
    answer: Explained | None = None
    same: bool = False
    gone: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def explain_match(lake: Lake, engine: Engine, tenant: TenantId, uid: str) -> Explanation:
    """Explain the last decision on a match.

    Raises:
        NotFoundError: The tenant has no such match, or it was never judged.
    """
    decisions = last_words(named_rows(lake, tenant, "predictions", [uid])).to_pylist()
    matches = named_rows(lake, tenant, "matches", [uid], [*_NEEDED, *_TOLD])
    if not decisions:
        raise NotFoundError(_unjudged(uid, known=matches.num_rows > 0))
    (decided,) = decisions
    depended = orjson.loads(str(decided["artefacts"]))
    settings, about = (_kept(engine, tenant, depended.get(k)) for k in ("settings", "foresight"))
    budget = None if settings is None else share_in_force(settings, about)
    told = _as_stored(decided, matches, budget)
    if decided["revised"]:
        told = _noted(told, f"It was decided once more. {decided['revised']}")
    if told.model is None:
        return _noted(told, _NO_ANSWER)
    if not matches.num_rows:
        return _noted(told, _NO_MATCH)
    if told.budget is None:
        return _noted(told, _NO_SETTINGS)
    try:
        foresight = _as_then(engine, tenant, told.model, about)
    except (NotFoundError, CorruptError) as error:
        return _noted(told, f"The model that answered cannot be asked again: {error}.")
    (moment,) = moments_of(matches, [tuple(decided["elsewhere"] or ())])
    return _taken_apart(lake, tenant, told, _Asked(foresight, moment, told.budget))


def _unjudged(uid: str, *, known: bool) -> str:
    if known:
        return f"match {uid} was not judged: it is of the accepted history, or not yet reached"
    return f"no match {uid}; 'foreseen hunt' finds the uids of matches in the table predictions"


def _as_stored(decided: Mapping[str, Any], matches: pa.Table, budget: float | None) -> Explanation:
    """What the stored decision says by itself."""
    basis, probability = Basis(decided["basis"]), decided["probability"]
    return Explanation(
        match=str(decided["match_uid"]),
        rule=RuleId(str(decided["rule_id"])),
        workload=str(decided["workload"]),
        time=int(decided["time"]),
        happened=what_happened(matches.to_pylist()[0]) if matches.num_rows else "",
        outcome=Outcome(decided["outcome"]),
        basis=basis,
        verdict=verdict(basis, probability, budget),
        budget=budget,
        probability=probability,
        surprise=decided["surprise"],
        model=decided["model"],
    )


def verdict(basis: Basis, probability: float | None, budget: float | None) -> str:
    """The decision in a sentence or two."""
    answer = ""
    if probability is not None:
        answer = f"By its model {share_of(probability)} of expected matches are as surprising"
        answer += f"; at {share_of(budget)} or less it alerts." if budget is not None else "."
    return " ".join(sentence for sentence in (_VERDICTS[basis], answer) if sentence)


_VERDICTS: Mapping[Basis, str] = {
    **{basis: f"Alerted. {sentence}" for basis, sentence in BASIS_SENTENCES.items()},
    Basis.EXPECTED: "Suppressed: it was to be expected.",
    Basis.UNEXPECTED: "Alerted: it was not to be expected.",
    Basis.COUNTED: "Suppressed: its rule's matches are counted by correlations, not told alone.",
    Basis.SUPPRESSED_BY_HAND: "Suppressed by hand, whatever a model says.",
    Basis.BELOW_THRESHOLD: "Suppressed: too few like it for its rule's threshold.",
}


def share_of(probability: float) -> str:
    """A probability as people read it."""
    return f"{probability:.2%}" if probability >= _LEAST_SHARE else f"less than {_LEAST_SHARE:.2%}"


_LEAST_SHARE = 0.0001


def _noted(told: Explanation, note: str) -> Explanation:
    return replace(told, notes=(*told.notes, note))


_NO_ANSWER = "No model answered, so there is no answer to take apart."
_NO_MATCH = "The match is no longer in the lake, so its model cannot be asked again."
_NO_SETTINGS = "The settings of the decision are gone, so its budget is not known."


def _kept(engine: Engine, tenant: TenantId, key: ContentHash | None) -> dict[str, Any] | None:
    """An artefact of JSON; None where it is gone or cannot be read."""
    try:
        found = orjson.loads(content(engine, tenant, key or ContentHash("")))
    except (NotFoundError, CorruptError, orjson.JSONDecodeError):
        return None
    return found if isinstance(found, dict) else None


def _as_then(
    engine: Engine, tenant: TenantId, model: ContentHash, about: Mapping[str, Any] | None
) -> Foresight:
    """The foresight that answered, with the one model that is asked.

    Raises:
        NotFoundError: It is not kept.
        CorruptError: It cannot be read.
    """
    if about is None or "calibration" not in about:
        raise NotFoundError("what its answers were held to is gone")
    return load({model: content(engine, tenant, model)}, orjson.dumps(about["calibration"]))


@dataclass(frozen=True, slots=True)
class _Asked:
    """Who is asked about what, and what its answer is held to."""

    foresight: Foresight
    moment: Moment
    budget: float


def _taken_apart(lake: Lake, tenant: TenantId, told: Explanation, asked: _Asked) -> Explanation:
    """The explanation with the model's answer made again."""
    distances = nearest_to(asked.foresight, told.rule, asked.moment)
    there = _still_there(lake, tenant, distances)
    near = {uid: (there[uid], away) for uid, away in distances.items() if uid in there}
    answer = explained(asked.foresight, told.rule, asked.moment, near, asked.budget)
    told = replace(
        told,
        answer=answer,
        same=answer.prediction.probability == told.probability,
        gone=tuple(uid for uid in distances if uid not in there),
    )
    return told if told.same else _noted(told, _differs(told, answer))


_NEEDED = list(dict.fromkeys((*MOMENT_COLUMNS, *ELSEWHERE_COLUMNS)))
_TOLD = [name for name in HAPPENED_COLUMNS if name not in _NEEDED]


def _still_there(lake: Lake, tenant: TenantId, uids: Collection[str]) -> dict[str, Moment]:
    """Those of the matches that the lake still has, by uid, with what was elsewhere before them."""
    rows = named_rows(lake, tenant, "matches", uids, _NEEDED)
    if not rows.num_rows:
        return {}
    own = pc.field("tenant") == tenant
    names = {name for sighting in sightings_of(rows) for name in sighting.names}
    seen = _elsewhere(lake, own & _before(integers(rows, "time")), names) if names else {}
    moments = moments_of(rows, [seen.get(uid, ()) for uid in texts(rows, "match_uid")])
    return {each.uid: each for each in moments}


def _elsewhere(
    lake: Lake, around: pc.Expression, names: AbstractSet[str]
) -> dict[str, tuple[str, ...]]:
    """Tokens of matches that have one of the names, by uid."""
    tied = tied_to(lake.read("matches", [*ELSEWHERE_COLUMNS, "match_uid"], around), names)
    return dict(zip(texts(tied, "match_uid"), elsewhere_of(tied), strict=True))


def _before(times: Sequence[int]) -> pc.Expression:
    """Matches that one at any of the times could see elsewhere, and itself."""
    return reduce(or_, (_hour_before(time) for time in times))


def _hour_before(time: int) -> pc.Expression:
    seen = pc.field("time")
    return (seen >= time - REACH) & (seen <= time)


def _differs(told: Explanation, answer: Explained) -> str:
    return (
        f"Asked again, the model answers {answer.prediction.probability!r} and not the stored"
        f" {told.probability!r}: what was stored of the match, or the program, has changed. What"
        " follows explains the new answer."
    )
