"""What the judge's step depends on besides matches."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from foreseen.alerts.decide import Policy
from foreseen.core.decisions import Stage
from foreseen.core.ids import ContentHash, RuleId, TenantId
from foreseen.models.foresight import Foresight
from foreseen.rules import Rule
from foreseen.rules.correlation.fields import rule_of
from foreseen.rules.correlation.link import Plan
from foreseen.rules.suppression.suppressions import SuppressionSet


@dataclass(frozen=True, slots=True)
class JudgeArtefacts:
    """What the step depends on besides matches.

    Attributes:
        tenant: Organisation; one judge serves one.
        rules: Loaded rules by id.
        foresight: Trained models; None before the first training.
        policy: Bounds of silence.
        hashes: Content hashes by kind, written on every prediction.
        correlations: Rules that count the matches of other rules.
        suppressions: Suppressions by hand; None hides nothing.
        stages: How far each rule's model is trusted; a model without a stage observes.
    """

    tenant: TenantId
    rules: Mapping[RuleId, Rule]
    foresight: Foresight | None
    policy: Policy
    hashes: Mapping[str, ContentHash]
    correlations: Plan = field(default_factory=Plan)
    suppressions: SuppressionSet | None = None
    stages: Mapping[RuleId, Stage] = field(default_factory=dict)

    def rule(self, name: RuleId) -> Rule | None:
        """A rule, or a correlation as one; None when it is not loaded any more."""
        linked = self.correlations.get(name)
        return self.rules.get(name) if linked is None else rule_of(linked.correlation)
