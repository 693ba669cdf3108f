"""Bars and rhythm from a settings file: what they may be, and that they are what is done."""

from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path

import orjson
import pytest
from sqlalchemy import Engine

from foreseen.alerts.decide import Policy
from foreseen.cli.options import settings_of
from foreseen.control.artefacts import NewArtefact, put
from foreseen.control.database import opened
from foreseen.control.tenants import ensure_tenant
from foreseen.core.errors import MalformedInputError
from foreseen.core.ids import DEFAULT_TENANT
from foreseen.runners.history import settings_kept
from foreseen.runners.rules.files import load_rules
from foreseen.runners.settings.file import from_file
from foreseen.runners.settings.life import _BARS, _RHYTHM
from foreseen.runners.settings.rhythm import Rhythm
from foreseen.runners.settings.settings import Settings, keep
from foreseen.studies.gates import Bars

RULESET = load_rules(None)
MINUTE, DAY = 60_000, 86_400_000
EVERY = """
bars:
  least_matches: 200
  excess: 3
  most_alerted: 0.4
  least_strangers: 0.6
  most_suppressed: 0.3
  agreement: 14d
  least_judged: 100
rhythm:
  look: 10s
  review: 5m
  retrain: 12h
  pause: 30m
  new_matches: 0.5
  least_new_matches: 1000
"""


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    with opened(tmp_path / "control.db") as engine:
        ensure_tenant(engine, DEFAULT_TENANT, now=1)
        yield engine


def written(folder: Path, text: str) -> Path:
    path = folder / "settings.yml"
    path.write_text(text)
    return path


def test_every_bar_and_every_part_of_the_rhythm_can_be_set_and_is_read_back(
    tmp_path: Path, engine: Engine
) -> None:
    told = settings_of(None, None, written(tmp_path, EVERY), RULESET)
    assert told.bars == Bars(200, 3.0, 0.4, 0.6, 0.3, 14 * DAY, 100)
    assert told.rhythm == Rhythm(10_000, 5 * MINUTE, DAY // 2, 30 * MINUTE, 0.5, 1000)
    keep(engine, DEFAULT_TENANT, RULESET, told, now=1)
    assert settings_kept(engine, DEFAULT_TENANT) == [told]
    assert {each.name for each in fields(Bars)} == set(_BARS)
    assert {each.name for each in fields(Rhythm)} == set(_RHYTHM)


def test_what_a_file_does_not_name_is_as_it_is_without_a_file(tmp_path: Path) -> None:
    told = from_file(written(tmp_path, "bars: {least_matches: 90}\n"), RULESET)
    assert told.bars == replace(Bars(), least_matches=90)
    assert told.rhythm == Rhythm()
    assert from_file(written(tmp_path, "bars: {}\nrhythm: {}\n"), RULESET).bars == Bars()


def test_what_is_done_without_a_file_may_be_written_into_one() -> None:
    """Defaults lie within their own bounds."""
    for own, bounds in ((Bars(), _BARS), (Rhythm(), _RHYTHM)):
        for name, bound in bounds.items():
            assert bound.least <= getattr(own, name) <= bound.most, name


def test_settings_that_were_kept_before_there_were_bars_are_still_read(engine: Engine) -> None:
    old = orjson.loads(Settings(Policy(0.02, 30)).content)
    del old["bars"], old["rhythm"]
    put(engine, DEFAULT_TENANT, NewArtefact("settings", "settings", orjson.dumps(old)), now=1)
    assert settings_kept(engine, DEFAULT_TENANT) == [Settings(Policy(0.02, 30))]


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        ("bars: 5", 1, "'bars' has names with values, such as least_matches, excess, not 5"),
        ("bars:\n  least_match: 5", 2, "'bars.least_match' is no setting; did you mean"),
        ("bars:\n  excess: 2\n  agrement: 7d", 3, "did you mean 'agreement'?"),
        ("bars: {7: 1}", 1, "'bars.7' is no setting"),
        ("bars: {least_matches: 60.5}", 1, "is a whole number from 1 to 1,000,000, not 60.5"),
        ("bars: {least_matches: 0}", 1, "a whole number from 1"),
        ("bars: {most_suppressed: 0.9}", 1, "is a number from 0.01 to 0.5, not 0.9"),
        ("bars: {excess: .inf}", 1, "not inf"),
        ("bars: {excess: .nan}", 1, "not nan"),
        ("bars: {excess: true}", 1, "not True"),
        (f"bars: {{excess: {'9' * 400}}}", 1, "a number from 1 to 100"),
        ("bars:\n  agreement: 7", 2, "such as 30s, 10m, 12h or 7d from 1h to 365d, not 7"),
        ("rhythm: {review: 10 minutes}", 1, "not '10 minutes'"),
        ("rhythm: {review: 0s}", 1, "from 1m to 7d, not '0s'"),
        ("rhythm: {retrain: }", 1, "not None"),
        ("rhythm: {daily: 1d}", 1, "'rhythm.daily' is no setting; did you mean"),
        ("rhythm:\n  retrain: 1h\n  pause: 2h", 3, "make the pause shorter"),
        ("rythm: {review: 10m}", 1, "did you mean 'rhythm'?"),
        ("bar: {excess: 2}", 1, "did you mean 'bars'?"),
    ],
)
def test_what_is_wrong_is_told_with_its_line_and_what_to_write(
    tmp_path: Path, text: str, line: int, told: str
) -> None:
    with pytest.raises(MalformedInputError, match=rf"settings\.yml:{line}: ") as raised:
        from_file(written(tmp_path, f"{text}\n"), RULESET)
    assert told in str(raised.value)


def test_all_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    text = "bars: {excess: 0, least: 3}\nrhythm: {look: fast}\n"
    with pytest.raises(MalformedInputError) as raised:
        from_file(written(tmp_path, text), RULESET)
    assert len(str(raised.value).splitlines()) == 3
