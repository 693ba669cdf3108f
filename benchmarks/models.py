"""Methods that decide which matches to show, on three labelled sets, held to bars in budgets.toml.

`models.py [--json] [--pictures DIR]`: every method gets every set through `foreseen models
evaluate`; thresholds come from train and calibration. Fails where a figure misses its bar.
"""

import argparse
import json
import subprocess
import sys
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from measure import machine
from recorded import ROOT, tested_recording
from rules_bars import Verdict, judged, spread
from rules_input import data

Told = Mapping[str, Any]

OURS, ALONE = "foreseen", "foreseen without the window"


@dataclass(frozen=True, slots=True)
class _Set:
    """A set of labelled matches."""

    name: str
    path: Path


def main(arguments: list[str]) -> int:
    """Measure; gives the exit code."""
    parser = argparse.ArgumentParser(prog="bench-models", description=__doc__)
    parser.add_argument("--json", action="store_true", help="JSON on stdout instead of tables")
    parser.add_argument("--pictures", type=Path, help="folder for curves, drawn as SVG")
    chosen = parser.parse_args(arguments)
    bars = tomllib.loads((ROOT / "benchmarks" / "budgets.toml").read_text("utf-8"))["models"]
    found = {each.name: _evaluated(each, chosen.pictures) for each in _sets()}
    cost = _cost()
    figures = {name: spread([figure]) for name, figure in _figures(found, cost).items()}
    verdicts = judged(figures, bars)
    if chosen.json:
        bounds = [{"bar": v.name, "found": v.found.middle, "kept": v.kept} for v in verdicts]
        told = {"machine": machine(), "bars": bounds, "sets": found, "cost": cost}
        sys.stdout.write(json.dumps(told) + "\n")
    else:
        sys.stdout.write(_text(found, cost, verdicts) + "\n")
    return 0 if all(verdict.kept for verdict in verdicts) else 1


def _sets() -> list[_Set]:
    return [
        _Set("recording", tested_recording().parent),
        _Set("atomic-evtx", data() / "atomic-evtx" / "process_creations.parquet"),
        _Set("ait-ads", data() / "ait-ads" / "alerts.parquet"),
    ]


def _evaluated(each: _Set, pictures: Path | None) -> Told:
    """What `foreseen models evaluate` says of a set.

    Raises:
        subprocess.CalledProcessError: It failed; its reason is on stderr.
    """
    sys.stderr.write(f"bench-models: {each.name}\n")
    drawn = [] if pictures is None else ["--pictures", str(pictures / each.name)]
    command = ["models", "evaluate", str(each.path), "--json", *drawn]
    program = Path(sys.executable).with_name("foreseen")
    ran = subprocess.run([program, *command], check=True, stdout=subprocess.PIPE)
    told: Told = json.loads(ran.stdout)
    return told


def _cost() -> Told:
    """What `models_cost.py` says.

    Raises:
        subprocess.CalledProcessError: It failed; its reason is on stderr.
    """
    sys.stderr.write("bench-models: cost\n")
    script = Path(__file__).with_name("models_cost.py")
    ran = subprocess.run([sys.executable, script], check=True, stdout=subprocess.PIPE)
    told: Told = json.loads(ran.stdout)
    return told


def _figures(found: Mapping[str, Told], cost: Told) -> dict[str, float]:
    """What is held to a bar."""
    lab, evtx, ait = (
        _overall(found[name], OURS) for name in ("recording", "atomic-evtx", "ait-ads")
    )
    pairs = {row["method"]: row["roc"] for row in _pairs(found["recording"])}
    return {
        "pairs": pairs[OURS],
        "recording_suppressed": lab["benign_suppressed"],
        "recording_missed": len(_missed(found["recording"]) - _imitations()),
        "evtx_suppressed": evtx["benign_suppressed"],
        "evtx_recall": evtx["malicious_recall"],
        "ait_alerted": ait["alert_rate_realised"],
        "ait_missed": ait["groups"] - ait["groups_found"],
        "ait_roc": next(
            each["roc"] for each in found["ait-ads"]["macro"] if each["method"] == OURS
        ),
        "promises_broken": sum(not _kept(told) for told in found.values()),
        "beaten_by": sum(len(_better(told)) for told in found.values()),
        "judged_us": cost["window_us"] + cost["folding_us"] + cost["members_us"],
    }


