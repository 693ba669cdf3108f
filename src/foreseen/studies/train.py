"""Train a tenant's models from the lake, keep them as artefacts, and load them again."""

from collections.abc import Callable
from dataclasses import dataclass

import orjson
import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Engine

from foreseen.control import artefacts, taint
from foreseen.control.artefacts import NewArtefact
from foreseen.core.decisions import Basis, Outcome
from foreseen.core.errors import CorruptError, NotFoundError
from foreseen.core.ids import ContentHash, RuleId, TenantId
from foreseen.lake.lake import Lake
from foreseen.models.foresight import Foresight, fusion_bytes, load, model_bytes
from foreseen.models.moments import Moment
from foreseen.models.training import Trained, train
from foreseen.rules import RuleSet
from foreseen.schema.arrow import integers, texts
from foreseen.studies.history import Evidence, clean_history

MODEL, FORESIGHT = "model", "foresight"


@dataclass(frozen=True, slots=True)
class Order:
    """What to train.

    Attributes:
        tenant: Whose models.
        accepted_until: End of the history that a person accepts as clean, ms UTC.
        budget: Share of expected matches that may alert.
        least_history: Matches below which a rule gets no model, and a workload alerts.
        seed: Makes training repeatable.
        now: Wall time for the artefacts' records, ms UTC.
    """

    tenant: TenantId
    accepted_until: int
    budget: float
    least_history: int
    seed: int
    now: int


@dataclass(frozen=True, slots=True)
class Stored:
    """A stored foresight: its hash, what it says of itself, and itself.

    Attributes:
        hash: Content hash of the artefact that names fusion, models and how they came about.
        about: The order, the choice of fusion, the hash of each rule's model.
        foresight: Ready to predict.
    """

    hash: ContentHash
    about: dict[str, object]
    foresight: Foresight


def train_models(
    lake: Lake,
    engine: Engine,
    rules: RuleSet,
    order: Order,
    progress: Callable[[RuleId], None] = lambda _: None,
) -> Stored:
    """Train on the clean matches of the lake and store the result.

    Raises:
        NotFoundError: No match may teach: nothing before `accepted_until`, or no rule is marked.
    """
    trained = train(
        _history(lake, engine, rules, order),
        budget=order.budget,
        least_history=order.least_history,
        seed=order.seed,
        progress=progress,
    )
    if not trained.foresight.models:
        raise NotFoundError(
            f"no rule has {order.least_history} clean matches before the accepted time;"
            " choose a later one"
        )
    return _store(engine, order, trained, rules.hash)


def _history(
    lake: Lake, engine: Engine, rules: RuleSet, order: Order
) -> dict[RuleId, list[Moment]]:
    own = pc.field("tenant") == order.tenant
    matches = lake.read("matches", None, own)
    judged = lake.read("predictions", ["match_uid", "outcome", "basis"], own)
    evidence = Evidence(
        accepted_until=order.accepted_until,
        outcomes=_outcomes(judged),
        dismissed=taint.dismissed(engine, order.tenant),
        tainted=taint.tainted(engine, order.tenant),
    )
    silent = rules.correlations.silent  # counted and never asked of a model
    marked = {rule.id for rule in rules.rules if rule.foresee and rule.id not in silent}
    latest = max(integers(matches, "ingested_time"), default=0)
    return clean_history(matches, evidence, marked, latest)


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


def _store(engine: Engine, order: Order, trained: Trained, ruleset: ContentHash) -> Stored:
    foresight = trained.foresight
    for rule, model in foresight.models.items():
        new = NewArtefact(MODEL, rule, model_bytes(model))
        artefacts.put(engine, order.tenant, new, now=order.now)
    about: dict[str, object] = {
        "accepted_until": order.accepted_until,
        "budget": order.budget,
        "least_history": order.least_history,
        "seed": order.seed,
        "ruleset": ruleset,
        "fusion": trained.fusion,
        "strangers_caught": dict(trained.caught),
        "skipped": dict(trained.skipped),
        "models": dict(foresight.hashes),
        "calibration": orjson.Fragment(fusion_bytes(foresight.fusion)),
    }
    content = orjson.dumps(about, option=orjson.OPT_SORT_KEYS)
    key = artefacts.put(
        engine, order.tenant, NewArtefact(FORESIGHT, FORESIGHT, content), now=order.now
    )
    return Stored(key, orjson.loads(content), foresight)


def stored_foresight(
    engine: Engine, tenant: TenantId, *, unless: Stored | None = None
) -> Stored | None:
    """The newest foresight of a tenant; None before the first training.

    Args:
        engine: The control database.
        tenant: Whose.
        unless: What the caller has; it is returned itself when it is still the newest.

    Raises:
        CorruptError: It, or a model that it names, cannot be read.
    """
    found = artefacts.artefacts(engine, tenant, FORESIGHT)
    if not found:
        return None
    if unless and unless.hash == found[0].hash:
        return unless
    about = orjson.loads(artefacts.content(engine, tenant, found[0].hash))
    try:
        keys = [ContentHash(key) for key in about["models"].values()]
        models = {key: artefacts.content(engine, tenant, key) for key in keys}
        foresight = load(models, orjson.dumps(about["calibration"]))
    except (KeyError, TypeError, AttributeError, NotFoundError) as error:
        raise CorruptError(f"foresight {found[0].hash} lacks {error}; train again") from error
    return Stored(found[0].hash, about, foresight)
