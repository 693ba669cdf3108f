"""Which workload a host plays."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foreseen.pipeline.workloads import Workloads


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
