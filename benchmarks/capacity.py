"""Capacity planning from measured stages: `capacity.py --measure`, `--plan` or `--simulate`.

`--measure` measures each stage on this machine and writes benchmarks/capacity.json. `--plan`
prints the tables of docs/capacity.md from that file; what is assumed (peak, prices, share of
matches) are options. `--cluster` measures two Ray nodes beside one process and writes
benchmarks/capacity_cluster.json, to which a test holds the simulation. `--simulate` runs one cell
of 60 G events a day.
"""

import argparse
import json
import subprocess
import sys
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from capacity_cells import cell_of, told
from capacity_plan import Assumed, costs_of, tables
from lake_apart import apart
from measure import machine
from recorded import ROOT

_HERE = Path(__file__).resolve().parent
MEASURED = _HERE / "capacity.json"
CLUSTER = _HERE / "capacity_cluster.json"


def main() -> int:
    """Do what is asked."""
    asked = _options().parse_args()
    assumed = Assumed(**{each.name: getattr(asked, each.name) for each in fields(Assumed)})
    if asked.measure:
        _keep(MEASURED, dict(apart("capacity_stages.py")))
    if asked.cluster:
        command = [sys.executable, str(_HERE / "capacity_cluster.py")]
        ran = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
        _keep(CLUSTER, json.loads(ran.stdout.splitlines()[-1]))
    if asked.plan:
        sys.stdout.write(tables(json.loads(MEASURED.read_text("utf-8")), assumed) + "\n")
    if asked.simulate:
        measured = json.loads(MEASURED.read_text("utf-8"))
        recovery = json.loads(CLUSTER.read_text("utf-8"))["recovery_seconds"]
        cell = cell_of(costs_of(measured, assumed), assumed, recovery)
        sys.stdout.write(told(cell) + "\n")
    return 0


def _keep(path: Path, figures: dict[str, Any]) -> None:
    """Figures with the machine and the time beside them."""
    when = {"machine": machine(), "date": f"{datetime.now(UTC):%Y-%m-%d %H:%M}"}
    path.write_text(json.dumps(when | figures, indent=1) + "\n", "utf-8")


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="capacity", description=(__doc__ or "").split("\n")[0])
    for name in ("measure", "plan", "simulate", "cluster"):
        parser.add_argument(f"--{name}", action="store_true")
    for each in fields(Assumed):
        name, default = each.name.replace("_", "-"), getattr(Assumed(), each.name)
        parser.add_argument(f"--{name}", type=type(default), default=default)
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
