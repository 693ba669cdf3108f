"""What `foreseen replay` says of itself: nothing is left out of a count without its reason."""

from pathlib import Path

import pytest
from tests.cli.commands import foreseen
from tests.runners.counting import refused

from foreseen.pipeline import open_streams

RULE = """title: A login failed
id: 0c1d4f5e-52a4-4d53-8f5c-0f3f5f2c4b12
name: failed
logsource: {product: linux, category: authentication}
detection: {selection: {status_id: 2}, condition: selection}
foreseen: {threshold: 3, window: 10m, aggregate: [src_ip]}
---
title: Many logins failed
name: often
correlation:
  {type: event_count, rules: [failed], group-by: [src_ip], timespan: 10m, generate: true,
   condition: {gte: 3}}
"""


def summary(tmp_path: Path, rule: str, *lines: bytes) -> str:
    (tmp_path / "rules.yml").write_text(rule)
    (tmp_path / "audit.log").write_bytes(b"".join(lines))
    ran = foreseen("replay", tmp_path / "audit.log", "--rules", tmp_path / "rules.yml")
    assert ran.code == 0
    return ran.err


def test_what_thresholds_and_correlations_cannot_count_is_told_by_reason(tmp_path: Path) -> None:
    lines = [refused(10 + n, n) for n in range(3)] + [refused(90, -120), refused(91, -119)]
    said = summary(tmp_path, RULE, *lines)
    assert "threshold of failed: 2 x match is older than the lateness allows" in said
    assert "correlation often: 2 x event is older than the lateness allows" in said


def test_alerts_that_were_closed_early_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(open_streams, "MOST_ALERTS", 1)
    plain = RULE.replace("threshold: 3, window: 10m, ", "").split("---")[0]
    said = summary(tmp_path, plain, *(refused(n, n, f"192.0.2.{n}") for n in range(4)))
    assert "alerts: 3 x stream had too many that could grow" in said
    assert "x" not in summary(tmp_path, plain, refused(1, 1)).split("alerts\n")[-1].split()
