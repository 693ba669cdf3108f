"""All models of a tenant together: scores fused into a share of expected matches."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from math import log2

import numpy as np
import numpy.typing as npt
import orjson
from lightgbm.basic import LightGBMError

from foreseen.core.decisions import Evidence, Prediction
from foreseen.core.errors import CorruptError
from foreseen.core.ids import ContentHash, RuleId, content_hash
from foreseen.models import ensemble
from foreseen.models.calibration import Calibration
from foreseen.models.ensemble import MEMBERS, RuleModel
from foreseen.models.explain import context_evidence, neighbour_evidence, novelty_evidence
from foreseen.models.moments import Moment

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
        weighted = bits * np.asarray(self.each)
        # Not a matrix product, whose last bits depend on the number of rows.
        found = (
            weighted.sum(axis=1) if self.combination is Combination.SUM else weighted.max(axis=1)
        )
        return np.asarray(np.round(found, _DECIMALS), np.float64)


@dataclass(frozen=True, slots=True)
class Fusion:
    """How the members' scores become one.

    Attributes:
        members: Calibration of each member's raw score, in the order of `MEMBERS`.
        weights: Weights of the members' bits, and how the weighted bits become one score.
        fused: Calibration of the scores.
    """

    members: tuple[Calibration, ...]
    weights: Weights
    fused: Calibration

    def bits(self, raw: Scores) -> Scores:
        """Raw scores (moments, members) as bits on the members' calibrations."""
        columns = [
            -np.log2(calibration.shares(column))
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

    def history(self, rule: RuleId, workload: str) -> int:
        """Expected matches of a rule on a workload that its model was fitted on."""
        model = self.models.get(rule)
        return model.history.get(workload, 0) if model else 0

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
        model = self.models[rule]
        surprises = model.surprises(moments)
        raw = model.scores(moments, surprises)
        probabilities = self.fusion.probabilities(raw)
        bits = self.fusion.bits(raw)
        doubtful = [i for i, p in enumerate(probabilities) if not p > doubt]
        contexts = dict(
            zip(doubtful, context_evidence(model, [moments[i] for i in doubtful]), strict=True)
        )
        return [
            self._prediction(
                rule,
                [
                    *novelty_evidence(model, moment, surprises[i]),
                    neighbour_evidence(float(raw[i, -1])),
                    *([contexts[i]] if i in contexts else []),
                ],
                bits[i],
                float(probabilities[i]),
            )
            for i, moment in enumerate(moments)
        ]

    def _prediction(
        self, rule: RuleId, found: Sequence[Evidence], bits: Scores, probability: float
    ) -> Prediction:
        """Evidence weighed by its member's bits, the most surprising first."""
        by_member = dict(zip(MEMBERS, bits.tolist(), strict=True))
        weighed = [Evidence(e.member, round(by_member[e.member], 2), e.sentence) for e in found]
        weighed.sort(key=lambda evidence: -evidence.surprise)
        return Prediction(probability, -log2(probability), tuple(weighed), self.hashes[rule])


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
    return Fusion(members, weights, Calibration.of(dumped["fused"]))


@contextmanager
def _corrupt_unless_whole(what: str) -> Iterator[None]:
    try:
        yield
    except (ValueError, LookupError, TypeError, AttributeError, LightGBMError) as error:
        raise CorruptError(f"{what} cannot be read: {error!r}; train again") from error
