"""What a person may order of models: another version, and how far one rule's model is trusted."""

from dataclasses import dataclass

from sqlalchemy import Engine

from foreseen.control import model_stages, model_versions
from foreseen.control.audit_log import Actor
from foreseen.control.model_stages import Cause, Placed
from foreseen.control.model_versions import Choice
from foreseen.core.decisions import Stage
from foreseen.core.errors import ConfigurationError, NotFoundError, StaleError
from foreseen.core.ids import RuleId, TenantId
from foreseen.studies.gates import Gate
from foreseen.studies.staging import Candidate, begun, returned
from foreseen.studies.stored import Stored, stored_foresight, stored_version


@dataclass(frozen=True, slots=True)
class Person:
    """Who orders it.

    Attributes:
        name: The person.
        reason: Why, in the person's words.
        time: When, ms UTC.
        second: A second person who stands for it; None: there is none.
        actor: Who the audit log names; None: it is not recorded.
        seen: Version in use, or last word on a model, that it was decided by; another one by now
            refuses it. None: whichever it is.
    """

    name: str
    reason: str
    time: int
    second: str | None = None
    actor: Actor | None = None
    seen: int | None = None


def roll_back(engine: Engine, tenant: TenantId, number: int, person: Person) -> Stored:
    """Take an older version back into use; taking the newer one again undoes it.

    Its models stand where they stood last, unless their rules were demoted since. Nothing is
    retrained in the background until the newest version is in use again, or a person trains.

    Raises:
        NotFoundError: There is no such version.
        ConfigurationError: It was refused, and no second person stands for it.
        StaleError: Another version came into use since it was decided.
    """
    wanted = stored_version(engine, tenant, number)
    if wanted.refused:
        return take_refused(engine, tenant, number, person)
    used = _in_use(engine, tenant)
    if person.seen is not None and person.seen != used.version:
        raise StaleError(f"version {used.version} came into use meanwhile")
    placed = returned(
        number,
        wanted.foresight.hashes,
        model_stages.history(engine, tenant),
        person.name,
        person.time,
    )
    choice = Choice(number, person.name, person.reason, person.time, instead_of=used.version)
    model_versions.take(engine, tenant, choice, placed, actor=person.actor)
    return _in_use(engine, tenant)


def take_refused(engine: Engine, tenant: TenantId, number: int, person: Person) -> Stored:
    """Take a version that gates refused: it loses an attack chain, so two persons answer for it.

    Raises:
        NotFoundError: There is no such version.
        ConfigurationError: No second person stands for it.
    """
    wanted = stored_version(engine, tenant, number)
    version = model_versions.version(engine, tenant, number)
    used = _in_use(engine, tenant)
    told = version.report.get("gates")
    gates = {
        RuleId(rule): tuple(Gate(**gate) for gate in each)
        for rule, each in (told.items() if isinstance(told, dict) else ())
    }
    candidate = Candidate(
        number, wanted.foresight.hashes, gates, person.name, accepted=False, time=person.time
    )
    choice = Choice(
        number, person.name, person.reason, person.time, person.second, instead_of=used.version
    )
    placed = begun(candidate, model_stages.placements(engine, tenant))
    model_versions.take(engine, tenant, choice, placed, actor=person.actor)
    return _in_use(engine, tenant)


def promote(
    engine: Engine, tenant: TenantId, rule: RuleId, person: Person, to: Stage | None = None
) -> Placed:
    """Trust one rule's model further: by one stage, or up to the one that is named.

    Raises:
        NotFoundError: The rule has no model in use.
        ConfigurationError: It is trusted so far already; or it fails a gate, and no second person
            stands for it.
    """
    used = _in_use(engine, tenant)
    now = _stage(used, rule)
    wanted = to or _ORDER[min(_ORDER.index(now) + 1, len(_ORDER) - 1)]
    if _ORDER.index(wanted) <= _ORDER.index(now):
        raise ConfigurationError(f"the model of '{rule}' is trusted to {now.value} already")
    version = model_versions.version(engine, tenant, used.version)
    failed = _failed(version.report, rule)
    if failed and (not person.second or person.second == person.name):
        raise ConfigurationError(
            f"the model of '{rule}' does not pass every gate: {' '.join(failed)} A second person"
            " has to stand for it (--second NAME, another one than the first)"
        )
    reason = person.reason
    if failed:
        reason += f" ({person.second} stands for it, too: it does not pass every gate.)"
    return _place(engine, tenant, used, rule, (wanted, Cause.PROMOTED, reason, person))


def demote(engine: Engine, tenant: TenantId, rule: RuleId, person: Person) -> Placed:
    """Let one rule's model only observe, and every later one of it, until a person promotes it.

    Raises:
        NotFoundError: The rule has no model in use.
    """
    used = _in_use(engine, tenant)
    _stage(used, rule)
    told = (Stage.OBSERVE, Cause.DEMOTED, person.reason, person)
    return _place(engine, tenant, used, rule, told)


def _place(
    engine: Engine,
    tenant: TenantId,
    used: Stored,
    rule: RuleId,
    told: tuple[Stage, Cause, str, Person],
) -> Placed:
    stage, cause, reason, person = told
    placed = Placed(
        rule=rule,
        stage=stage,
        cause=cause,
        author=person.name,
        reason=reason,
        model=used.foresight.hashes[rule],
        version=used.version,
        time=person.time,
    )
    model_stages.place(engine, tenant, [placed], actor=person.actor, seen=person.seen)
    return placed


def _in_use(engine: Engine, tenant: TenantId) -> Stored:
    used = stored_foresight(engine, tenant)
    if used is None:
        raise NotFoundError("no models yet; train with 'foreseen models train --until'")
    return used


def _stage(used: Stored, rule: RuleId) -> Stage:
    if rule not in used.foresight.models:
        known = ", ".join(sorted(used.foresight.models))
        raise NotFoundError(f"no model of rule '{rule}'; there are models of {known}")
    return used.stages.get(rule, Stage.OBSERVE)


def _failed(report: dict[str, object], rule: RuleId) -> list[str]:
    """Sentences of the gates that a rule's model fails; of one that no gate has seen, too."""
    gates = report.get("gates")
    own = gates.get(rule) if isinstance(gates, dict) else None
    if not own:
        return ["No gate has looked at it."]
    return [f"{gate['name']}: {gate['sentence']}" for gate in own if not gate["passed"]]


_ORDER = (Stage.OBSERVE, Stage.ASSIST, Stage.SUPPRESS)
