"""What an attack run leaves for the labels: its steps and the roots of its processes."""

import time
from dataclasses import dataclass, field
from pathlib import Path

_COARSE = 0.005  # the kernel stamps audit events with a clock that ticks every 4 ms


@dataclass(frozen=True, slots=True)
class Root:
    """Where a run's events begin: a process, a login session, a web request or a command's text."""

    kind: str  # pid | session | request | text | cron | failures
    value: str
    time: float
    step: str = ""  # a technique that holds for all below this root, whatever the step of the run


@dataclass(slots=True)
class Run:
    """One run of a chain."""

    chain: str
    number: int
    part: str
    node: str
    start: float = field(default_factory=time.time)
    end: float = 0.0
    steps: list[tuple[float, str]] = field(default_factory=list)
    roots: list[Root] = field(default_factory=list)
    failed: str = ""
    imitation: bool = False  # it does what a benign job does, with the same programs
    pair: str = ""  # the rule of which this run holds the malicious side of a matched pair
    tool: str = ""  # the tool that it ran for that

    @property
    def name(self) -> str:
        """The run's name in labels."""
        return f"{self.part}-{self.chain}-{self.number}"

    def step(self, technique: str) -> None:
        """From now on the run does this technique."""
        self.steps.append((time.time(), technique))

    def root(self, kind: str, value: object, step: str = "") -> None:
        """What starts here from now on belongs to the run."""
        self.roots.append(Root(kind, str(value), time.time(), step))

    def technique_at(self, moment: float) -> str:
        """The technique of the last step that had begun."""
        begun = [step for start, step in self.steps if start <= moment + _COARSE]
        return begun[-1] if begun else (self.steps[0][1] if self.steps else "")

    def public(self) -> dict[str, object]:
        """What goes into runs.json."""
        techniques = dict.fromkeys(
            [t for _, t in self.steps] + [r.step for r in self.roots if r.step]
        )
        return {
            "part": self.part,
            "chain": self.chain,
            "run": self.name,
            "node": self.node,
            "start": round(self.start, 3),
            "end": round(self.end, 3),
            "techniques": list(techniques),
            "failed": self.failed,
            "imitation": self.imitation,
            "pair": self.pair,
        }

    def truth(self) -> dict[str, object]:
        """Everything the labels are made from, so that they can be made again."""
        return {
            **self.public(),
            "number": self.number,
            "tool": self.tool,
            "steps": [[round(t, 3), s] for t, s in self.steps],
            "roots": [[r.kind, r.value, round(r.time, 3), r.step] for r in self.roots],
        }


def run_of(truth: dict[str, object]) -> Run:
    """A run read back from its truth."""
    run = Run(
        str(truth["chain"]), int(str(truth["number"])), str(truth["part"]), str(truth["node"])
    )
    run.start, run.end = float(str(truth["start"])), float(str(truth["end"]))
    run.failed = str(truth["failed"])
    run.imitation = bool(truth.get("imitation"))  # recordings before the second have none of these
    run.pair, run.tool = str(truth.get("pair") or ""), str(truth.get("tool") or "")
    run.steps = [(float(t), str(s)) for t, s in truth["steps"]]  # type: ignore[attr-defined]  # JSON of our own
    run.roots = [Root(k, v, float(t), s) for k, v, t, s in truth["roots"]]  # type: ignore[attr-defined]  # JSON of our own
    return run


def resolve_web_roots(runs: list[Run], trace: Path) -> None:
    """Replace web requests by the processes that the shop started for them."""
    started: dict[str, list[tuple[str, float]]] = {}
    for line in trace.read_text().splitlines() if trace.exists() else []:
        pid, moment, request = line.split()
        started.setdefault(request, []).append((pid, float(moment)))
    for run in runs:
        roots: list[Root] = []
        for root in run.roots:
            if root.kind == "request":
                own = started.get(root.value, [])
                roots.extend(Root("pid", pid, begun - 0.5, root.step) for pid, begun in own)
            else:
                roots.append(root)
        run.roots = roots
