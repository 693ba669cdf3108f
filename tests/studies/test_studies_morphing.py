"""An attacker who begins as an expected match and changes one token a day is not silenced."""

import random
from collections.abc import Sequence
from typing import Any

import pytest
from tests.models.histories import RULES, stationary
from tests.studies.days import Row, Teacher, silenced

from foreseen.alerts.decide import Policy
from foreseen.core.ids import RuleId
from foreseen.models.anchored import Anchored
from foreseen.models.foresight import Foresight
from foreseen.models.moments.moment import Moment
from foreseen.studies.anchor import held_by, learn
from foreseen.studies.history import Lessons
from foreseen.studies.words import silent

ACTS_A_DAY = 6
EXPECTED: dict[str, list[str]] = {
    "process_path": ["/usr/bin/curl"],
    "process_cmd_line": ["curl", "-s", "http://10.0.0.1:8080/health"],
    "parent_cmd_line": ["sh", "-c", "curl -s http://10.0.0.1:8080/health"],
    "lineage_paths": ["/bin/sh", "/usr/sbin/cron"],
    "window_tokens": ["execve date", "execve ls"],
}
ATTACK: dict[str, list[str]] = {
    "process_path": ["/tmp/a81"],
    "process_cmd_line": ["/tmp/a81", "--beacon", "http://203.0.113.9:4444"],
    "parent_cmd_line": ["nginx", "-g", "daemon"],
    "lineage_paths": ["/usr/sbin/nginx", "/sbin/init"],
    "window_tokens": ["execve whoami", "execve uname"],
}
Token = tuple[str, int]
TOKENS: list[Token] = [
    (name, place) for name, words in EXPECTED.items() for place in range(len(words))
]
OF_ITS_KIND = {
    ("process_path", 0),
    ("process_cmd_line", 0),
    ("parent_cmd_line", 0),
    ("lineage_paths", 0),
}
"""What makes a match one of its kind: another of these, and it is another act or by another one."""


def orders() -> dict[str, list[Token]]:
    """Ways from the expected match to the attack."""
    by_parent = sorted(
        TOKENS, key=lambda token: token[0] not in {"parent_cmd_line", "lineage_paths"}
    )
    found = {"act first": TOKENS, "window first": TOKENS[::-1], "parent first": by_parent}
    for seed in (1, 2):
        shuffled = list(TOKENS)
        random.Random(seed).shuffle(shuffled)  # noqa: S311 (made-up data)
        found[f"shuffled {seed}"] = shuffled
    return found


def form(order: Sequence[Token], changed: int) -> Row:
    """The match after so many days of changes."""
    parts = {name: list(words) for name, words in EXPECTED.items()}
    for name, place in order[:changed]:
        parts[name][place] = ATTACK[name][place]
    texts = ("process_path", "process_cmd_line", "parent_cmd_line")
    return {name: " ".join(words) if name in texts else words for name, words in parts.items()}


def silent_days(order: Sequence[Token], teacher: Teacher) -> set[int]:
    def attacker(day: int) -> Sequence[Row]:
        return [form(order, min(day, len(order)))] * ACTS_A_DAY

    return {day for day, _ in silenced(attacker, len(order) + 8, teacher)}


@pytest.mark.long
@pytest.mark.parametrize("name", orders())
def test_from_the_day_on_which_it_differs_in_kind_it_is_never_silenced(name: str) -> None:
    order = orders()[name]
    differs = 1 + min(order.index(token) for token in OF_ITS_KIND)
    silent_on = silent_days(order, Teacher.LAW)
    assert 0 in silent_on  # it does begin as an expected match
    assert [day for day in silent_on if day >= differs] == []


@pytest.mark.long
def test_it_would_be_silenced_if_every_match_taught() -> None:
    order = orders()["act first"]
    silent_on = silent_days(order, Teacher.EVERYTHING)
    assert [day for day in silent_on if day >= len(order)] != []  # as the attack itself


POLICY = Policy(budget=0.05, least_history=20)
RULE = RULES[0]


def drifted(count: int, start: int) -> list[Moment]:
    """Matches whose window walks away from what was accepted, a token every few matches."""
    plain = stationary(5, count, [RULE], start=start)[RULE]
    return [_walked(moment, 12 * number // count) for number, moment in enumerate(plain)]


def _walked(moment: Moment, tokens: int) -> Moment:
    parts: dict[str, Any] = {name: getattr(moment, name) for name in Moment.__slots__}
    strange = tuple(f"execve odd{number}" for number in range(tokens))
    return Moment(
        **{**parts, "uid": f"{moment.uid}~", "window": (*moment.window[tokens:], *strange)}
    )


@pytest.fixture(scope="module")
def walked() -> tuple[Anchored, Foresight, list[Moment]]:
    """Models that a walk has taught, their anchor, and matches to ask about."""
    accepted = stationary(1, 400, [RULE])
    lessons = Lessons(accepted, {}, {RULE: drifted(600, 400)})
    learned = learn(lessons, POLICY, 0)
    own = learned.trained.foresight
    assert isinstance(own, Anchored)
    asked = [*stationary(9, 300, [RULE], start=5_000)[RULE], *drifted(400, 6_000)]
    return own, learned.anchor, asked


def uids(foresight: Foresight, asked: Sequence[Moment]) -> set[str]:
    found = silent(foresight, {RuleId(RULE): asked}, POLICY)
    return {moment.uid for moment in found[RULE]}


def test_what_taught_itself_silences_nothing_that_people_alone_did_not_teach(
    walked: tuple[Anchored, Foresight, list[Moment]],
) -> None:
    own, anchor, asked = walked
    unheld = Foresight(own.models, own.fusion, own.hashes)
    assert uids(unheld, asked) - uids(anchor, asked)  # taught by the walk, it would go further
    assert uids(own, asked) == uids(unheld, asked) & uids(anchor, asked)
    assert len(uids(own, asked)) > 200


def test_only_what_the_anchor_would_suppress_teaches() -> None:
    accepted = stationary(1, 400, [RULE])
    quiet = drifted(600, 400)
    learned = learn(Lessons(accepted, {}, {RULE: quiet}), POLICY, 0)
    taught = {moment.uid for moment in learned.history[RULE]}
    vouched = uids(learned.anchor, quiet)
    assert taught == {moment.uid for moment in accepted[RULE]} | vouched
    assert learned.refused == {RULE: len(quiet) - len(vouched)}
    assert 0 < learned.refused[RULE] < len(quiet)


def test_what_was_dismissed_teaches_what_is_expected_and_draws_no_threshold() -> None:
    accepted = stationary(1, 400, [RULE])
    dismissed = {
        RULE: [_walked(moment, 12) for moment in stationary(5, 60, [RULE], start=400)[RULE]]
    }
    alone, more = (learn(Lessons(accepted, each, {}), POLICY, 0) for each in ({}, dismissed))
    calibrations = [len(each.trained.foresight.fusion.fused.scores) for each in (alone, more)]
    assert calibrations[0] == calibrations[1] > 0
    assert more.trained.foresight.history(RULE, "web") > alone.trained.foresight.history(
        RULE, "web"
    )


def test_an_anchor_that_is_known_gives_the_same_models() -> None:
    accepted = stationary(1, 300, [RULE])
    lessons = Lessons(accepted, {}, {RULE: drifted(100, 300)})
    first = learn(lessons, POLICY, 0)
    again = learn(lessons, POLICY, 0, anchor=first.anchor)
    assert again.trained.foresight.hashes == first.trained.foresight.hashes
    assert held_by(first.anchor, first.trained.foresight).anchor is first.anchor
