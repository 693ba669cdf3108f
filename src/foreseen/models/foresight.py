"""All models of a tenant together: scores fused into a share of expected matches."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from math import log2

import numpy as np
import numpy.typing as npt
import orjson

from foreseen.core.decisions import Evidence, Level, Prediction
from foreseen.core.errors import CorruptError
from foreseen.core.ids import ContentHash, RuleId, content_hash
from foreseen.models import ensemble
from foreseen.models.calibration import Calibration
from foreseen.models.ensemble import MEMBERS, RuleModel
from foreseen.models.explaining.answering import answering
from foreseen.models.explaining.circumstances import circumstance_evidence
from foreseen.models.explaining.explain import (
    context_evidence,
    neighbour_evidence,
    novelty_evidence,
)
from foreseen.models.members.common import Common
from foreseen.models.members.levels import STRICTER, Standing
from foreseen.models.members.novelty import Surprise
from foreseen.models.moments.moment import Moment

Scores = npt.NDArray[np.float64]

_DECIMALS = 9


class Combination(StrEnum):
    """How members' bits become one score."""

    SUM = "sum"
    STRONGEST = "strongest"
    """What one member finds odd is odd (Tippett 1931: the smallest of several p-values)."""


@dataclass(frozen=True, slots=True)
class Weights:
    """Weight of each member's bits, in the order of `MEMBERS`, and how they are put together."""

    each: tuple[float, ...]
    combination: Combination = Combination.SUM

    def score(self, bits: Scores) -> Scores:
        """Scores of bits (moments, members)."""
        each = np.asarray(self.each)
        asked = each > 0  # what has no weight has no say, not even by a score that is no number
        weighted = bits[:, asked] * each[asked]
        # Not a matrix product, whose last bits depend on the number of rows.
        if self.combination is Combination.SUM:
            found = weighted.sum(axis=1)
        else:
            found = weighted.max(axis=1, initial=0.0)
        return np.asarray(np.round(found, _DECIMALS), np.float64)


@dataclass(frozen=True, slots=True)
class Fusion:
    """What the models of all rules share: how the members' scores become one, and `Common`.

    Attributes:
        members: Calibration of each member's raw score, in the order of `MEMBERS`.
        weights: Weights of the members' bits, and how the weighted bits become one score.
        fused: Calibration of the scores.
        common: Whose history answers, and what is usual on each workload.
    """

    members: tuple[Calibration, ...]
    weights: Weights
    fused: Calibration
    common: Common = field(default_factory=Common)

    def bits(self, raw: Scores) -> Scores:
        """Raw scores (moments, members) as bits on the members' calibrations.

        Beyond all of the calibration a share says no more; there a member's own bits go on, so that
        what is odd beyond everything ever seen is not drowned by what is usual about it.
        """
        columns = [
            -np.log2(calibration.shares(column)) + calibration.beyond(column)
            for calibration, column in zip(self.members, raw.T, strict=True)
        ]
        return np.column_stack(columns)

    def score(self, raw: Scores) -> Scores:
        """Weighted bits, one a moment."""
        return self.weights.score(self.bits(raw))

    def probabilities(self, raw: Scores) -> Scores:
        """Share of expected matches at least as surprising, one a moment."""
        return self.fused.shares(self.score(raw))


def own_scores(members: Sequence[Calibration], weights: Weights, raw: Scores) -> Scores:
    """Weighted bits of the very moments that the members are calibrated on, each without itself."""
    columns = [
        -np.log2(calibration.shares_without(column))
        for calibration, column in zip(members, raw.T, strict=True)
    ]
    return weights.score(np.column_stack(columns))


