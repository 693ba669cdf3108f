"""Train a tenant's models from the lake: a new version, which goes through the gates."""

from collections.abc import Callable
from dataclasses import asdict, replace

import orjson
import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Engine

from foreseen import __version__
from foreseen.alerts.decide import Policy
from foreseen.control import audit_sample, taint
from foreseen.core.crew import ALONE, Crew
from foreseen.core.decisions import Basis, Outcome
from foreseen.core.errors import CorruptError, NotFoundError
from foreseen.core.ids import RuleId, content_hash
from foreseen.lake.keeping.long_reads import holds_lake
from foreseen.lake.lake import Lake
from foreseen.models.anchored import Anchored
from foreseen.rules import RuleSet
from foreseen.schema.arrow import integers, texts
from foreseen.studies.anchor import Learned, learn, together
from foreseen.studies.history import Evidence, Lessons, lessons_of
from foreseen.studies.holding import HELD, Experience, Held, asked_of, held, share_in_force
from foreseen.studies.order import Order
from foreseen.studies.promises import experience_of, promises
from foreseen.studies.relabelled import still_matching
from foreseen.studies.replays.chain import Use
from foreseen.studies.replays.replay import replays_under
from foreseen.studies.replays.transplant import transplants
from foreseen.studies.settling import Tried, settle
from foreseen.studies.stored import (
    FORESIGHT,
    MODEL,
    Stored,
    store_anchor,
    store_foresight,
    stored_anchor,
    stored_foresight,
)

__all__ = [
    "FORESIGHT",
    "MODEL",
    "Order",
    "Stored",
    "stored_foresight",
    "tenant_lessons",
    "train_models",
]

PLACEMENTS = 2
"""Places of each attack replay among the tenant's matches that the gates look at."""


@holds_lake
def train_models(  # noqa: PLR0913 (the last two say how, and not what)
    lake: Lake,
    engine: Engine,
    rules: RuleSet,
    order: Order,
    progress: Callable[[RuleId], None] = lambda _: None,
    *,
    crew: Crew = ALONE,
) -> Stored:
    """Train on the clean matches of the lake; the result is a new version, whoever fits it.

    It is taken into use with the stages that its gates allow, unless it is refused: then the
    version before stays in use, and the result says why in `refused`.

    Raises:
        NotFoundError: No match may teach: nothing before `accepted_until`, or no rule is marked.
        ConfigurationError: Another version came into use meanwhile.
    """
    before = _in_use(engine, order)
    lessons = tenant_lessons(lake, engine, rules, order)
    asked = asked_of(
        engine,
        order.tenant,
        together(together(lessons.accepted, lessons.dismissed), lessons.quiet),
        alerts_a_day=order.alerts_a_day,
        default=order.budget,
    )
    policy = Policy(asked.share, order.least_history, order.groups)
    taught = _taught(lessons, policy, order.seed)
    anchor = stored_anchor(engine, order.tenant, taught)
    learned = learn(lessons, policy, order.seed, anchor=anchor, progress=progress, crew=crew)
    if not learned.trained.foresight.models:
        raise NotFoundError(
            f"no rule has {order.least_history} clean matches before the accepted time;"
            " choose a later one"
        )
    runs = replays_under(rules, Use.GATE)
    replays = transplants(runs, learned.history, PLACEMENTS).replays
    within = held(
        asked,
        learned.trained.foresight,
        [replay.moments for replay in replays],
        least_history=order.least_history,
        before=_experience(lake, engine, order, before),
    )
    stored = _store(engine, rules, order, learned, within, taught)
    policy = replace(policy, budget=within.share if within else asked.share)
    return settle(engine, order, rules, Tried(stored, learned, replays, policy), before)


def _experience(
    lake: Lake, engine: Engine, order: Order, before: Stored | None
) -> Experience | None:
    """What came of the models in use, where the budget may follow it."""
    if before is None or order.alerts_a_day is None:
        return None
    asked = {"policy": {"budget": order.budget}, "alerts_a_day": order.alerts_a_day}
    share = share_in_force(asked, before.about)
    try:
        return experience_of(promises(lake, engine, order.tenant, of=before.hash), share)
    except (NotFoundError, CorruptError):  # what its predictions depended on cannot be told
        return Experience(share, share)


