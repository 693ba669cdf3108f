"""Training and what-if on two Ray nodes, beside the same done alone; prints JSON."""

import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import orjson
from tests.cluster.pieces import Noting
from tests.cluster.two_nodes import Nodes, two_nodes
from tests.models.histories import stationary
from tests.studies.test_what_if import BASE, FORK, PYTHON, replayed

import foreseen
from foreseen.core.crew import ALONE, Crew
from foreseen.core.errors import ForeseenError
from foreseen.core.ids import RuleId, content_hash
from foreseen.models.foresight import fusion_bytes
from foreseen.models.moments.moment import Moment
from foreseen.models.training import train
from foreseen.runners import replay as runner
from foreseen.runners.crews.joining import crew_of
from foreseen.runners.history import Edit, answer, history
from foreseen.studies.what_if_shape import Scope

_RULES = [RuleId(f"rule-{number}") for number in range(6)]
_MATCHES = 200
_COMMIT = 500  # lines


def trained(history: dict[RuleId, list[Moment]], crew: Crew, then: Callable[[], None]) -> object:
    """All that training gives, as JSON; something happens when the first model is done."""
    done: list[RuleId] = []

    def progress(rule: RuleId) -> None:
        done.append(rule)
        if len(done) == 1:
            then()

    found = train(history, budget=0.02, least_history=30, seed=3, progress=progress, crew=crew)
    return {
        "models": dict(found.foresight.hashes),
        "fusion": content_hash(fusion_bytes(found.foresight.fusion)),
        "told": [found.fusion, found.caught, found.skipped, found.realised, found.rehearsed],
    }


def asked(folder: Path, crew: Crew) -> object:
    """The report of an edit that makes labels anew."""
    edit = Edit(changed=[PYTHON, FORK], removed=[RuleId("sudo")])
    scope = Scope(examples=100_000, distrust=True)
    return asdict(answer(history(folder, rules=BASE), edit, scope, crew=crew))


def refused(crew: Crew) -> str:
    """What is said where a node has another version."""
    ours, foreseen.__version__ = foreseen.__version__, "999"
    try:
        list(crew.each(_same, 1, [1]))
    except ForeseenError as error:
        return f"{type(error).__name__}: {error}"
    finally:
        foreseen.__version__ = ours
    return ""


def _same(_shared: int) -> Callable[[int], int]:
    return lambda piece: piece


def on_two_nodes(nodes: Nodes, folder: Path, alone: dict[str, object]) -> dict[str, object]:
    """The same on a cluster; first a process is lost, then a node."""
    lessons = stationary(5, _MATCHES, _RULES)
    with crew_of(nodes.address) as crew:
        process = Noting(crew, folder / "process", dies=True)
        node = Noting(crew, folder / "node")
        version = refused(crew)
        steps: dict[str, Callable[[], bool]] = {
            "training": lambda: trained(lessons, crew, lambda: None) == alone["trained"],
            "a process lost": lambda: trained(lessons, process, lambda: None) == alone["trained"],
            "what-if": lambda: asked(folder / "data", crew) == alone["asked"],
            "a node lost": lambda: trained(lessons, node, nodes.lose_one) == alone["trained"],
            "what-if after it": lambda: asked(folder / "data", crew) == alone["asked"],
        }
        equal, seconds = {}, {}
        for name, step in steps.items():
            begun = time.monotonic()
            equal[name] = step()
            seconds[name] = round(time.monotonic() - begun, 1)
    again = {"process": process.begun - process.asked, "node": node.begun - node.asked}
    return {"equal": equal, "seconds": seconds, "again": again, "refused": version}


def main() -> int:
    """Print what was found, one JSON object."""
    with tempfile.TemporaryDirectory(prefix="fs-tasks-") as name:
        folder = Path(name)
        runner.BATCH_LINES = _COMMIT
        replayed(folder / "data", BASE)
        alone = {
            "trained": trained(stationary(5, _MATCHES, _RULES), ALONE, lambda: None),
            "asked": asked(folder / "data", ALONE),
        }
        with two_nodes(2) as nodes:
            found = on_two_nodes(nodes, folder, alone)
    sys.stdout.write(orjson.dumps(found).decode() + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
