"""Novelty: what was never seen surprises more than what is rare, and workloads stay apart."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.models.histories import act_of, moment, moments

from foreseen.models.members.novelty import Novelty, Surprise, views_of
from foreseen.models.moments.moment import Moment

VIEWS = tuple(views_of(moment()))


def nightly(count: int, command: str = "backup --all /srv", **changed: object) -> list[Moment]:
    return [moment(n, **{"act": act_of(command), **changed}) for n in range(count)]


def views(novelty: Novelty, one: Moment) -> dict[str, Surprise]:
    return {surprise.view: surprise for surprise in novelty.surprises(one)}


def test_depth_and_count_tell_where_the_key_was_known() -> None:
    novelty = Novelty.fit([*nightly(7), *nightly(2, "backup --all /home")])
    exact = views(novelty, nightly(1)[0])["act"]
    other_name = views(novelty, nightly(1, "backup --all /etc")[0])["act"]
    other_way = views(novelty, nightly(1, "backup --restore /srv")[0])["act"]
    other_program = views(novelty, nightly(1, "implant --all /srv")[0])["act"]
    assert (exact.depth, exact.seen) == (0, 7)
    assert (other_name.depth, other_name.seen) == (1, 9)
    assert (other_way.depth, other_way.seen) == (2, 9)
    assert (other_program.depth, other_program.seen) == (None, 0)
    ordered = [found.bits for found in (exact, other_name, other_way, other_program)]
    assert ordered == sorted(ordered)
    assert len(set(ordered)) == 4


@given(frequent=st.integers(10, 400), rare=st.integers(1, 3))
def test_never_seen_surprises_more_than_rare_and_rare_more_than_frequent(
    frequent: int, rare: int
) -> None:
    history = [*nightly(frequent), *nightly(rare, "prune --old /srv", parent="python# <word>")]
    novelty = Novelty.fit(history)
    often = views(novelty, history[0])
    seldom = views(novelty, history[-1])
    never = views(novelty, moment(act=act_of("implant -q x"), parent="nginx", who="33 as 33"))
    for view in ("act", "parent"):
        assert never[view].bits > seldom[view].bits > often[view].bits


@given(distinct=st.integers(2, 200))
def test_a_repeat_never_surprises_more_than_what_never_was_even_where_all_is_new(
    distinct: int,
) -> None:
    churn = [moment(n, act=act_of(f"build -j /src/{n}")) for n in range(distinct)]
    novelty = Novelty.fit(churn)
    new = views(novelty, moment(act=act_of("build -j /src/new")))
    assert views(novelty, churn[0])["act"].bits <= new["act"].bits


def test_a_new_name_costs_less_where_names_are_always_new() -> None:
    steady = Novelty.fit(nightly(100, "build -j /src/main"))
    churn = Novelty.fit([moment(n, act=act_of(f"build -j /src/{n}")) for n in range(100)])
    new = moment(act=act_of("build -j /src/new"))
    assert views(churn, new)["act"].bits < views(steady, new)["act"].bits


@pytest.mark.parametrize("view", VIEWS)
def test_each_view_notices_its_own_change(view: str) -> None:
    novelty = Novelty.fit(nightly(100))
    (usual,) = nightly(1)
    changes = {
        "act": replace(usual, act=act_of("implant -q")),
        "parent": replace(usual, parent="nginx", ancestry=("nginx",)),
        "user": replace(usual, who="33 as 33, no terminal"),
        "ancestry": replace(usual, ancestry=("nginx", "systemd")),
    }
    assert views(novelty, changes[view])[view].bits > views(novelty, usual)[view].bits + 1


@given(history=st.lists(moments(), max_size=15), asked=moments(), extra=st.lists(moments()))
def test_one_workload_learns_nothing_from_another(
    history: list[Moment], asked: Moment, extra: list[Moment]
) -> None:
    elsewhere = [one for one in extra if one.workload != asked.workload]
    assert Novelty.fit(history).surprises(asked) == Novelty.fit([*history, *elsewhere]).surprises(
        asked
    )


@given(history=st.lists(moments(), max_size=15), asked=st.lists(moments(), max_size=5))
def test_what_is_loaded_answers_as_what_was_dumped(
    history: list[Moment], asked: list[Moment]
) -> None:
    novelty = Novelty.fit(history)
    loaded = Novelty.load(novelty.dump())  # type: ignore[arg-type]
    for one in [*asked, *history]:
        assert loaded.surprises(one) == novelty.surprises(one)
        assert all(0 <= surprise.bits < 100 for surprise in novelty.surprises(one))


def test_an_unknown_workload_is_as_new_as_can_be() -> None:
    novelty = Novelty.fit(nightly(100))
    for surprise in novelty.surprises(nightly(1, workload="db")[0]):
        assert (surprise.depth, surprise.seen) == (None, 0)
        assert surprise.bits >= views(novelty, nightly(1)[0])[surprise.view].bits + 4
