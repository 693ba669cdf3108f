"""Models as artefacts of the control database: stored, read back, or refused."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import orjson
from sqlalchemy import Engine

from foreseen.control import artefacts, model_stages, model_versions
from foreseen.control.artefacts import NewArtefact
from foreseen.core.decisions import Stage
from foreseen.core.errors import CorruptError, NotFoundError
from foreseen.core.ids import ContentHash, RuleId, TenantId
from foreseen.models.anchored import Anchored
from foreseen.models.foresight import Foresight, fusion_bytes, load, model_bytes

MODEL, FORESIGHT, ANCHOR = "model", "foresight", "anchor"


@dataclass(frozen=True, slots=True)
class Stored:
    """A stored foresight: its hash, what it says of itself, and itself.

    Attributes:
        hash: Content hash of the artefact that names fusion, models and how they came about.
        about: The order, the choice of fusion, the hash of each rule's model.
        foresight: Ready to predict.
        version: Its number; 0 while it is none.
        stages: How far each of its models is trusted while it is in use; one that is not named
            only observes.
        refused: Why it may not be taken without a second person; None: it may.
    """

    hash: ContentHash
    about: dict[str, Any]
    foresight: Foresight
    version: int = 0
    stages: Mapping[RuleId, Stage] = field(default_factory=dict)
    refused: str | None = None


def stored_foresight(
    engine: Engine, tenant: TenantId, *, unless: Stored | None = None
) -> Stored | None:
    """The foresight in use, with the stages of its models; None before the first training.

    Args:
        engine: The control database.
        tenant: Whose.
        unless: What the caller has; it is returned itself when nothing has changed since.

    Raises:
        CorruptError: It, or a model that it names, cannot be read.
    """
    used = model_versions.in_use(engine, tenant)
    if used is None:
        return None
    number = used.version.number
    if unless is None or (unless.version, unless.hash) != (number, used.version.foresight):
        unless = stored_version(engine, tenant, number)
    stages = model_stages.in_force(used.placed, unless.foresight.hashes)
    return unless if unless.stages == stages else replace(unless, stages=stages)


def stored_version(engine: Engine, tenant: TenantId, number: int) -> Stored:
    """One version, whether it is in use or not; no stage of its models is told.

    Raises:
        NotFoundError: There is no such version.
        CorruptError: It, or a model that it names, cannot be read.
    """
    version = model_versions.version(engine, tenant, number)
    about = _read(engine, tenant, version.foresight)
    try:
        own = _load(engine, tenant, about)
        if about.get(ANCHOR):
            anchor = _load(engine, tenant, _read(engine, tenant, ContentHash(about[ANCHOR])))
            own = Anchored(own.models, own.fusion, own.hashes, anchor)
    except (KeyError, TypeError, AttributeError, NotFoundError) as error:
        raise CorruptError(f"foresight {version.foresight} lacks {error}; train again") from error
    return Stored(version.foresight, about, own, number, refused=version.refused)


def store_foresight(
    engine: Engine, tenant: TenantId, foresight: Foresight, about: Mapping[str, Any], *, now: int
) -> Stored:
    """Keep models, and what they say of themselves, among the artefacts; they are no version yet.

    Args:
        engine: The control database.
        tenant: Whose.
        foresight: The models.
        about: How they came about; where they are and their calibration are added.
        now: Wall time for the artefacts' records, ms UTC.
    """
    content = orjson.dumps(
        {**about, **_kept(engine, tenant, foresight, now)}, option=orjson.OPT_SORT_KEYS
    )
    new = NewArtefact(FORESIGHT, FORESIGHT, content)
    key = artefacts.put(engine, tenant, new, now=now)
    return Stored(key, orjson.loads(content), foresight)


def store_anchor(
    engine: Engine, tenant: TenantId, anchor: Foresight, taught: str, *, now: int
) -> ContentHash:
    """Keep an anchor under the name of what it was taught; returns its hash."""
    kept = {"taught": taught, **_kept(engine, tenant, anchor, now)}
    content = orjson.dumps(kept, option=orjson.OPT_SORT_KEYS)
    return artefacts.put(engine, tenant, NewArtefact(ANCHOR, taught, content), now=now)


def stored_anchor(engine: Engine, tenant: TenantId, taught: str) -> Foresight | None:
    """The anchor that was taught exactly this; None where there is none that can be read."""
    for each in artefacts.artefacts(engine, tenant, ANCHOR):
        if each.name == taught:
            try:
                return _load(engine, tenant, _read(engine, tenant, each.hash))
            except (CorruptError, KeyError, TypeError, AttributeError, NotFoundError):
                return None  # it is trained again
    return None


def _kept(engine: Engine, tenant: TenantId, foresight: Foresight, now: int) -> dict[str, Any]:
    """Keep models; returns where they are and their calibration."""
    for rule, model in foresight.models.items():
        new = NewArtefact(MODEL, rule, model_bytes(model))
        artefacts.put(engine, tenant, new, now=now)
    return {
        "models": dict(foresight.hashes),
        "calibration": orjson.Fragment(fusion_bytes(foresight.fusion)),
    }


def _read(engine: Engine, tenant: TenantId, key: ContentHash) -> dict[str, Any]:
    content = artefacts.content(engine, tenant, key)
    try:
        about: dict[str, Any] = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise CorruptError(f"artefact {key} is no JSON: {error}; train again") from error
    return about


def _load(engine: Engine, tenant: TenantId, about: Mapping[str, Any]) -> Foresight:
    keys = [ContentHash(key) for key in about["models"].values()]
    models = {key: artefacts.content(engine, tenant, key) for key in keys}
    return load(models, orjson.dumps(about["calibration"]))
