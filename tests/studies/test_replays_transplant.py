"""A transplanted attack keeps what the attacker did and takes all else from the tenant."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from tests.models.histories import RULES, act_of, moment
from tests.studies.attacks import attack, benign

from foreseen.core.ids import RuleId
from foreseen.models.moments.moment import Moment
from foreseen.models.moments.windows import GROUP_EVENTS, STREAM_EVENTS
from foreseen.studies.replays.chain import Own, Replay
from foreseen.studies.replays.naming import names_of
from foreseen.studies.replays.transplant import transplanted, transplants

TENANT = {
    "who": "service as 0, no terminal",
    "parent": "java -jar <word.jar>",
    "ancestry": ("java", "systemd"),
    "window": tuple(f"execve own-{n}" for n in range(5)),
    "session": ("execve own-s",),
    "siblings": ("execve own-b",),
    "elsewhere": ("console_login done on cloudtrail",),
}


def tenant(rules: Sequence[RuleId] = RULES[:2], **changed: object) -> dict[RuleId, list[Moment]]:
    """Benign matches of a tenant that is nothing like the lab, ten of each rule."""
    return {
        rule: [
            moment(number, rule=rule, workload="shop", **{**TENANT, **changed})
            for number in range(10)
        ]
        for rule in rules
    }


def there(replay: Replay, home: dict[RuleId, list[Moment]], seed: int = 0) -> tuple[Moment, Moment]:
    found = transplanted(replay, home, seed)
    assert found is not None
    first, second = found.moments
    return first, second


def test_the_acts_stay() -> None:
    replay = attack()
    moved = there(replay, tenant())
    assert [m.act for m in moved] == [m.act for m in replay.moments]
    assert [m.rule for m in moved] == [m.rule for m in replay.moments]


def test_user_parent_window_and_workload_are_the_tenants() -> None:
    first, _ = there(attack(), tenant())
    for name, value in TENANT.items():
        assert getattr(first, name) == value
    assert first.workload == "shop"


def test_what_the_chain_did_before_stays_in_its_windows_where_it_stood() -> None:
    _, second = there(attack(), tenant())
    own = {"execve tool3 -x": -3, "execve sh tool3": -1}
    assert {token: second.window.index(token) - len(second.window) for token in own} == own
    assert [t for t in second.window if t not in own] == list(TENANT["window"])


def test_no_name_of_the_lab_is_left() -> None:
    moved = there(attack(), tenant())
    texts = [text for m in moved for text in (m.who, *m.window, *m.session, m.workload)]
    assert not [text for text in texts if "lab" in text or "61001" in text]


def test_processes_of_the_chain_stay_above_its_later_acts() -> None:
    _, second = there(attack(), tenant())
    assert second.parent == "sh tool3"
    assert second.ancestry == ("sh", "java", "systemd")
    assert second.siblings == ("execve tool3 -x",)


def test_a_process_of_the_chain_may_be_where_a_benign_one_of_its_kind_is() -> None:
    _, second = there(attack(), tenant(ancestry=("sh", "java", "systemd")))
    assert second.ancestry == ("sh", "java", "systemd")


def test_the_rights_of_root_cannot_be_hidden() -> None:
    first, second = there(attack(), tenant(who="1000 as 1000, terminal"))
    assert first.who == "1000 as 1000, terminal"
    assert second.who == "1000 as 0, terminal"


def test_who_came_by_a_login_keeps_the_session_and_what_is_above_it() -> None:
    replay = attack()
    ancestry = ("bash", "sshd", "sshd", "systemd")
    typed = moment(
        uid=f"login:1:{RULES[0]}",
        workload="lab",
        ancestry=ancestry,
        session=("execve id",),
        parent="-bash",
    )
    login = Replay("login", "T1078", replay.use, "login", (typed,), (Own(2, (), (0,), ()),))
    found = transplanted(login, tenant(), 0)
    assert found is not None
    assert found.moments[0].ancestry == ancestry
    assert found.moments[0].session == ("execve id",)


def test_windows_keep_their_limits() -> None:
    long = tuple(f"execve own-{n}" for n in range(500))
    moved = there(attack(), tenant(window=long, session=long, siblings=long))
    assert {len(m.window) for m in moved} == {STREAM_EVENTS}
    assert max(len(m.session) for m in moved) == GROUP_EVENTS
    assert len(moved[0].siblings) == GROUP_EVENTS


def test_time_passes_between_the_acts_as_it_did_and_begins_at_a_benign_match() -> None:
    replay, home = attack(), tenant()
    first, second = there(replay, home)
    assert second.time - first.time == replay.moments[1].time - replay.moments[0].time
    assert first.time in {m.time for m in home[RULES[0]]}


def test_directories_and_homes_are_the_tenants() -> None:
    command = "cat /home/labuser/.ssh/id_rsa /srv/labshop/app/key /etc/shadow"
    replay = attack()
    typed = moment(uid=f"x:1:{RULES[0]}", workload="lab", act=act_of(command))
    own = Replay("x", "T1552", replay.use, "x", (typed,), (Own(),))
    home = tenant(window=("execve ls /home/ann/notes/<name>", "execve java /opt/shop/lib/<name>"))
    found = transplanted(own, home, 0)
    assert found is not None
    exact = found.moments[0].act.exact
    assert "/home/ann/" in exact
    assert "/opt/shop/lib/" in exact
    assert "/etc/shadow" in exact
    assert "lab" not in exact


def test_accounts_that_log_in_are_the_tenants_but_root_stays_root() -> None:
    names = names_of(["USER_AUTH sshd /usr/sbin/sshd ann", "USER_AUTH sshd /usr/sbin/sshd root"])
    assert names.accounts == ["ann"]
    assert names.of("USER_LOGIN sshd sshd labuser") == "USER_LOGIN sshd sshd ann"
    assert names.of("USER_LOGIN! sshd sshd root") == "USER_LOGIN! sshd sshd root"


def test_the_first_place_is_where_the_acts_are_at_home() -> None:
    home = tenant()
    usual = [moment(n, rule=RULES[0], workload="till", act=act_of("tool3 -x a")) for n in range(3)]
    home[RULES[0]] = [*home[RULES[0]], *usual]
    first, _ = there(attack(), home)
    assert first.workload == "till"


def test_other_places_come_as_often_as_they_have_matches() -> None:
    home = {RULES[0]: [moment(n, workload="big" if n % 10 else "small") for n in range(200)]}
    places = [transplanted(attack(), home, seed) for seed in range(1, 200)]
    big = [each for each in places if each and each.moments[0].workload == "big"]
    assert 150 < len(big) < 198


def test_the_same_seed_gives_the_same_and_another_one_another() -> None:
    replay, home = attack(), benign()
    assert transplanted(replay, home, 3) == transplanted(replay, benign(), 3)
    assert len({there(replay, home, seed)[0].window for seed in range(8)}) > 1


def test_names_of_placed_matches_are_distinct() -> None:
    found = transplants([attack("a", "1"), attack("a", "2")], benign(), 4).replays
    uids = [m.uid for replay in found for m in replay.moments]
    assert len(set(uids)) == len(uids) == 16


def test_a_chain_none_of_whose_rules_matches_here_cannot_happen_and_is_named() -> None:
    found = transplants([attack("here"), attack("there")], {RULES[2]: benign()[RULES[2]]}, 2)
    assert (found.replays, found.impossible) == ((), ("here", "there"))
    assert transplanted(attack(), {}, 0) is None


def test_a_match_of_a_rule_that_never_matched_here_stands_beside_the_chains_others() -> None:
    _, second = there(attack(), tenant(RULES[:1]))
    assert (second.rule, second.workload) == (RULES[1], "shop")


@pytest.mark.parametrize("window", [(), ("",), ("\ud800 /srv/x/y",), ("/" * 5_000,)])
def test_windows_of_any_text_are_taken(window: tuple[str, ...]) -> None:
    first, _ = there(attack(), tenant(window=window))
    assert first.window == window


def test_a_run_without_matches_is_put_nowhere() -> None:
    empty = attack(moments=(), own=())
    assert transplanted(empty, benign(), 0) is None


def test_what_came_before_elsewhere_is_the_tenants_and_the_chains() -> None:
    replay = attack()
    seen = tuple(replace(m, elsewhere=("remote_login",)) for m in replay.moments)
    first, _ = there(attack(moments=seen), tenant())
    assert first.elsewhere == (*TENANT["elsewhere"], "remote_login")


def test_failed_logins_are_the_chains_where_it_logged_in_itself_else_the_places() -> None:
    replay = attack()
    told = tuple(replace(moment, failures=6) for moment in replay.moments)
    first, second = (replace(own, opened=place == 1) for place, own in enumerate(replay.own))
    moved = there(attack(moments=told, own=(first, second)), tenant(failures=1))
    assert [moment.failures for moment in moved] == [1, 6]
    (calm, _) = there(attack(own=(replace(first, opened=True), second)), tenant(failures=1))
    assert calm.failures is None
