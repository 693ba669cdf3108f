"""What a person may set of both steps and the models' life, kept among the artefacts."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import orjson
from sqlalchemy import Engine

from foreseen.alerts.decide import Policy
from foreseen.control.artefacts import NewArtefact, put
from foreseen.core.ids import TenantId
from foreseen.lake.keeping.retention import Retention
from foreseen.pipeline.workloads import Workloads
from foreseen.rules import RuleSet
from foreseen.rules.assignment import RuleSets
from foreseen.runners.settings.rhythm import Rhythm
from foreseen.studies.gates import Bars
from foreseen.studies.holding import share_in_force

BUDGET = 0.01
"""Share of expected matches that may alert, unless the person says otherwise."""

LEAST_HISTORY = 30
"""Clean matches on a workload below which every match alerts."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings of both steps, and of the models' life.

    Attributes:
        policy: Bounds of silence; its budget is the default where `alerts_a_day` is given.
        workloads: Which workload a host plays.
        rule_sets: Which rules look at which workload.
        alerts_a_day: False alerts a day that the tenant wants; None: the policy's budget holds.
        bars: What models must show before they may suppress.
        rhythm: How often they are reviewed and trained again.
        retention: How long rows are kept.
    """

    policy: Policy = field(default_factory=lambda: Policy(BUDGET, LEAST_HISTORY))
    workloads: Workloads = field(default_factory=Workloads)
    rule_sets: RuleSets = field(default_factory=RuleSets)
    alerts_a_day: float | None = None
    bars: Bars = field(default_factory=Bars)
    rhythm: Rhythm = field(default_factory=Rhythm)
    retention: Retention = field(default_factory=Retention)

    @property
    def content(self) -> bytes:
        """As kept among the artefacts: the same bytes for the same settings."""
        return orjson.dumps(asdict(self))

    def policy_with(self, about: Mapping[str, Any] | None) -> Policy:
        """The policy with the share that predictions of the models in use are held to.

        Args:
            about: What the models say of themselves; None without models.
        """
        return replace(self.policy, budget=share_in_force(asdict(self), about))


def keep(engine: Engine, tenant: TenantId, rules: RuleSet, settings: Settings, *, now: int) -> None:
    """Keep rules and settings among the artefacts, so that a decision can be made again."""
    for kind, content in (("rules", rules.content), ("settings", settings.content)):
        put(engine, tenant, NewArtefact(kind, kind, content), now=now)