@dataclass(frozen=True, slots=True)
class Foresight:
    """Models by rule and their common fusion."""

    models: Mapping[RuleId, RuleModel]
    fusion: Fusion
    hashes: Mapping[RuleId, ContentHash] = field(default_factory=dict)

    def standing(self, rule: RuleId, workload: str) -> Standing:
        """Whose history answers for a rule on a workload: its own, its group's or the tenant's."""
        model = self.models.get(rule)
        return self.fusion.common.levels.standing(model.history if model else {}, workload)

    def history(self, rule: RuleId, workload: str) -> int:
        """Expected matches of a rule that its model was fitted on, at the level that answers."""
        return self.standing(rule, workload).history

    def scores(
        self,
        rule: RuleId,
        moments: Sequence[Moment],
        surprises: Sequence[Sequence[Surprise]] | None = None,
    ) -> Scores:
        """Raw scores (moments, members) of one rule's moments, as `RuleModel.scores` has them."""
        return self.models[rule].scores(moments, self.fusion.common, surprises)

    def probabilities(self, rule: RuleId, moments: Sequence[Moment], raw: Scores) -> Scores:
        """Share of expected matches at least as surprising, cut where others' history answers."""
        workloads = sorted({moment.workload for moment in moments})
        kept = {name: STRICTER[self.standing(rule, name).level] for name in workloads}
        left = np.array([kept[moment.workload] for moment in moments], np.float64)
        return self.fusion.probabilities(raw) * left

    def resolves(self, budget: float) -> bool:
        """Whether the calibration is fine enough to hold predictions to a budget."""
        return self.fusion.fused.resolution < budget

    def predict(self, rule: RuleId, moments: Sequence[Moment], doubt: float) -> list[Prediction]:
        """Predictions of one rule's moments.

        Args:
            rule: A rule that has a model.
            moments: Its matches.
            doubt: Probability at or below which the context's share is explained in full (TreeSHAP
                costs too much to do it for what is plainly expected).
        """
        model, common = self.models[rule], self.fusion.common
        standings = {one.workload: self.standing(rule, one.workload) for one in moments}
        answers = {w: answering(model, w, each, common) for w, each in standings.items()}
        surprises = model.surprises(moments, {w: s.members for w, s in standings.items()})
        raw = self.scores(rule, moments, surprises)
        probabilities = self.probabilities(rule, moments, raw).tolist()
        doubtful = [i for i, p in enumerate(probabilities) if not p > doubt]
        contexts = dict(
            zip(
                doubtful,
                context_evidence(model, [moments[i] for i in doubtful], answers),
                strict=True,
            )
        )
        found: list[Prediction] = []
        for i, (moment, bits) in enumerate(zip(moments, self.fusion.bits(raw), strict=True)):
            place = moment.workload
            evidence = [
                *novelty_evidence(model, moment, surprises[i], answers[place]),
                neighbour_evidence(float(raw[i, _NEIGHBOURS]), answers[place]),
                *circumstance_evidence(model, moment, common, answers[place]),
                *([contexts[i]] if i in contexts else []),
            ]
            level = standings[place].level
            found.append(_prediction(probabilities[i], evidence, bits, level, self.hashes[rule]))
        return found


def _prediction(
    probability: float, found: Sequence[Evidence], bits: Scores, level: Level, model: ContentHash
) -> Prediction:
    """Evidence weighed by its member's bits, the most surprising first."""
    by_member = dict(zip(MEMBERS, bits.tolist(), strict=True))
    weighed = [Evidence(e.member, round(by_member[e.member], 2), e.sentence) for e in found]
    weighed.sort(key=lambda evidence: -evidence.surprise)
    return Prediction(probability, -log2(probability), tuple(weighed), model, level)


_NEIGHBOURS = MEMBERS.index("neighbours")


def foresight(models: Mapping[RuleId, RuleModel], fusion: Fusion) -> Foresight:
    """Foresight whose models are named by their content."""
    hashes = {rule: content_hash(model_bytes(model)) for rule, model in models.items()}
    return Foresight(models, fusion, hashes)


def model_bytes(model: RuleModel) -> bytes:
    """One rule's model as stored: JSON, the same bytes for the same model."""
    return orjson.dumps(model.dump(), option=orjson.OPT_SORT_KEYS)


def fusion_bytes(fusion: Fusion) -> bytes:
    """The fusion as stored."""
    dumped = {
        "members": [calibration.dump() for calibration in fusion.members],
        "weights": fusion.weights.each,
        "combination": fusion.weights.combination,
        "fused": fusion.fused.dump(),
        "common": fusion.common.dump(),
    }
    return orjson.dumps(dumped, option=orjson.OPT_SORT_KEYS)


def load(models: Mapping[ContentHash, bytes], fusion: bytes) -> Foresight:
    """Foresight from stored bytes.

    Raises:
        CorruptError: The bytes do not have the promised hash, or are no model.
    """
    loaded: dict[RuleId, RuleModel] = {}
    hashes: dict[RuleId, ContentHash] = {}
    for name, content in models.items():
        if content_hash(content) != name:
            raise CorruptError(f"model {name} does not have its content; train again")
        with _corrupt_unless_whole(f"model {name}"):
            model = ensemble.load(orjson.loads(content))
        loaded[RuleId(model.rule)] = model
        hashes[RuleId(model.rule)] = name
    with _corrupt_unless_whole("the fusion of the models"):
        return Foresight(loaded, _fusion(fusion), hashes)


def _fusion(content: bytes) -> Fusion:
    dumped = orjson.loads(content)
    members = tuple(Calibration.of(scores) for scores in dumped["members"])
    each = tuple(float(weight) for weight in dumped["weights"])
    weights = Weights(each, Combination(dumped["combination"]))
    if len(members) != len(MEMBERS) or len(each) != len(MEMBERS):
        raise ValueError(f"{len(MEMBERS)} members are needed")
    fused, common = Calibration.of(dumped["fused"]), Common.load(dumped["common"])
    return Fusion(members, weights, fused, common)


@contextmanager
def _corrupt_unless_whole(what: str) -> Iterator[None]:
    try:
        yield
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise CorruptError(f"{what} cannot be read: {error!r}; train again") from error
