"""Explanations: every count in a sentence or a share is what counting the history gives."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.models.conformance import HOSTILE
from tests.models.histories import RULES, act_of, moments, stationary

from foreseen.models.ensemble import RuleModel, fit
from foreseen.models.explaining.event_shares import event_shares
from foreseen.models.explaining.explain import context_evidence, novelty_evidence
from foreseen.models.explaining.occurrences import MOST_KEPT, Occurrences, Seen
from foreseen.models.members.features import sections_of
from foreseen.models.moments.acts import Act
from foreseen.models.moments.moment import Moment

RULE = RULES[0]
HISTORY = stationary(3, 240, RULES[:1])[RULE]
COUNT = re.compile(r": ([\d,]+) of ([\d,]+) expected match(?:es)? on (\w+)\.$")


@pytest.fixture(scope="module")
def model() -> RuleModel:
    return fit(str(RULE), HISTORY, HISTORY, 0)


def number(text: str) -> int:
    return int(text.replace(",", ""))


def on(workload: str) -> list[Moment]:
    return [past for past in HISTORY if past.workload == workload]


def strange(moment: Moment) -> list[Moment]:
    """The moment with one part each that makes a view back off to its next depth."""
    act = moment.act
    return [
        replace(moment, act=replace(act, exact="execve never")),
        replace(moment, act=replace(act, exact="execve never", shape="execve never")),
        replace(moment, act=act_of("never -x y")),
        replace(moment, parent="sh -c never"),
        replace(moment, parent="never", ancestry=("never",)),
        replace(moment, ancestry=(*moment.ancestry[:2], "never")),
        replace(moment, who="never as 0, no terminal"),
        replace(moment, who="never as 0, no terminal", act=act_of("never -x y")),
        replace(moment, workload="unheard"),
    ]


Key = Callable[[Moment], object]
KEYS: Mapping[str, Key] = {
    "exact": lambda m: m.act.exact,
    "shaped": lambda m: m.act.shape,
    "kind": lambda m: m.act.kind,
    "parent_shaped": lambda m: (m.parent, m.act.shape),
    "parent_kind": lambda m: (m.parent, m.act.kind),
    "near_kind": lambda m: (m.ancestry[0], m.act.kind),
    "who_shaped": lambda m: (m.who, m.act.shape),
    "who_kind": lambda m: (m.who, m.act.kind),
    "who": lambda m: m.who,
    "line_kind": lambda m: (m.ancestry, m.act.kind),
    "line": lambda m: m.ancestry,
    "line_start": lambda m: m.ancestry[:2],
}
CLAIMS: Sequence[tuple[str, str, str, str | None]] = [
    ("act", r"^'.*' was seen:", "exact", None),
    ("act", "only with other names", "shaped", "exact"),
    ("act", "was seen, never in this way", "kind", "shaped"),
    ("act", "never seen doing this", "kind", None),
    ("parent", r"^'.*' led to this:", "parent_shaped", None),
    ("parent", r"^'.*' led to .*, never in this way", "parent_kind", "parent_shaped"),
    ("parent", "never as '", "near_kind", "parent_kind"),
    ("parent", "^neither '", "near_kind", "parent_kind"),
    ("user", "did this:", "who_shaped", None),
    ("user", " ran .*, never in this way", "who_kind", "who_shaped"),
    ("user", "was seen, never with", "who", "who_kind"),
    ("user", "was never seen here", "who", None),
    ("ancestry", " below .* was seen:", "line_kind", None),
    ("ancestry", "never leading to", "line", "line_kind"),
    ("ancestry", "not below that", "line_start", "line"),
    ("ancestry", " was never seen:", "line_start", None),
]
"""View, its sentence, what of past matches it counts, and what it says that none of them had."""


def alike(moment: Moment, name: str) -> int:
    """Past matches on the same workload that have the same."""
    key = KEYS[name]
    return sum(key(past) == key(moment) for past in on(moment.workload))


def test_every_sentence_of_a_view_counts_what_the_history_holds(model: RuleModel) -> None:
    told: set[str] = set()
    for moment in [m for past in HISTORY[:40] for m in (past, *strange(past))]:
        surprises = model.novelty.surprises(moment)
        for evidence in novelty_evidence(model, moment, surprises):
            ((words, counted, never),) = [
                claim[1:]
                for claim in CLAIMS
                if claim[0] == evidence.member and re.search(claim[1], evidence.sentence)
            ]
            found = COUNT.search(evidence.sentence)
            assert found, evidence.sentence
            counts = (number(found[1]), number(found[2]))
            assert counts == (alike(moment, counted), len(on(moment.workload))), evidence.sentence
            assert never is None or alike(moment, never) == 0, evidence.sentence
            if counted == "near_kind":
                assert f"{moment.ancestry[0]} led to" in evidence.sentence
            told.add(words)
    assert told == {words for _, words, *_ in CLAIMS}


def test_a_program_that_did_not_start_is_not_said_to_have_been_seen_or_not_as_if_it_had(
    model: RuleModel,
) -> None:
    past = HISTORY[0]
    tool = past.act.kind.split(" ")[1]
    connects = replace(past, act=Act(f"connect {tool}", f"connect {tool}", f"connect {tool}"))
    said = novelty_evidence(model, connects, model.novelty.surprises(connects))
    assert all(f"{tool} (connect)" in one.sentence for one in said if one.member == "act")


def holding(workload: str, section: str, token: str) -> int:
    return sum(token in sections_of(past)[section] for past in on(workload))


def test_every_count_of_an_event_is_that_of_the_history(model: RuleModel) -> None:
    counted = 0
    for past in HISTORY[:20]:
        moment = replace(past, window=(*past.window, "execve nc -l", "execve nc -l"))
        for share in event_shares(model, moment):
            held = holding(moment.workload, share.section, share.token)
            assert share.seen == Seen(held, len(on(moment.workload)))
            assert share.times == sections_of(moment)[share.section].count(share.token)
            counted += 1
    assert counted > 100


def test_where_other_workloads_answer_their_matches_are_counted(model: RuleModel) -> None:
    moment = replace(HISTORY[0], workload="new")
    for share in event_shares(model, moment, ("db", "web")):
        held = sum(share.token in sections_of(past)[share.section] for past in HISTORY)
        assert share.seen == Seen(held, len(HISTORY))


def test_the_sentence_on_the_context_counts_what_it_names(model: RuleModel) -> None:
    named = 0
    moments_asked = [replace(past, workload="db") for past in HISTORY[:60]]
    for moment, evidence in zip(moments_asked, context_evidence(model, moments_asked), strict=True):
        found = re.search(
            r"most (?:against|for) it: .*as in ([\d,]+) of ([\d,]+) expected", evidence.sentence
        )
        if found is None:
            assert " it: " not in evidence.sentence
            continue
        tokens = [
            (section, token)
            for section, held in sections_of(moment).items()
            for token in held
            if token in evidence.sentence and holding("db", section, token) == number(found[1])
        ]
        assert tokens, evidence.sentence
        assert number(found[2]) == len(on("db"))
        named += 1
    assert named > 30


def test_shares_of_events_add_up_to_what_the_member_says(model: RuleModel) -> None:
    """Up to what it says of every match alike, and to shares too small to be told."""
    assert model.context is not None
    rest = []
    for moment in HISTORY[:30]:
        (odds,) = model.context.odds_against(model.features.matrix([moment]))
        rest.append(odds - sum(share.bits for share in event_shares(model, moment)))
    assert np.ptp(rest) < 0.25
    assert np.std(rest) < 0.1


def test_the_share_of_what_is_unknown_is_divided_among_it() -> None:
    """A history of so many tokens that the features leave most out."""
    history = [
        replace(
            past,
            window=tuple(f"execve {past.workload}{number}-{n}" for n in range(number % 3 * 4)),
        )
        for number, past in enumerate(HISTORY)
    ]
    model = fit(str(RULE), history, history, 0)
    assert model.context is not None
    column = model.features.names.index(("before", None))
    divided = 0
    for past in history[:40]:
        of = replace(past, window=("execve x", "execve y", "execve x"))
        whole = model.context.contributions(model.features.matrix([of]))[0, column]
        bits = {s.token: s.bits for s in event_shares(model, of) if s.section == "before"}
        assert bits["execve x"] == pytest.approx(whole * 2 / 3)
        assert bits["execve y"] == pytest.approx(whole / 3)
        divided += bool(whole)
    assert divided > 20


def test_the_rarest_tokens_are_counted_by_a_bound_that_holds() -> None:
    tokens = [f"execve t{n}" for n in range(MOST_KEPT + 50)]
    history = [
        replace(HISTORY[0], window=tuple(tokens[: MOST_KEPT + 50 - number]), workload="web")
        for number in range(60)
    ]
    counts = Occurrences.fit(history)
    for number, token in enumerate(tokens):
        held = sum(token in past.window for past in history)
        seen = counts.seen(("web",), "before", token)
        assert seen.of == len(history)
        assert (seen.count == held) if seen.exact else (seen.count >= held), number
    assert not counts.seen(("web",), "before", tokens[-1]).exact
    assert str(counts.seen(("web",), "before", tokens[-1])).startswith("at most ")
    assert counts.seen(("web",), "session", "execve never") == Seen(0, 60)


@given(st.lists(moments(), max_size=6))
def test_counts_are_the_same_after_storage(history: list[Moment]) -> None:
    counts = Occurrences.fit(history)
    stored = orjson.dumps(counts.dump())
    loaded = Occurrences.load(orjson.loads(stored))
    assert orjson.dumps(loaded.dump()) == stored
    for moment in history:
        for section, tokens in sections_of(moment).items():
            for token in tokens:
                assert loaded.seen((moment.workload,), section, token) == counts.seen(
                    (moment.workload,), section, token
                )


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moments())
def test_whatever_telemetry_brings_is_explained_with_counts_that_fit(
    model: RuleModel, moment: Moment
) -> None:
    for share in event_shares(model, moment):
        assert np.isfinite(share.bits)
        assert 0 <= share.seen.count <= share.seen.of
    for evidence in novelty_evidence(model, moment, model.novelty.surprises(moment)):
        assert evidence.sentence.endswith(f"expected matches on {moment.workload}.")


def test_hostile_moments_are_explained(model: RuleModel) -> None:
    for moment in HOSTILE:
        assert all(np.isfinite(share.bits) for share in event_shares(model, moment))
        (said,) = context_evidence(model, [moment])
        assert len(said.sentence) < 500
