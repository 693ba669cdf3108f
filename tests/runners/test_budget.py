"""A budget in alerts a day, from the settings to the decision: real files, real stores."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import orjson
import pytest
from sqlalchemy import Engine
from tests.models.histories import RULES, stationary
from tests.shipped import shipped_rules
from tests.studies.office_world import POLICY, new_jobs, world_in

from foreseen.alerts.decide import Policy
from foreseen.cli.options import settings_of
from foreseen.control.database import opened
from foreseen.control.dispositions import Disposition, dispose
from foreseen.control.reasons import Verdict
from foreseen.control.tenants import ensure_tenant
from foreseen.core.errors import ConfigurationError, MalformedInputError
from foreseen.core.ids import DEFAULT_TENANT, RuleId
from foreseen.models.budget import FACTOR, Realised
from foreseen.models.foresight import Foresight
from foreseen.models.moments.moment import Moment
from foreseen.models.training import train
from foreseen.runners.history import settings_kept
from foreseen.runners.settings.file import from_file
from foreseen.runners.settings.settings import BUDGET, LEAST_HISTORY, Settings, keep
from foreseen.studies.holding import HELD, Asked, Experience, asked_of, held, share_in_force

RULESET = shipped_rules()
DAY = 24 * 60 * 60 * 1000
SHARE = 0.05


@pytest.fixture(scope="module")
def history() -> dict[RuleId, list[Moment]]:
    """Some 100 expected matches a day of three rules, over four days."""
    found = stationary(3, 130)
    return {
        rule: [_at(moment, number * 4 * DAY // 130) for number, moment in enumerate(moments)]
        for rule, moments in found.items()
    }


def _at(moment: Moment, time: int) -> Moment:
    parts = {name: getattr(moment, name) for name in moment.__slots__}
    return Moment(**{**parts, "time": time})


@pytest.fixture(scope="module")
def foresight(history: dict[RuleId, list[Moment]]) -> Foresight:
    return train(history, budget=SHARE, least_history=30, seed=0).foresight


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    with opened(tmp_path / "control.db") as engine:
        ensure_tenant(engine, DEFAULT_TENANT, now=1)
        yield engine


def written(folder: Path, text: str) -> Path:
    path = folder / "settings.yml"
    path.write_text(text)
    return path


def test_a_settings_file_gives_the_budget_in_either_way(tmp_path: Path) -> None:
    daily = settings_of(None, None, written(tmp_path, "alerts_a_day: 12\n"), RULESET)
    assert (daily.alerts_a_day, daily.policy.budget) == (12, BUDGET)
    share = settings_of(None, None, written(tmp_path, "budget: 0.03\n"), RULESET)
    assert (share.alerts_a_day, share.policy.budget) == (None, 0.03)
    neither = settings_of(None, None, written(tmp_path, "workloads: {}\n"), RULESET)
    assert neither == Settings()


def test_a_settings_file_groups_workloads(tmp_path: Path, engine: Engine) -> None:
    path = written(tmp_path, "groups:\n  front: [web, shop]\n  back: [db]\n")
    grouped = settings_of(None, None, path, RULESET)
    assert grouped.policy.groups == {"web": "front", "shop": "front", "db": "back"}
    keep(engine, DEFAULT_TENANT, RULESET, grouped, now=1)
    assert settings_kept(engine, DEFAULT_TENANT) == [grouped]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("groups: [web]\n", "a list of workloads"),
        ("groups: {front: web}\n", "a list of names"),
        ("groups: {front: [1]}\n", "a list of names"),
        ("groups: {1: [web]}\n", "a list of names"),
        ("groups: {front: [web], back: [web]}\n", "'web' is in 'front' and 'back'"),
        ("budget: 0.01\nalerts_a_day: 5\n", "keep one"),
        ("alerts_a_day: 0\n", "alerts_a_day"),
        ("alerts_a_day: -3\n", "alerts_a_day"),
        ("alerts_a_day: true\n", "True"),
        ("alerts_a_day: .nan\n", "nan"),
        ("alerts_a_day: .inf\n", "inf"),
        (f"alerts_a_day: {'9' * 400}\n", "alerts_a_day"),
        ("alerts_a_day: [1]\n", "alerts_a_day"),
        ("alerts_a_day:\n", "None"),
        ("budget: 0.9\n", "0.5"),
        ("budget: lots\n", "lots"),
        ("alert_a_day: 5\n", "did you mean 'alerts_a_day'"),
    ],
)
def test_what_is_no_setting_is_refused_with_its_line(tmp_path: Path, text: str, told: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(MalformedInputError, match=r"settings\.yml:1") as raised:
        from_file(path, RULESET)
    assert told in str(raised.value)


def test_a_budget_that_is_given_twice_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, "alerts_a_day: 12\n")
    for budget, daily in ((0.02, None), (None, 3.0)):
        with pytest.raises(ConfigurationError, match="give one"):
            settings_of(budget, None, path, RULESET, daily)
    with pytest.raises(ConfigurationError, match="--alerts-a-day"):
        settings_of(0.02, None, alerts_a_day=3.0)


def test_settings_are_read_back_with_their_budget(engine: Engine) -> None:
    settings = Settings(Policy(0.02, 30), alerts_a_day=7.5)
    keep(engine, DEFAULT_TENANT, RULESET, settings, now=1)
    assert settings_kept(engine, DEFAULT_TENANT) == [settings]


def about_of(asked: Asked, foresight: Foresight, chains: Sequence[Sequence[Moment]] = ()) -> object:
    """What models say of themselves, as it is stored and read."""
    found = held(asked, foresight, chains, least_history=30)
    return orjson.loads(orjson.dumps({HELD: found.dump() if found else None}))


def test_decisions_are_held_to_what_the_alerts_a_day_come_to(
    engine: Engine, history: dict[RuleId, list[Moment]], foresight: Foresight
) -> None:
    asked = asked_of(engine, DEFAULT_TENANT, history, alerts_a_day=5, default=BUDGET)
    assert asked.share == pytest.approx(5 / 100, rel=0.1)
    about = about_of(asked, foresight)
    assert isinstance(about, dict)
    settings = Settings(Policy(BUDGET, LEAST_HISTORY), alerts_a_day=5)
    assert settings.policy_with(about) == Policy(asked.share, LEAST_HISTORY)
    assert settings.policy_with(None).budget == BUDGET
    assert Settings().policy_with(about).budget == BUDGET


def test_a_budget_that_was_changed_counts_at_once_but_is_no_quieter_than_the_replays_allow(
    engine: Engine, history: dict[RuleId, list[Moment]], foresight: Foresight
) -> None:
    asked = asked_of(engine, DEFAULT_TENANT, history, alerts_a_day=5, default=BUDGET)
    about = about_of(asked, foresight)
    assert isinstance(about, dict)
    more = Settings(alerts_a_day=10).policy_with(about).budget
    assert more == pytest.approx(2 * asked.share)
    less = Settings(alerts_a_day=0.01).policy_with(about).budget
    assert less == about[HELD]["quietest"]


def test_a_share_that_was_asked_for_is_held_as_it_is(
    engine: Engine, history: dict[RuleId, list[Moment]], foresight: Foresight
) -> None:
    asked = asked_of(engine, DEFAULT_TENANT, history, alerts_a_day=None, default=0.02)
    assert asked == Asked(0.02)
    assert held(asked, foresight, least_history=30) is None
    assert share_in_force({"policy": {"budget": 0.02, "least_history": 30}}, {}) == 0.02


def attack(foresight: Foresight, share: float) -> list[Moment]:
    """A match that is caught at a share, and not much below it."""
    found = [m for m in stationary(77, 400)[RULES[0]] if m.workload == "web"]
    words = foresight.predict(RULES[0], found, 0.0)
    caught = [(w.probability, m.uid, m) for w, m in zip(words, found, strict=True)]
    return [max(each for each in caught if each[0] <= share)[2]]


def test_a_flood_that_raises_the_volume_makes_no_replay_be_lost(foresight: Foresight) -> None:
    """The attacker's matches were expected once, so they count as volume and lower the share."""
    chain = attack(foresight, SHARE)
    word = foresight.predict(RULES[0], chain, 0.0)[0].probability
    first = held(Asked(SHARE, 5.0), foresight, [chain], least_history=30)
    assert first is not None
    assert first.quietest >= word
    share = first.share
    for flooded in (SHARE / 10, SHARE / 100, SHARE / 1000):
        before = Experience(share, SHARE, Realised(1.0, 1.0))
        after = held(Asked(flooded, 5.0), foresight, [chain], least_history=30, before=before)
        assert after is not None
        assert after.share >= word
        share = after.share


