"""Rules that change while the worker works: live at the next batch, the state goes on."""

from pathlib import Path

from tests.runners.installation import SETTINGS, body, held, opened

from foreseen.core.ids import DEFAULT_TENANT
from foreseen.intake.log import EntryKind
from foreseen.rules import RuleSet, parse_rules
from foreseen.runners.installation import Installation
from foreseen.runners.rules.watch import LiveRules
from foreseen.runners.worker import Worker
from foreseen.schema.arrow import texts

LINE = (
    "type=SYSCALL msg=audit(1700000000.{n:03}:{n}): arch=c000003e syscall=59 success=yes exit=0"
    " a0=1 a1=2 a2=3 a3=4 items=1 ppid=1 pid={pid} auid=0 uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0"
    ' sgid=0 fsgid=0 tty=(none) ses=1 comm="{name}" exe="/usr/bin/{name}" key=(null)\n'
    "type=EOE msg=audit(1700000000.{n:03}:{n}): \n"
)
RULE = """title: {name} was run
id: 11111111-2222-4333-8444-55555555555{digit}
name: {name}_run
logsource: {{product: linux, category: process_creation}}
detection: {{s: {{Image|endswith: /{name}}}, condition: s}}
"""


def rules_for(*names: str) -> RuleSet:
    return parse_rules(
        [(f"{name}.yml", RULE.format(name=name, digit=place)) for place, name in enumerate(names)]
    )


def log(number: int, name: str) -> bytes:
    return LINE.format(n=number, pid=1000 + number, name=name).encode()


def test_a_newer_rule_set_labels_from_the_next_batch_on_and_old_labels_stay(
    tmp_path: Path,
) -> None:
    first, second = rules_for("curl"), rules_for("curl", "wget")
    with opened(tmp_path) as stores:
        live = LiveRules(first)
        worker = Worker(Installation(stores, DEFAULT_TENANT, SETTINGS), live)
        stores.intake.append([body(log(1, "wget") + log(2, "curl") + log(3, "true"))])
        while worker.drain():
            pass
        live.current = second
        stores.intake.append([body(log(4, "wget") + log(5, "curl"))])
        stores.intake.append([body(b"", EntryKind.END)])
        while worker.drain():
            pass
    found = held(tmp_path)
    assert sorted(texts(found.matches, "rule_id")) == ["curl_run", "curl_run", "wget_run"]
    hashes = dict(zip(texts(found.events, "original_uid"), texts(found.events, "ruleset_hash"),
                      strict=True))  # fmt: skip
    assert hashes["1"] == first.hash
    assert hashes["5"] == second.hash
    assert {alert.rule for alert in found.alerts} == {"curl_run", "wget_run"}