def tenant_lessons(lake: Lake, engine: Engine, rules: RuleSet, order: Order) -> Lessons:
    """What may teach a tenant's models now (law 5)."""
    own = pc.field("tenant") == order.tenant
    silent = rules.correlations.silent  # counted and never asked of a model
    marked = {rule.id for rule in rules.rules if rule.foresee and rule.id not in silent}
    matches = lake.read("matches", None, own)
    judged = lake.read("predictions", ["match_uid", "outcome", "basis"], own)
    evidence = Evidence(
        accepted_until=order.accepted_until,
        outcomes=_outcomes(judged),
        dismissed=taint.dismissed(engine, order.tenant),
        tainted=taint.tainted(engine, order.tenant) | audit_sample.audit_hits(engine, order.tenant),
    )
    latest = max(integers(matches, "ingested_time"), default=0)
    # What an edit of its rule excludes teaches no more, but still says where there was unrest.
    matches = still_matching(matches, rules, besides=evidence.tainted)
    return lessons_of(matches, evidence, marked, latest)


def _outcomes(judged: pa.Table) -> dict[str, Outcome]:
    """Outcome by match, without those that are silent for another reason than a model's word.

    That a person did not want to see a match, or that it is only counted, does not make it
    expected: no model has judged it and nobody has looked at it. Were it to teach, the silence
    would outlive the suppression or the correlation.
    """
    outcomes: dict[str, Outcome] = {}
    hidden: set[str] = set()
    columns = (texts(judged, name) for name in ("match_uid", "outcome", "basis"))
    for uid, word, basis in zip(*columns, strict=True):
        if basis in _UNJUDGED:
            hidden.add(uid)
        elif outcomes.get(uid) is not Outcome.ALERTED:  # judged twice: one alert is enough
            outcomes[uid] = Outcome(word)
    return {uid: outcome for uid, outcome in outcomes.items() if uid not in hidden}


_UNJUDGED = {
    Basis.SUPPRESSED_BY_HAND.value,
    Basis.COUNTED.value,
    Basis.BELOW_THRESHOLD.value,  # it would have alerted, had there been more of it
}


def _in_use(engine: Engine, order: Order) -> Stored | None:
    """The version in use; None too while it cannot be read: then there is nothing to compare."""
    try:
        return stored_foresight(engine, order.tenant)
    except CorruptError:
        return None


def _taught(lessons: Lessons, policy: Policy, seed: int) -> str:
    """Names what an anchor is taught: equal names give equal anchors."""
    uids = [
        {rule: [moment.uid for moment in found] for rule, found in history.items()}
        for history in (lessons.accepted, lessons.dismissed)
    ]
    told = [__version__, seed, asdict(policy), *uids]
    return content_hash(orjson.dumps(told, option=orjson.OPT_SORT_KEYS))


def _store(  # noqa: PLR0913, PLR0917 (what it writes has as many sources)
    engine: Engine,
    rules: RuleSet,
    order: Order,
    learned: Learned,
    within: Held | None,
    taught: str,
) -> Stored:
    trained, foresight = learned.trained, learned.trained.foresight
    anchor = store_anchor(engine, order.tenant, learned.anchor, taught, now=order.now)
    texts_of_rules = {each.rule.id: content_hash(each.text.encode()) for each in rules.compiled}
    about = {
        "accepted_until": order.accepted_until,
        "budget": order.budget,
        "least_history": order.least_history,
        "seed": order.seed,
        "ruleset": rules.hash,
        "rules": {rule: texts_of_rules.get(rule) for rule in sorted(foresight.models)},
        "fusion": trained.fusion,
        "strangers_caught": dict(trained.caught),
        "skipped": dict(trained.skipped),
        "anchor": anchor if isinstance(foresight, Anchored) else None,
        HELD: within.dump() if within else None,
    }
    return store_foresight(engine, order.tenant, foresight, about, now=order.now)
