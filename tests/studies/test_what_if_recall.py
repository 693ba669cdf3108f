"""What-if tells which attack chains an edit loses and wins, put among the tenant's own matches."""

import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.recording import extract, middle_time

from foreseen.alerts.decide import Policy
from foreseen.core.ids import RuleId
from foreseen.rules import parse_rules
from foreseen.runners.history import Edit, answer, history
from foreseen.runners.replay import ReplayOrder, replay
from foreseen.runners.rules.files import Document
from foreseen.runners.settings.settings import Settings
from foreseen.studies.gates import Bars
from foreseen.studies.what_if_shape import RecallChange, Scope

LINES = 6_000
NOW = 1_800_000_000_000
SCOPE = Scope(examples=0)


def rule(name: str, selection: str, *, model: bool = False) -> Document:
    number = int.from_bytes(name.encode()[:6], "big")
    text = (
        f"title: Rule {name}\nname: {name}\nid: 1ab780a9-7927-4029-a4b0-{number:012x}\n"
        f"description: It matches.\ntags: [attack.t1059]\nlevel: low\n"
        "logsource: {product: linux, service: auditd}\n"
        f"detection:\n  one: {selection}\n  condition: one\n"
        f"foreseen: {{model: {str(model).lower()}}}\n"
    )
    return (f"linux/{name}.yml", text)


SHELL = rule("shell", "{comm: [sh, bash, dash], event_type: execve}")
CURL = rule("curl", "{comm: curl, event_type: execve}")
NARROW = rule("shell", "{comm: dash, event_type: execve}")
NEVER = rule("shell", "{comm: no_such_program, event_type: execve}")


@dataclass(frozen=True)
class Lab:
    """A replayed folder and its rules."""

    folder: Path
    rules: tuple[Document, ...]

    def ask(self, edit: Edit) -> RecallChange:
        """What becomes of attack chains."""
        return answer(history(self.folder, rules=self.rules), edit, SCOPE).recall


def replayed(
    folder: Path, rules: tuple[Document, ...], *, models: bool = False, node: bytes = b""
) -> Lab:
    log = extract(LINES)
    if node:
        log = re.sub(rb"node=\S+", node, log)
    (folder / "audit.log").write_bytes(log)
    order = ReplayOrder(
        files=[str(folder / "audit.log")],
        format="auditd",
        rules=parse_rules(rules),
        data=folder,
        now=NOW,
        train_until=middle_time(log, 0.8) if models else None,
        settings=Settings(Policy(0.1, 10)),
        bars=Bars.none(),
    )
    replay(order)
    return Lab(folder, rules)


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    """Recorded telemetry under one rule without a model; nothing changes it."""
    return replayed(tmp_path_factory.mktemp("plain"), (SHELL,))


def test_an_edit_that_changes_nothing_loses_nothing(lab: Lab) -> None:
    found = lab.ask(Edit(rules=(SHELL,)))
    assert found.before == found.after
    assert (found.lost, found.won) == ((), ())
    assert found.before.chains == found.before.caught > 5


def test_a_rule_that_is_taken_away_loses_its_chains_by_name(lab: Lab) -> None:
    found = lab.ask(Edit(rules=(CURL,)))
    assert found.lost
    assert found.after.caught == found.before.caught - len(found.lost)
    assert set(found.lost) == set(found.after.lost)


def test_a_rule_that_matches_nothing_any_more_loses_all(lab: Lab) -> None:
    found = lab.ask(Edit(changed=(NEVER,)))
    assert found.after.caught == 0
    assert len(found.lost) == found.before.chains


def test_an_edit_that_matches_more_wins_chains(lab: Lab) -> None:
    narrow = lab.ask(Edit(changed=(NARROW,)))
    found = lab.ask(Edit(changed=(NARROW, CURL)))
    assert set(found.lost) < set(narrow.lost)


def test_a_rule_that_is_added_wins_chains_though_it_has_matched_nothing_yet(
    lab: Lab, tmp_path_factory: pytest.TempPathFactory
) -> None:
    there = replayed(tmp_path_factory.mktemp("curl"), (CURL,))
    found = there.ask(Edit(changed=(SHELL,)))
    assert found.lost == ()
    assert found.won == tuple(sorted(set(found.before.lost)))
    assert set(found.won) == set(lab.ask(Edit(rules=(CURL,))).lost)


def suppression(selection: str) -> Document:
    text = (
        "title: Quiet\nid: quiet\nrules: [shell]\n"
        f"detection:\n  selection: {selection}\n  condition: selection\n"
        "owner: ann\nreason: It is noise.\ncreated: 2026-11-01\nexpires: 2027-03-01\n"
    )
    return ("quiet.yml", text)


def test_hiding_by_hand_what_an_attack_looks_like_loses_it(lab: Lab) -> None:
    found = lab.ask(Edit(suppressions=(suppression("{event_type: execve}"),)))
    assert found.after.caught == 0
    assert len(found.lost) == found.before.chains


@pytest.mark.long
def test_hiding_the_tenants_own_host_hides_the_attack_that_is_put_there(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    there = replayed(tmp_path_factory.mktemp("till"), (SHELL,), node=b"node=till-7")
    own = there.ask(Edit(suppressions=(suppression("{host: till-7}"),)))
    labs = there.ask(Edit(suppressions=(suppression("{host: [web-1, ci-1, db-1, bastion-1]}"),)))
    assert len(own.lost) == own.before.chains > 5
    assert labs.lost == ()


def test_a_model_that_may_suppress_is_asked_and_switched_off(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    modelled = rule("shell", "{comm: [sh, bash, dash], event_type: execve}", model=True)
    there = replayed(tmp_path_factory.mktemp("models"), (modelled,), models=True)
    off = there.ask(Edit(models={RuleId("shell"): False}))
    assert off.after.silent == 0
    assert off.before.silent > 0
    assert set(off.won) == set(off.before.lost)


def test_without_matches_no_chain_can_happen_here(tmp_path: Path) -> None:
    there = replayed(tmp_path, (NEVER,))
    found = there.ask(Edit(changed=(SHELL,)))
    assert (found.before.chains, found.after.chains) == (0, 0)
    assert len(found.impossible) >= 9


def test_where_another_recorder_is_used_no_chain_can_happen(tmp_path: Path) -> None:
    (tmp_path / "trail.json").write_text(
        '{"eventVersion":"1.08","eventSource":"iam.amazonaws.com","eventName":"CreateUser",'
        '"eventTime":"2026-11-21T10:00:00Z","awsRegion":"eu-central-1","eventID":"1",'
        '"userIdentity":{"type":"IAMUser","userName":"ann","accountId":"123456789012"},'
        '"requestParameters":null,"responseElements":null,"sourceIPAddress":"192.0.2.1"}\n'
    )
    text = SHELL[1].replace(
        "{comm: [sh, bash, dash], event_type: execve}", "{eventName: CreateUser}"
    )
    cloud = text.replace("linux, service: auditd", "aws, service: cloudtrail")
    rules = (("aws/shell.yml", cloud.replace("shell", "user")),)
    order = ReplayOrder(
        [str(tmp_path / "trail.json")], "auto", parse_rules(rules), tmp_path / "data", NOW
    )
    assert replay(order).tally.matches.total() == 1
    found = Lab(tmp_path / "data", rules).ask(Edit(changed=(SHELL,)))
    assert found.after.chains == 0
