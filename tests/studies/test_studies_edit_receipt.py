"""An edit of a rule teaches too: what it excludes teaches no more, what it adds is cold."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.studies.office_world import (
    POLICY,
    RULE,
    World,
    in_a_row,
    judged_world,
    rules,
    world_in,
)

from foreseen.alerts.interest import Speaker
from foreseen.control.reasons import Verdict
from foreseen.core.decisions import Stage
from foreseen.rules import parse_rules
from foreseen.runners.history import Edit, history
from foreseen.runners.judging import as_edited
from foreseen.runners.life.office import edit_receipts
from foreseen.studies.edit_receipt import edited, receipts_of_edit
from foreseen.studies.feedback import Word, say
from foreseen.studies.relabelled import still_matching

NO_BACKUP = rules("\n  other: {CommandLine|contains: /backup}", " and not other")
WITH_NETCAT = parse_rules([("download.yml", rules().compiled[0].text.replace("/wget", "/nc"))])


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A world whose new job was dismissed."""
    folder = judged_world(tmp_path_factory.mktemp("edited"))
    with world_in(folder) as world:
        word = Word(world.alerts()[0].uid, Verdict.DISMISSED, "business operation")
        say(world.office(), word, Speaker("bob", "bob"))
    return folder


@pytest.fixture
def world(judged: Path, tmp_path: Path) -> Iterator[World]:
    """A copy that a test may change."""
    with world_in(Path(shutil.copytree(judged, tmp_path / "data"))) as world:
        yield world


def taught(world: World) -> int:
    assert world.stored is not None
    return world.stored.foresight.history(RULE, "web")


def test_what_an_edit_excludes_teaches_no_more(world: World) -> None:
    world.train()
    assert taught(world) == 252
    [found] = receipts_of_edit(world.desk(), NO_BACKUP)
    assert (found.verdict, found.matches, found.lessons) == ("edited", 24, (252, 240))
    assert found.moved.own == 0
    assert "24 retained matches that it excludes teach no more" in found.notes[0]
    world.rules = NO_BACKUP
    world.train()
    assert taught(world) == 240


def test_the_edit_leaves_the_matches_that_it_still_makes(world: World) -> None:
    matches = world.lake.read("matches")
    kept = still_matching(matches, NO_BACKUP)
    gone = set(matches["match_uid"].to_pylist()) - set(kept["match_uid"].to_pylist())
    backups = [m for m in world.moments() if "/backup" in m.act.exact]
    assert gone == {m.uid for m in backups}
    assert still_matching(matches, world.rules).equals(matches)
    stays = backups[0].uid
    assert stays in still_matching(matches, NO_BACKUP, {stays})["match_uid"].to_pylist()


def test_what_an_edit_adds_is_cold_and_its_model_only_observes(world: World) -> None:
    assert world.stored is not None
    trusted = replace(world.stored, stages={RULE: Stage.SUPPRESS})
    stored = as_edited(trusted, WITH_NETCAT)
    assert stored is not None
    assert as_edited(trusted, world.rules) == trusted
    assert stored.stages[RULE] is Stage.OBSERVE
    added = in_a_row(
        600,
        0,
        "nc -z 10.0.0.1 80",
        process_path="/usr/bin/nc",
        ruleset_hash=WITH_NETCAT.hash,
    )
    world.rules, world.stored = WITH_NETCAT, stored
    world.add([added])
    world.judge()
    assert any(added["match_uid"] in alert.members for alert in world.alerts())
    world.train()
    assert taught(world) == 252  # what people spoke for, without nc


def test_words_about_a_rule_are_no_edit_of_what_it_matches(world: World) -> None:
    text = world.rules.compiled[0].text.replace("level: medium", "level: high")
    assert edited(world.rules, parse_rules([("download.yml", text)])) == []
    assert edited(world.rules, world.rules) == []
    assert edited(world.rules, parse_rules([])) == []
    assert edited(world.rules, NO_BACKUP) == [RULE]


def test_without_models_the_receipt_still_tells_what_is_excluded(world: World) -> None:
    desk = replace(world.desk(), models=None)
    [found] = receipts_of_edit(desk, NO_BACKUP)
    assert (found.matches, found.lessons, found.moved.judged) == (24, (252, 240), 0)


def test_the_receipt_of_an_edit_is_asked_of_a_data_folder(world: World) -> None:
    documents = [("download.yml", world.rules.compiled[0].text)]
    found = history(world.folder, rules=documents)
    edit = Edit(changed=[("download.yml", NO_BACKUP.compiled[0].text)])
    [told] = edit_receipts(world.folder, found, edit)
    assert (told.matches, told.share) == (24, POLICY.budget)
    assert edit_receipts(world.folder, found, Edit(budget=0.2)) == ()
