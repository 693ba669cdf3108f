"""What was promised beside what came of it; what other thresholds would do; signs of drift."""

import time
from collections.abc import Mapping
from dataclasses import asdict

from sqlalchemy import Engine

from foreseen.core.ids import TenantId
from foreseen.lake.lake import Lake
from foreseen.rules import RuleSet
from foreseen.runners.settings.settings import Settings
from foreseen.studies.drift import objection
from foreseen.studies.promises import judged_matches, promises
from foreseen.studies.review import Reviewer, looked_at
from foreseen.studies.shifts import shifts, spread_of
from foreseen.studies.stored import Stored, stored_foresight
from foreseen.studies.threshold_curve import curve_of


def measured(
    lake: Lake, engine: Engine, tenant: TenantId, use: tuple[RuleSet, Settings], since: int
) -> Mapping[str, object]:
    """Promises, and of the models in use their curve, drift and spread, JSON-ready.

    Args:
        lake: Where predictions are.
        engine: The control database.
        tenant: Whose.
        use: Rules and settings in use.
        since: Matches before this time are left out of promises and curve, ms UTC.
    """
    rules, settings = use
    told = asdict(promises(lake, engine, tenant, since=since))
    used = stored_foresight(engine, tenant)
    if used is None:
        return {**told, "curve": None, "drift": [], "spread": None}
    policy = settings.policy_with(used.about)
    curve = curve_of(lake, engine, tenant, used, (rules, policy, since))
    reviewer = Reviewer(policy, time.time_ns() // 1_000_000, settings.bars)
    return {
        **told,
        "curve": asdict(curve),
        "drift": _drift(lake, engine, tenant, used, reviewer),
        "spread": _spread(lake, engine, tenant, used, reviewer),
    }


def _drift(
    lake: Lake, engine: Engine, tenant: TenantId, used: Stored, reviewer: Reviewer
) -> list[dict[str, object]]:
    """By model what a review looks at, what it would object to, and what has shifted besides."""
    looks = looked_at(lake, engine, tenant, used, reviewer)
    shifted = shifts(lake, tenant, int(used.about["accepted_until"]), reviewer.since)
    return [
        {
            "rule": rule,
            **asdict(recent),
            "objection": objection(recent, reviewer.policy.budget, reviewer.limits),
            "shift": asdict(shifted[rule]) if rule in shifted else None,
        }
        for rule, recent in looks.items()
    ]


def _spread(
    lake: Lake, engine: Engine, tenant: TenantId, used: Stored, reviewer: Reviewer
) -> dict[str, object]:
    """Probabilities of what the models in use have judged lately, beside their calibration."""
    judged = judged_matches(lake, engine, tenant, reviewer.since, used.hash)
    return asdict(spread_of(used.foresight.fusion.fused, judged.words))
