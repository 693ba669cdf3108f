"""Figures for scrapers: what a real server counted, by the form that Prometheus reads."""

# ruff: noqa: ANN401 (test files cannot import the fixture's class from conftest)

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pyarrow as pa
import pytest
from tests.recording import extract
from tests.shipped import shipped_rules

from foreseen.api.app import Services, create_app
from foreseen.api.metrics import exposition
from foreseen.control.scopes import Scope
from foreseen.control.tenants import ensure_tenant
from foreseen.control.tokens import create_token
from foreseen.core.ids import DEFAULT_TENANT, TenantId
from foreseen.runners.installation import Installation, Stores
from foreseen.runners.life.upkeep import Upkeep
from foreseen.runners.metrics import EDGES, Family, Histogram, HistogramFamily, Metrics
from foreseen.runners.metrics_standing import Instruments
from foreseen.runners.server import stores, wall_clock, working
from foreseen.runners.settings.settings import Settings
from foreseen.schema.arrow import texts

_SAMPLE = re.compile(
    r'(?P<name>[a-z_]+)(?P<labels>\{[a-z]+="(?:[^"\\\n]|\\.)*"(?:,[a-z]+="(?:[^"\\\n]|\\.)*")*\})?'
    r" (?P<value>-?\d+(?:\.\d+)?(?:e[+-]\d+)?)"
)
Figures = dict[str, float]


def parsed(text: str) -> Figures:
    """Every sample by name and labels; each line has to be of the form, each name described."""
    figures: Figures = {}
    described: set[str] = set()
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            described.add(line.split()[2])
        if line.startswith("#"):
            continue
        found = _SAMPLE.fullmatch(line)
        assert found, line
        family = re.sub(r"_(bucket|sum|count)$", "", found["name"])
        assert {found["name"], family} & described, line
        figures[found["name"] + (found["labels"] or "")] = float(found["value"])
    return figures


@contextmanager
def installed(data: Path) -> Iterator[tuple[Installation, dict[str, str]]]:
    """An installation and the headers of who may read it."""
    with stores(data) as opened:
        token = create_token(
            opened.control, DEFAULT_TENANT, name="scraper", scopes={Scope.READ}, now=wall_clock()
        )
        yield (
            Installation(opened, DEFAULT_TENANT, Settings()),
            {"Authorization": f"Bearer {token}"},
        )


def services(installation: Installation) -> Services:
    opened = installation.stores
    formats, tenants = frozenset({"auditd"}), frozenset({DEFAULT_TENANT})
    return Services(
        opened.intake,
        opened.control,
        wall_clock,
        formats,
        tenants,
        metrics=Instruments(installation),
    )


def sending(opened: Stores) -> dict[str, str]:
    made = create_token(
        opened.control, DEFAULT_TENANT, name="sender", scopes={Scope.INGEST}, now=wall_clock()
    )
    return {"Authorization": f"Bearer {made}"}


def scraped(client: httpx.Client, reader: dict[str, str]) -> Figures:
    answer = client.get("/metrics", headers=reader)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    return parsed(answer.text)


def posted(client: httpx.Client, sender: dict[str, str], data: bytes) -> int:
    answer = client.post("/api/v1/ingest/auditd?source=web-1", content=data, headers=sender)
    return int(answer.json()["acknowledged"])


def test_a_server_at_work_says_what_went_through_and_how_long_it_took(
    tmp_path: Path, serve: Any
) -> None:
    with (
        installed(tmp_path) as (installation, reader),
        serve(create_app(services(installation))) as client,
    ):
        sender = sending(installation.stores)
        lines = posted(client, sender, extract(3_000) + b"no such line\n")
        waiting = scraped(client, reader)
        time.sleep(0.3)
        assert waiting['foreseen_lag_bytes{partition="0"}'] > 100_000
        assert waiting["foreseen_stretches_waiting"] == 1
        older = scraped(client, reader)['foreseen_lag_seconds{partition="0"}']
        assert older >= waiting['foreseen_lag_seconds{partition="0"}'] + 0.3
        with working(installation, shipped_rules()):
            for _ in range(200):
                found = scraped(client, reader)
                done = found["foreseen_lines_total"] == lines
                if done and found.get("foreseen_judge_lag_commits") == 0:
                    break
                time.sleep(0.1)
        # The judge is as far as the lake when it is asked, so that all is decided here.
        events, matches = found["foreseen_events_total"], found["foreseen_matches_total"]
        assert events > 500
        assert matches > 0
        assert found["foreseen_streams_total"] == len(
            set(texts(installation.stores.lake.read("events", ["stream"]), "stream"))
        )
        assert found['foreseen_lag_bytes{partition="0"}'] == 0
        assert found['foreseen_lag_seconds{partition="0"}'] == 0
        assert sum(n for k, n in found.items() if k.startswith("foreseen_quarantined")) == 1
        decisions = {k: n for k, n in found.items() if k.startswith("foreseen_decisions_total")}
        assert sum(decisions.values()) >= matches
        assert found["foreseen_commits_total"] == found["foreseen_commit_seconds_count"] >= 1
        assert found["foreseen_receipt_to_commit_seconds_count"] == events
        assert found["foreseen_commit_to_decision_seconds_count"] == sum(decisions.values())
        assert found["foreseen_receipt_to_decision_seconds_count"] >= matches
        assert found["foreseen_receipt_to_decision_seconds_sum"] > 0
        assert found['foreseen_snapshot_bytes_total{state="shard"}'] > 0
        assert found['foreseen_snapshot_bytes_total{state="judge"}'] > 0
        assert sum(n for k, n in found.items() if k.startswith("foreseen_alerts{")) > 0
        assert found["foreseen_retries_total"] == 0
        told = client.get("/api/v1/figures/pipeline", headers=reader).json()
        assert (told["here"], told["lag_seconds"]) == (True, 0)
        steps = {step["name"]: step for step in told["steps"]}
        assert steps["receipt_to_commit"]["count"] == events
        both = steps["receipt_to_decision"]
        assert 0 < both["p50"] <= both["p99"]


