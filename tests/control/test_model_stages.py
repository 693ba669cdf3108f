"""Versions of models and the stages of rules: every change kept, and only the last word counts."""

from dataclasses import replace

import pytest
from sqlalchemy import Engine

from foreseen.control import model_stages, model_versions
from foreseen.control.artefacts import NewArtefact, put
from foreseen.control.model_stages import Cause, Placed, in_force, place, placements
from foreseen.control.model_versions import Choice, NewVersion, take
from foreseen.core.decisions import Stage
from foreseen.core.errors import ConfigurationError, NotFoundError
from foreseen.core.ids import ContentHash, RuleId, TenantId

OWN, OTHER = TenantId("default"), TenantId("other")
RULE, MODEL = RuleId("download_tool"), ContentHash("a" * 64)


def version(engine: Engine, refused: str | None = None, tenant: TenantId = OWN) -> int:
    key = put(engine, tenant, NewArtefact("foresight", "foresight", b"{}"), now=1)
    report: dict[str, object] = {"gates": {"r": []}}
    new = NewVersion(key, "ana", "because", 2, refused, report)
    return model_versions.add(engine, tenant, new)


def placed(stage: Stage = Stage.SUPPRESS, **changed: object) -> Placed:
    plain = Placed(RULE, stage, Cause.GATES, "gates", "Why.", MODEL, 1, 5, ("a", "b"))
    return replace(plain, **changed)  # type: ignore[arg-type]


def test_versions_count_from_one_for_each_tenant_and_keep_what_was_said(engine: Engine) -> None:
    assert [version(engine), version(engine, "it loses x"), version(engine, tenant=OTHER)] == [
        1,
        2,
        1,
    ]
    second, first = model_versions.versions(engine, OWN)
    assert (first.number, first.author, first.refused) == (1, "ana", None)
    assert (second.number, second.refused, second.report) == (2, "it loses x", {"gates": {"r": []}})
    with pytest.raises(NotFoundError, match="models versions"):
        model_versions.version(engine, OTHER, 2)


def test_the_last_choice_is_in_use_and_every_choice_is_kept(engine: Engine) -> None:
    assert model_versions.in_use(engine, OWN) is None
    for number in (version(engine), version(engine)):
        take(engine, OWN, Choice(number, "ana", "r", number), [placed(version=number)])
    take(engine, OWN, Choice(1, "bob", "back", 9), [placed(Stage.ASSIST)])
    used = model_versions.in_use(engine, OWN)
    assert used is not None
    assert (used.version.number, used.choice.author) == (1, "bob")
    assert used.placed[RULE].stage is Stage.ASSIST
    assert [choice.version for choice in model_versions.choices(engine, OWN)] == [1, 2, 1]
    assert model_versions.in_use(engine, OTHER) is None


def test_a_choice_that_came_too_late_is_refused_and_leaves_nothing(engine: Engine) -> None:
    one, two = version(engine), version(engine)
    take(engine, OWN, Choice(one, "ana", "r", 1, instead_of=None), [])
    take(engine, OWN, Choice(two, "ana", "r", 2, instead_of=one), [])
    with pytest.raises(ConfigurationError, match="meanwhile"):
        take(engine, OWN, Choice(one, "bob", "r", 3, instead_of=one), [placed()])
    assert placements(engine, OWN) == {}
    assert len(model_versions.choices(engine, OWN)) == 2


@pytest.mark.parametrize("second", [None, "", "ana"])
def test_a_refused_version_needs_a_second_person_who_is_another_one(
    engine: Engine, second: str | None
) -> None:
    number = version(engine, "it loses a chain")
    with pytest.raises(ConfigurationError, match="it loses a chain"):
        take(engine, OWN, Choice(number, "ana", "r", 1, second=second), [placed()])
    assert model_versions.in_use(engine, OWN) is None
    take(engine, OWN, Choice(number, "ana", "r", 1, second="bob"), [placed()])
    assert model_versions.choices(engine, OWN)[0].second == "bob"


def test_only_the_last_word_on_the_very_model_counts_and_else_it_observes(engine: Engine) -> None:
    version(engine)
    place(engine, OWN, [placed(Stage.OBSERVE), placed(Stage.SUPPRESS, rule=RuleId("other"))])
    place(engine, OWN, [placed(Stage.SUPPRESS)])
    last = placements(engine, OWN)
    assert last[RULE] == placed(number=3)
    new = ContentHash("b" * 64)
    assert in_force(last, {RULE: MODEL}) == {RULE: Stage.SUPPRESS}
    assert in_force(last, {RULE: new, RuleId("unknown"): new}) == {
        RULE: Stage.OBSERVE,
        RuleId("unknown"): Stage.OBSERVE,
    }
    assert placements(engine, OTHER) == {}


def test_all_that_was_said_of_a_rule_stays_newest_first(engine: Engine) -> None:
    version(engine)
    for stage in (Stage.ASSIST, Stage.SUPPRESS, Stage.OBSERVE):
        place(engine, OWN, [placed(stage), placed(stage, rule=RuleId("other"))])
    told = model_stages.history(engine, OWN, RULE)
    assert [each.stage for each in told] == [Stage.OBSERVE, Stage.SUPPRESS, Stage.ASSIST]
    assert len(model_stages.history(engine, OWN)) == 6
