"""All models of a tenant together: scores fused into a share of expected matches."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import log2

import numpy as np
import numpy.typing as npt
import orjson

from foreseen.core.decisions import Evidence, Prediction
from foreseen.core.errors import CorruptError
from foreseen.core.ids import ContentHash, RuleId, content_hash
from foreseen.models import ensemble
from foreseen.models.calibration import Calibration
from foreseen.models.ensemble import MEMBERS, RuleModel
from foreseen.models.explain import context_evidence, neighbour_evidence, novelty_evidence
from foreseen.models.moments import Moment

Scores = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Fusion:
    """How the members' scores become one.

    Attributes:
        members: Calibration of each member's raw score, in the order of `MEMBERS`.
        weights: Weight of each member's bits.
        fused: Calibration of the weighted sum.
    """

    members: tuple[Calibration, ...]
    weights: tuple[float, ...]
    fused: Calibration

    def score(self, rule: RuleId, raw: Scores) -> Scores:
        """Weighted bits of raw scores (moments, members)."""
        bits = [
            -np.log2(calibration.shares(rule, column))
            for calibration, column in zip(self.members, raw.T, strict=True)
        ]
        return np.asarray(np.column_stack(bits) @ np.asarray(self.weights), np.float64)

    def probabilities(self, rule: RuleId, raw: Scores) -> Scores:
        """Share of expected matches at least as surprising, one a moment."""
        return self.fused.shares(rule, self.score(rule, raw))


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

    def predict(self, rule: RuleId, moments: Sequence[Moment], doubt: float) -> list[Prediction]:
        """Predictions of one rule's moments.

        Args:
            rule: A rule that has a model.
            moments: Its matches.
            doubt: Probability at or below which the context's share is explained in full (TreeSHAP
                costs too much to do it for what is plainly expected).
        """
        model = self.models[rule]
        raw = model.scores(moments)
        probabilities = self.fusion.probabilities(rule, raw)
        doubtful = [i for i, p in enumerate(probabilities) if not p > doubt]
        contexts = dict(
            zip(doubtful, context_evidence(model, [moments[i] for i in doubtful]), strict=True)
        )
        return [
            self._prediction(model, moment, raw[i], float(probabilities[i]), contexts.get(i))
            for i, moment in enumerate(moments)
        ]

    def _prediction(
        self,
        model: RuleModel,
        moment: Moment,
        raw: Scores,
        probability: float,
        context: Evidence | None,
    ) -> Prediction:
        rule = RuleId(model.rule)
        found = [*novelty_evidence(model, moment), neighbour_evidence(float(raw[-1]))]
        if context:
            found.append(context)
        bits = dict(zip(MEMBERS, self._bits(rule, raw), strict=True))
        weighed = [Evidence(e.member, round(bits[e.member], 2), e.sentence) for e in found]
        weighed.sort(key=lambda evidence: -evidence.surprise)
        return Prediction(probability, -log2(probability), tuple(weighed), self.hashes[rule])

    def _bits(self, rule: RuleId, raw: Scores) -> list[float]:
        return [
            float(-np.log2(calibration.shares(rule, raw[i : i + 1])[0]))
            for i, calibration in enumerate(self.fusion.members)
        ]


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
        "weights": fusion.weights,
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
        try:
            model = ensemble.load(orjson.loads(content))
        except (ValueError, KeyError, TypeError) as error:
            raise CorruptError(f"model {name} cannot be read: {error}; train again") from error
        loaded[RuleId(model.rule)] = model
        hashes[RuleId(model.rule)] = name
    return Foresight(loaded, _fusion(fusion), hashes)


def _fusion(content: bytes) -> Fusion:
    dumped = orjson.loads(content)
    return Fusion(
        tuple(Calibration.of(scores) for scores in dumped["members"]),
        tuple(dumped["weights"]),
        Calibration.of(dumped["fused"]),
    )
