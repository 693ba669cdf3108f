"""A data folder's history and what was in use there, to ask it what an unsaved edit would alter."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Engine

from foreseen.alerts.decide import Policy
from foreseen.control.artefacts import artefacts, content
from foreseen.control.documents import DocumentKind, documents
from foreseen.core.crew import ALONE, Crew
from foreseen.core.errors import ConfigurationError, NotFoundError
from foreseen.core.ids import DEFAULT_TENANT, RuleId, TenantId, content_hash
from foreseen.lake.keeping.retention import Retention
from foreseen.lake.lake import Lake
from foreseen.pipeline.judge import JudgeArtefacts
from foreseen.pipeline.workloads import Workloads
from foreseen.rules import Problem, RuleSet, load, parse_rules
from foreseen.rules.assignment import NamedSet, RuleSets, Selection
from foreseen.rules.document import documents_of
from foreseen.rules.suppression.suppressions import SuppressionSet, load_suppressions
from foreseen.runners.judging import judge_artefacts
from foreseen.runners.lake_place import control_of, lake_of
from foreseen.runners.rules.compiled import user_folder
from foreseen.runners.rules.files import Document, refuse, shipped_documents
from foreseen.runners.rules.overlay import overlaid
from foreseen.runners.rules.suppressions import place_of
from foreseen.runners.settings.retention import retention_of
from foreseen.runners.settings.rhythm import Rhythm
from foreseen.runners.settings.settings import Settings
from foreseen.studies.gates import Bars
from foreseen.studies.train import Stored, stored_foresight
from foreseen.studies.what_if import Progress, what_if
from foreseen.studies.what_if_shape import Scope, Side, WhatIf


@dataclass(frozen=True, slots=True)
class Edit:
    """An unsaved edit; what is left out stays as it is.

    Attributes:
        rules: All rule files, in place of those in use.
        changed: Rule files to lay over them: each takes the place of the rules with its ids.
        removed: Ids of rules to take away.
        suppressions: Files of suppressions by hand, laid over those in force by their ids.
        budget: Share of expected matches that may alert.
        least_history: Clean matches on a workload below which every match alerts.
        models: By rule, whether a model may suppress its matches.
        rule_sets: Which rules look at which workload.
    """

    rules: Sequence[Document] | None = None
    changed: Sequence[Document] = ()
    removed: Sequence[RuleId] = ()
    suppressions: Sequence[Document] = ()
    budget: float | None = None
    least_history: int | None = None
    models: Mapping[RuleId, bool] = field(default_factory=dict)
    rule_sets: RuleSets | None = None


@dataclass(frozen=True, slots=True)
class History:
    """A tenant's lake, and what labels and judges there now.

    Attributes:
        lake: The lake.
        tenant: Organisation.
        documents: Rule files in use.
        rules: The same, loaded.
        settings: Settings in use.
        stored: Models in use.
        by_hand: Files of suppressions in force.
        trusted: Whether events were labelled under these rule sets and no others.
    """

    lake: Lake
    tenant: TenantId
    documents: Sequence[Document]
    rules: RuleSet
    settings: Settings
    stored: Stored | None
    by_hand: Sequence[Document]
    trusted: bool


def history(
    data: Path,
    lake: Lake | None = None,
    *,
    rules: Sequence[Document] | None = None,
    tenant: TenantId = DEFAULT_TENANT,
) -> History:
    """What a data folder holds and uses.

    Args:
        data: The folder.
        lake: Its lake; None: one in a folder is opened.
        rules: Rule files in use; None: those that labelled last, if they can be told.
        tenant: Whose.

    Raises:
        NotFoundError: No data there.
        ConfigurationError: The rules in use cannot be told, or a lake in S3 is not given.
        MalformedInputError: They cannot be loaded.
    """
    with control_of(data) as engine:
        texts, loaded = _rules_in_use(engine, tenant, rules)
        settings = settings_kept(engine, tenant) or [Settings()]
        return History(
            lake=lake or lake_of(data, engine),
            tenant=tenant,
            documents=texts,
            rules=loaded,
            settings=settings[0],
            stored=stored_foresight(engine, tenant),
            by_hand=[
                (place_of(each.name), each.text)
                for each in documents(engine, tenant, DocumentKind.SUPPRESSION)
            ],
            trusted=all(each.rule_sets == settings[0].rule_sets for each in settings),
        )


def answer(
    found: History,
    edit: Edit,
    scope: Scope,
    progress: Progress = lambda *_: None,
    *,
    crew: Crew = ALONE,
) -> WhatIf:
    """What the edit would alter; the same whoever the crew is that labels history anew.

    Where `scope` does not say from when on matches are judged, it is the end of the history that
    the models learned from.

    Raises:
        MalformedInputError: The edit is wrong; the message has a line for each thing.
        NotFoundError: It names a rule that there is not.
        ConfigurationError: It cannot be laid over what is in use.
    """
    before, after = _before(found), _after(found, edit)
    scope = replace(scope, distrust=scope.distrust or not found.trusted)
    if scope.judged_from is None and found.stored is not None:
        scope = replace(scope, judged_from=int(str(found.stored.about["accepted_until"])))
    return what_if(found.lake, before, after, scope, progress, crew=crew)


def _before(found: History) -> Side:
    by_hand = load_suppressions(found.by_hand, found.rules).suppressions
    judge = _judge(found, found.rules, found.settings, by_hand)
    return Side(found.rules, judge, found.settings.rule_sets)


def rules_after(found: History, edit: Edit) -> RuleSet:
    """All rules as they would be; raises what `answer` raises."""
    base = found.documents if edit.rules is None else edit.rules
    if edit.rules is not None or edit.changed or edit.removed:
        return overlaid(base, edit.changed, edit.removed, found.rules)
    return found.rules


def _after(found: History, edit: Edit) -> Side:
    rules = rules_after(found, edit)
    policy = found.settings.policy
    budget = policy.budget if edit.budget is None else edit.budget
    alerts_a_day = found.settings.alerts_a_day if edit.budget is None else None
    least = policy.least_history if edit.least_history is None else edit.least_history
    sets = found.settings.rule_sets if edit.rule_sets is None else edit.rule_sets
    settings = replace(
        found.settings,
        policy=replace(policy, budget=budget, least_history=least),
        rule_sets=sets,
        alerts_a_day=alerts_a_day,
    )
    judge = _judge(found, rules, settings, _suppressions(found, edit, rules))
    return Side(rules, _with_models(judge, edit.models), sets)


def _judge(
    found: History, rules: RuleSet, settings: Settings, by_hand: SuppressionSet
) -> JudgeArtefacts:
    return judge_artefacts(found.tenant, rules, settings, found.stored, by_hand)


def _suppressions(found: History, edit: Edit, rules: RuleSet) -> SuppressionSet:
    """Those in force with the edited ones in their places; only the edited ones must be sound."""
    edited = {
        str(document.data.get("id"))
        for path, text in edit.suppressions
        for document in documents_of(path, text)
    }
    kept = [each for each in found.by_hand if each[0] not in {place_of(name) for name in edited}]
    loaded = load_suppressions([*kept, *edit.suppressions], rules)
    paths = {path for path, _ in edit.suppressions}
    problems = [
        Problem(each.path, each.line, each.message)
        for each in loaded.problems
        if each.path in paths
    ]
    for each in loaded.suppressions.suppressions:
        missing = loaded.suppressions.unknown.get(each.id, ())
        if missing and each.path in paths:
            message = f"names {', '.join(missing)}, which no rule is called"
            problems.append(Problem(each.path, each.line, message))
    refuse(sorted(problems))
    return loaded.suppressions


def _with_models(judge: JudgeArtefacts, models: Mapping[RuleId, bool]) -> JudgeArtefacts:
    if not models:
        return judge
    for name in models:
        if name not in judge.rules:
            raise NotFoundError(f"no rule '{name}' among the {len(judge.rules)} loaded")
    rules = {
        name: replace(rule, foresee=models.get(name, rule.foresee))
        for name, rule in judge.rules.items()
    }
    key = content_hash(orjson.dumps(dict(models), option=orjson.OPT_SORT_KEYS))
    return replace(judge, rules=rules, hashes={**judge.hashes, "models": key})


def settings_kept(engine: Engine, tenant: TenantId) -> list[Settings]:
    """All settings that were ever kept, newest first."""
    kept = artefacts(engine, tenant, "settings")
    return [_settings(orjson.loads(content(engine, tenant, each.hash))) for each in kept]


def _settings(told: Mapping[str, Any]) -> Settings:
    """Settings from `Settings.content`; what older ones do not name is as it is without them."""
    sets = told.get("rule_sets", {"workloads": {}, "sets": []})
    return Settings(
        Policy(**told["policy"]),
        Workloads(told["workloads"]["patterns"]),
        RuleSets(
            {name: tuple(tags) for name, tags in sets["workloads"].items()},
            tuple(_named_set(each) for each in sets["sets"]),
        ),
        told.get("alerts_a_day"),
        Bars(**told.get("bars", {})),
        Rhythm(**told.get("rhythm", {})),
        retention_of(told["retention"]) if "retention" in told else Retention(),
    )


def _named_set(told: Mapping[str, object]) -> NamedSet:
    parts: dict[str, object] = {
        key: _selection(value) if isinstance(value, dict) else value for key, value in told.items()
    }
    tags = {key: tuple(value) for key, value in parts.items() if isinstance(value, list)}
    return NamedSet(**{**parts, **tags})  # type: ignore[arg-type]  # as `Settings.content` wrote it


def _selection(told: Mapping[str, Sequence[str]]) -> Selection:
    return Selection(**{key: tuple(value) for key, value in told.items()})


def _rules_in_use(
    engine: Engine, tenant: TenantId, named: Sequence[Document] | None
) -> tuple[Sequence[Document], RuleSet]:
    """Rule files and rules: as named, else those whose hash is the one that was in force last."""
    if named is not None:
        return named, parse_rules(named, store=user_folder())
    shipped = shipped_documents()
    kept = artefacts(engine, tenant, "rules")
    if not kept:
        return shipped, parse_rules(shipped)
    written = _written(content(engine, tenant, kept[0].hash))
    known = {text.replace("\r\n", "\n") for _, text in shipped}
    # Of correlations a digest is kept and no text: the hash tells whether these are the shipped.
    likely = [shipped, written] if known & {text for _, text in written} else [written]
    for texts in likely:
        found = load(texts, store=user_folder()).rules
        if found.hash == kept[0].hash:
            return texts, found
    raise ConfigurationError(
        f"the rules in use (set {kept[0].hash[:12]}) are not the shipped ones and cannot be told"
        " from what is kept of them; name their folder with --before"
    )


def _written(kept: bytes) -> list[Document]:
    """Texts of rule files from a kept rule set; the caller compares hashes, so this may be wrong.

    Where the files lay is not kept: each is named by its first rule.
    """
    parts = kept.decode("utf-8", "surrogatepass").split("\0")[1:]
    texts = dict(zip(parts[1::2], parts[::2], strict=False))
    return [(f"{name}.yml", text) for text, name in texts.items()]
