"""The rules by which receipts are made: those that labelled last, or those that the server has."""

from pathlib import Path

import pytest
from tests.studies.judged import OWN, RULE, SIGMA, judged

from foreseen.control.artefacts import NewArtefact, put
from foreseen.core.errors import ConfigurationError
from foreseen.rules import parse_rules
from foreseen.runners.life.office import Place, desk_of

TUNED = [
    ("a.yml", SIGMA.format(name=RULE, marked="true")),
    ("b.yml", SIGMA.format(name="always", marked="false")),
    ("tuning.yml", f"tune: {RULE}\nforeseen: {{severity: 1}}\n"),
]


def test_after_events_were_labelled_by_tuned_rules_receipts_know_them(tmp_path: Path) -> None:
    rules = parse_rules(TUNED)
    with judged(tmp_path) as world:
        put(world.engine, OWN, NewArtefact("rules", "all", rules.content), now=2**40)
        with pytest.raises(ConfigurationError, match="cannot be told"):
            desk_of(Place(tmp_path, world.lake), world.engine)
        known = desk_of(Place(tmp_path, world.lake, likely=lambda: TUNED), world.engine)
    assert known.rules.hash == rules.hash


def test_rules_that_labelled_last_come_before_those_that_the_server_has(tmp_path: Path) -> None:
    with judged(tmp_path) as world:
        own = desk_of(Place(tmp_path, world.lake), world.engine)
        also = desk_of(Place(tmp_path, world.lake, likely=lambda: TUNED), world.engine)
    assert also.rules.hash == own.rules.hash