def test_the_figures_need_a_token_to_read_and_are_of_ones_own_organisation(
    tmp_path: Path, serve: Any
) -> None:
    with (
        installed(tmp_path) as (installation, _),
        serve(create_app(services(installation))) as client,
    ):
        control, other = installation.stores.control, TenantId("other")
        assert client.get("/metrics").status_code == 401
        sender = sending(installation.stores)
        assert client.get("/metrics", headers=sender).status_code == 403
        ensure_tenant(control, other, now=1)
        theirs = create_token(control, other, name="theirs", scopes={Scope.READ}, now=1)
        answer = client.get("/metrics", headers={"Authorization": f"Bearer {theirs}"})
        assert answer.status_code == 403
        assert "no worker" in answer.json()["detail"]
        path, headers = "/api/v1/figures/pipeline", {"Authorization": f"Bearer {theirs}"}
        nothing: dict[str, Any] = {"here": False, "lag_seconds": None, "steps": []}
        assert client.get(path, headers=headers).json() == nothing


def test_figures_go_on_counting_over_a_worker_that_began_again(tmp_path: Path) -> None:
    with installed(tmp_path) as (installation, _):
        for _ in range(2):
            installation.metrics.worker_begins()
        figures = parsed(exposition(Instruments(installation)(DEFAULT_TENANT) or []))
        assert figures["foreseen_retries_total"] == 1


def test_a_round_of_upkeep_is_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("foreseen.runners.life.upkeep.PAUSE_SECONDS", 0.0)
    with installed(tmp_path) as (installation, _):
        stop = _Rounds(1)
        metrics = installation.metrics
        Upkeep(installation.stores, Settings(), wall_clock, metrics).run(stop)  # type: ignore[arg-type]
        assert metrics.counted().upkeeps == {"done": 1}


class _Rounds:
    """An event that is set after so many waits."""

    def __init__(self, rounds: int) -> None:
        self._left = rounds

    def wait(self, _seconds: float) -> bool:
        self._left -= 1
        return self._left < 0


def test_a_histogram_counts_each_duration_once_and_unknown_ones_never() -> None:
    rng = np.random.default_rng(7)
    now = 1_800_000_000_000
    received = now - rng.integers(0, 4_000_000, 5_000)
    held = Histogram()
    held.add_since(pa.chunked_array([[*received[:2_000].tolist(), None], received[2_000:]]), now)
    seconds = (now - received) / 1_000
    totals = held.buckets.cumsum()
    assert totals[-1] == 5_000
    assert held.sum == pytest.approx(seconds.sum())
    for edge, total in zip(EDGES, totals[:-1], strict=True):
        assert total == (seconds <= edge).sum()


def test_a_clock_that_was_set_back_counts_as_no_time() -> None:
    held = Histogram()
    held.add_since(pa.chunked_array([[2_000]]), 1_000)
    assert (held.buckets[0], held.sum) == (1, 0.0)


def test_what_is_read_does_not_change_afterwards() -> None:
    metrics = Metrics()
    before = metrics.counted()
    metrics.snapshot("shard", 5)
    assert (before.snapshots["shard"], metrics.counted().snapshots["shard"]) == (0, 5)


def test_labels_and_numbers_are_written_as_the_form_asks() -> None:
    family = Family("odd", "gauge", "Odd", [({"a": 'x"\\\ny'}, 1e17), ({}, 0.1)])
    held = Histogram()
    held.add(2.0, 3)
    text = exposition([family, HistogramFamily("h_seconds", "H", held)])
    lines = text.splitlines()
    assert lines[2] == 'foreseen_odd{a="x\\"\\\\\\ny"} 1e+17'
    assert float(lines[3].split()[1]) == 0.1
    figures = parsed(text)
    assert figures['foreseen_h_seconds_bucket{le="1.5"}'] == 0
    assert figures['foreseen_h_seconds_bucket{le="2.0"}'] == 3
    assert figures['foreseen_h_seconds_bucket{le="+Inf"}'] == 3
    assert figures["foreseen_h_seconds_sum"] == 6


def test_a_quantile_lies_in_the_bucket_of_the_duration_that_has_its_rank() -> None:
    assert Histogram().quantile(0.5) is None
    durations = np.random.default_rng(3).gamma(2.0, 0.4, 2_000)
    held = Histogram()
    for each in durations:
        held.add(float(each))
    for share in (0.01, 0.5, 0.9, 0.99):
        rank = float(np.quantile(durations, share))
        high = next(edge for edge in EDGES if edge >= rank)
        low = max([0.0, *(edge for edge in EDGES if edge < rank)])
        found = held.quantile(share)
        assert found is not None
        assert low <= found <= high
    held.add(100_000.0, times=5_000)
    assert held.quantile(0.9) is None
