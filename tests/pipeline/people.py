"""Matches of people on several streams (hosts, a cloud's trail, a cluster) and a judge of them."""

from collections.abc import Sequence
from typing import Any, cast

from tests.pipeline.matches import program_run

from foreseen.alerts.decide import Policy
from foreseen.core.decisions import Evidence, Prediction, Stage
from foreseen.core.ids import DEFAULT_TENANT, ContentHash, RuleId
from foreseen.models.foresight import Foresight
from foreseen.models.moments.moment import Moment
from foreseen.pipeline.judge import JudgeArtefacts
from foreseen.rules import parse_rules

START, MINUTE = 1_795_287_000_000, 60_000
ARN = "arn:aws:iam::111122223333:user/alice"
CONSOLE, SHELL, SECRETS, LOGIN = "console_login", "shell_started", "secrets_read", "host_login"


RULES = f"""
title: Shell started
name: {SHELL}
logsource: {{product: linux, category: process_creation}}
detection: {{selection: {{Image|endswith: /tool}}, condition: selection}}
foreseen: {{model: true}}
---
title: Console login
name: {CONSOLE}
logsource: {{product: aws, service: cloudtrail}}
detection: {{selection: {{eventName: ConsoleLogin}}, condition: selection}}
foreseen: {{model: true}}
---
title: Secrets read
name: {SECRETS}
logsource: {{product: kubernetes, service: audit}}
detection: {{selection: {{verb: get}}, condition: selection}}
foreseen: {{model: true}}
---
title: Several shells
name: {LOGIN}
logsource: {{product: linux, category: process_creation}}
detection: {{selection: {{Image|endswith: /other}}, condition: selection}}
foreseen: {{model: true, threshold: 2, window: 10m, aggregate: [host]}}
"""
FAILED = f"{CONSOLE} failed on cloudtrail"


class Suspicious(Foresight):
    """A foresight that expects everything but what comes after a failed login elsewhere."""

    def history(self, rule: RuleId, workload: str) -> int:
        """Enough of it."""
        del rule, workload
        return 1_000

    def resolves(self, budget: float) -> bool:
        """Fine enough."""
        del budget
        return True

    def predict(self, rule: RuleId, moments: Sequence[Moment], doubt: float) -> list[Prediction]:
        """One answer a moment."""
        del rule, doubt
        return [self.answer(moment) for moment in moments]

    def answer(self, moment: Moment) -> Prediction:
        """Unexpected after a failed login elsewhere, unless a success came after it."""
        last = [token for token in moment.elsewhere if token.startswith(CONSOLE)][-1:]
        odd = bool(last) and " failed " in last[0]
        evidence = (Evidence("act", 9.0 if odd else 0.0, "s"),)
        return Prediction(0.001 if odd else 1.0, 9.0 if odd else 0.0, evidence, ContentHash("m"))


WEAK = {CONSOLE: 0.08, SHELL: 0.07, SECRETS: 0.15}


class Mild(Suspicious):
    """A foresight that finds everything expected, and somewhat odd: rule by rule."""

    def answer(self, moment: Moment) -> Prediction:
        """Above any budget of these tests."""
        share = WEAK.get(moment.rule, 0.5)
        return Prediction(share, 3.0, (Evidence("act", 3.0, "s"),), ContentHash("m"))


def artefacts(kind: type[Foresight] = Suspicious) -> JudgeArtefacts:
    """What a judge depends on, with a foresight of this kind."""
    rules = parse_rules([("rules.yml", RULES)])
    models = dict.fromkeys([rule.id for rule in rules.rules])
    foresight = kind(cast("Any", models), cast("Any", None))
    by_id = {rule.id: rule for rule in rules.rules}
    return JudgeArtefacts(
        DEFAULT_TENANT,
        by_id,
        foresight,
        Policy(0.05, 5),
        {"rules": rules.hash},
        stages=dict.fromkeys(by_id, Stage.SUPPRESS),
    )


def on_host(
    number: int, minutes: float, host: str = "web-1", /, **columns: object
) -> dict[str, object]:
    """A program that alice ran on a host."""
    time = START + int(minutes * MINUTE)
    placed = {"stream": f"{host}/0", "host": host, "workload": host.partition("-")[0]}
    own = {"product": "auditd", "user_name": "alice", "ingested_time": time}
    command = {"process_path": "/opt/tool", "process_cmd_line": "/opt/tool run"}
    return program_run(number, time, SHELL, **{**placed, **own, **command, **columns})


def in_cloud(
    number: int, minutes: float, *, late: float = 0, failed: bool = True, **columns: object
) -> dict[str, object]:
    """A login of alice to the console; `late` minutes until we have it."""
    time = START + int(minutes * MINUTE)
    own: dict[str, object] = {
        "stream": f"aws/111122223333/{ARN}",
        "host": "aws/111122223333",
        "workload": "aws/111122223333/user/alice",
        "ingested_time": time + int(late * MINUTE),
        "product": "cloudtrail",
        "class_uid": 3002,
        "event_type": "AwsConsoleSignIn",
        "status_id": 2 if failed else 1,
        "user_name": "alice",
        "user_uid": ARN,
        "src_ip": "203.0.113.9",
        "process_uid": None,
        "lineage": None,
        "lineage_paths": None,
    }
    return program_run(number, time, CONSOLE, **{**own, **columns})


def in_cluster(number: int, minutes: float, **columns: object) -> dict[str, object]:
    """Alice reading a secret of a cluster."""
    time = START + int(minutes * MINUTE)
    own: dict[str, object] = {
        "stream": "k8s/cluster/oidc:alice",
        "host": "k8s/cluster",
        "workload": "k8s/cluster/user/alice",
        "ingested_time": time,
        "product": "kubernetes",
        "class_uid": 6003,
        "event_type": "ResponseComplete",
        "status_id": 1,
        "user_name": "oidc:alice",
        "process_uid": None,
        "lineage": None,
        "lineage_paths": None,
    }
    return program_run(number, time, SECRETS, **{**own, **columns})