def test_experience_moves_the_share_within_its_band(foresight: Foresight) -> None:
    asked, chain = Asked(SHARE, 5.0), [attack(foresight, SHARE / 4)]
    noisy = Experience(SHARE, SHARE, Realised(0.2, 0.2))
    silent = Experience(SHARE, SHARE, Realised(0.0, 0.0))
    nothing = Experience(SHARE, SHARE)
    shares = []
    for before in (noisy, nothing, silent):
        found = held(asked, foresight, chain, least_history=30, before=before)
        assert found is not None
        assert found.quietest <= found.share <= found.loudest == SHARE * FACTOR
        shares.append(found.share)
    assert shares[0] < shares[1] == SHARE < shares[2]


@pytest.mark.long
def test_the_share_follows_what_people_dismissed_at_the_next_training(tmp_path: Path) -> None:
    """Real stores from training over judging and dismissing to training again."""
    settings = Settings(POLICY, alerts_a_day=2.0)
    with world_in(tmp_path) as world:
        world.settings = settings
        keep(world.engine, DEFAULT_TENANT, world.rules, settings, now=1)
        world.train()
        assert world.stored is not None
        first = world.stored.about[HELD]
        assert first["share"] == pytest.approx(2 / 24, rel=0.1)
        assert world.artefacts().policy == settings.policy_with(world.stored.about)
        assert world.artefacts().policy.budget == first["share"]
        for number in range(6):
            world.add(new_jobs(9, first=300 + 10 * number))
        world.judge()
        for alert in world.alerts():
            said = Disposition(alert.uid, "bob", Verdict.DISMISSED, "expected change", "", 1)
            dispose(world.engine, DEFAULT_TENANT, said)
        world.train()
        second = world.stored.about[HELD]
        assert second["quietest"] <= second["share"] < first["share"]
