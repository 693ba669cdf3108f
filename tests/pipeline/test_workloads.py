"""Which workload a host plays."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.shipped import shipped_rules

from foreseen.core.ids import DEFAULT_TENANT
from foreseen.core.records import Line
from foreseen.pipeline.shard import Lines, ShardArtefacts, ShardState, step
from foreseen.pipeline.workloads import Workloads
from foreseen.schema.arrow import texts


@pytest.mark.parametrize(
    ("host", "workload"),
    [
        ("web-1", "web"),
        ("web-02", "web"),
        ("web_3", "web"),
        ("web4", "web"),
        ("ci-runner-17", "ci-runner"),
        ("bastion", "bastion"),
        ("k8s", "k8s"),
        ("12", "12"),
        ("", ""),
        ("aws/111122223333", "aws/111122223333"),
        ("dc1/web-1", "dc1/web"),
    ],
)
def test_machines_of_one_role_share_a_workload(host: str, workload: str) -> None:
    assert Workloads().of(host) == workload


def test_the_first_configured_pattern_wins() -> None:
    workloads = Workloads({"web-canary*": "canary", "web-*": "shop"})
    assert [workloads.of(host) for host in ("web-canary-1", "web-1", "db-1")] == [
        "canary",
        "shop",
        "db",
    ]


@given(st.text(max_size=300))
def test_any_name_has_a_workload_that_begins_it(host: str) -> None:
    workload = Workloads().of(host)
    assert host.startswith(workload)
    assert bool(workload) == bool(host)


def test_what_a_record_says_of_its_role_comes_after_a_pattern_and_before_the_name() -> None:
    said = "aws/111122223333/role/deploy"
    assert Workloads().of("aws/111122223333", said) == said
    assert Workloads({"aws/*": "cloud"}).of("aws/111122223333", said) == "cloud"


def test_each_role_of_an_account_has_a_workload_of_its_own_in_the_lake() -> None:
    def call(role: str) -> bytes:
        arn = f"arn:aws:sts::111122223333:assumed-role/{role}/i-1"
        identity = {"type": "AssumedRole", "accountId": "111122223333", "arn": arn}
        return orjson.dumps(
            {
                "eventTime": "2026-11-22T10:00:00Z",
                "eventName": "ListBuckets",
                "eventSource": "s3.amazonaws.com",
                "recipientAccountId": "111122223333",
                "userIdentity": identity,
            }
        )

    lines = [
        Line("trail", place, place + 1, "trail.json", call(role))
        for place, role in enumerate(["ci", "deploy"])
    ]
    part = Lines("trail", "cloudtrail", lines, ended=True)
    _, out = step(ShardState(), [part], ShardArtefacts(DEFAULT_TENANT, shipped_rules()))
    found = texts(out.events, "workload")
    assert found == ["aws/111122223333/role/ci", "aws/111122223333/role/deploy"]