def _missed(told: Told) -> set[str]:
    """Attack chains of which no match alerts."""
    return set(told["groups_found"][OURS]["missed"])


def _imitations() -> set[str]:
    """Chains of attackers who do what a benign job does: bounded apart (docs/adr/0016)."""
    runs = json.loads((tested_recording().parent / "runs.json").read_text("utf-8"))
    return {run["chain"] for run in runs if run.get("imitation") and not run.get("pair")}


def _kept(told: Told) -> bool:
    """Whether the realised rate lies in the interval of the promised one."""
    own = next(each for each in told["methods"] if each["method"] == OURS)
    promised, realised = own["alert_rate_promised"], own["alert_rate_realised"]
    return bool(promised["low"] <= realised["value"] <= promised["high"])


def _better(told: Told) -> list[str]:
    """Baselines ahead of ours beyond the bootstrap's noise: in one figure, and behind in none.

    The figures are benign matches suppressed, malicious ones shown and the ROC within rules: who
    suppresses more because they show less of the attacks is not ahead.
    """
    names = ("benign_suppressed", "malicious_recall", "roc_within_rules")
    found = []
    for each in told["differences"]:
        own = [each[name] for name in names if each[name]]
        ahead = any(figure["high"] < 0 for figure in own)
        if ahead and not any(figure["low"] > 0 for figure in own) and each["against"] != ALONE:
            found.append(each["against"])
    return found


def _overall(told: Told, method: str) -> Told:
    rows: Sequence[Told] = told["rows"]
    return next(row for row in rows if row["method"] == method and row["rule"] is None)


def _pairs(told: Told) -> list[Told]:
    return [row for row in told["pairs"] if row["rule"] is None and row["before"] is None]


def _text(found: Mapping[str, Told], cost: Told, verdicts: Sequence[Verdict]) -> str:
    lines = [machine()]
    for name, told in found.items():
        lines += ["", f"{name}: {told['dataset']}, budget {told['budget']:.1%}"]
        lines += [_line(told, each["method"]) for each in told["methods"]]
        lines += [f"  left out: {each['method']}: {each['reason']}" for each in told["failed"]]
        lines += [f"  missed: {', '.join(sorted(_missed(told)) or ['nothing'])}", _promise(told)]
    lines += ["", "matched pairs, ROC"]
    lines += [
        f"  {row['method']:28} {row['roc']:.3f}  of {row['pairs']} pairs"
        for row in _pairs(found["recording"])
    ]
    lines += ["", _priced(cost), "", *map(_bound, verdicts)]
    return "\n".join(lines)


def _line(told: Told, method: str) -> str:
    row = _overall(told, method)
    cost = next(each for each in told["methods"] if each["method"] == method)
    roc = next(each["roc"] for each in told["macro"] if each["method"] == method)
    recall = row["malicious_recall"]
    return (
        f"  {method:28} suppressed {row['benign_suppressed']:7.2%}"
        f"  shown {'-' if recall is None else f'{recall:.1%}':>6}"
        f"  found {row['groups_found']:>3} of {row['groups']:<3}"
        f"  ROC in rules {'-' if roc is None else f'{roc:.3f}':>5}"
        f"  {cost['microseconds_per_match']:7,.0f} us"
    )


def _promise(told: Told) -> str:
    own = next(each for each in told["methods"] if each["method"] == OURS)
    promised, realised = own["alert_rate_promised"], own["alert_rate_realised"]
    better = ", ".join(_better(told)) or "none"
    return (
        f"  promised {promised['value']:.2%} ({promised['low']:.2%} to {promised['high']:.2%}),"
        f" realised {realised['value']:.2%}; ahead of ours beyond noise: {better}"
    )


def _priced(cost: Told) -> str:
    return (
        f"CPU a match: window {cost['window_us']:.0f} us, folding {cost['folding_us']:.0f} us,"
        f" members {cost['members_us']:.0f} us; training on {cost['trained_matches']:,} matches"
        f" {cost['training_seconds']:.0f} s; peak {cost['peak_mb']:,.0f} MB with all events held"
    )


def _bound(verdict: Verdict) -> str:
    ((how, bound),) = verdict.bar.items()
    kept = "ok" if verdict.kept else "MISSED"
    return (
        f"{verdict.name:22} {verdict.found.middle:8.4g}  {how.replace('_', ' ')} {bound:<8}  {kept}"
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
