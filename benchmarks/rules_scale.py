"""How the engine grows with its rules: each number of rules in a process of its own.

Run as a program it is such a process: it makes an engine, then measures a round for each line of
its standard input, and answers with a line of JSON each. So the processes can take turns.
"""

import hashlib
import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa

from foreseen.rules.engine.engine import Engine
from foreseen.rules.engine.plans import Wanted
from foreseen.rules.loading import load
from foreseen.rules.tree import All, Atom, Kind, No, Some, Tree, atoms_of
from foreseen.runners.rules.files import settle
from measure import seconds
from rules_bars import Series
from rules_input import batch, comparable, documents, events, wanted
from rules_rounds import progress

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_MUTATED = {Kind.EQUALS, Kind.CONTAINS, Kind.STARTS, Kind.ENDS}
_SHARED_BY = 3
_SHORTEST = 4
_WARM = 3


@dataclass(frozen=True, slots=True)
class Size:
    """What a number of rules costs.

    Attributes:
        rules: How many.
        atoms: Different questions that they ask.
        compiled: CPU seconds to make the engine, without kept databases.
        memory: Peak resident memory of the process in bytes: reading, compiling and labelling.
        cold: First sight of values.
        warm: The same events again.
    """

    rules: int
    atoms: int
    compiled: float
    memory: int
    cold: Series
    warm: Series


def sizes(counts: Sequence[int], event_count: int, rounds: int) -> list[Size]:
    """Measure every number of rules, in turns."""
    started = []
    for count in counts:
        progress(f"engine of {count:,} rules in its own process")
        command = [sys.executable, str(Path(__file__)), str(count), str(event_count)]
        child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        started.append((count, child))
    children = [(count, child, _answer(child)) for count, child in started]
    answers: list[list[dict[str, float]]] = [[] for _ in counts]
    for _ in range(rounds):
        for place, (_, child, _) in enumerate(children):
            answers[place].append(_asked(child))
    for _, child, _ in children:
        child.communicate()
    return [
        _size(count, made, answered, event_count)
        for (count, _, made), answered in zip(children, answers, strict=True)
    ]


def clones(rules: Sequence[Wanted], count: int) -> list[Wanted]:
    """That many rules: these, a sample of them, or these with clones that ask for other texts.

    A text that several rules ask for (the name of a shell) stays in the clones, as new rules would
    ask for it too; any other has its last letter changed.
    """
    ordered = sorted(rules, key=lambda each: hashlib.sha256(repr(each).encode()).digest())
    uses = Counter(atom for each in ordered for atom in set(atoms_of(each.tree)))
    found: list[Wanted] = []
    shift = 0
    while len(found) < count:
        part = ordered[: count - len(found)]
        found += [Wanted(each.gates, _mutated(each.tree, shift, uses)) for each in part]
        shift += 1
    return found


def _mutated(tree: Tree, shift: int, uses: Counter[Atom]) -> Tree:
    match tree:
        case Atom():
            own = tree.kind in _MUTATED and len(tree.text) >= _SHORTEST and uses[tree] < _SHARED_BY
            return replace(tree, text=_shifted(tree.text, shift)) if own and shift else tree
        case No():
            return No(_mutated(tree.part, shift, uses))
        case All():
            return All(tuple(_mutated(part, shift, uses) for part in tree.parts))
        case Some():
            return Some(tuple(_mutated(part, shift, uses) for part in tree.parts))


def _shifted(text: str, shift: int) -> str:
    """A text whose last small letter is another one."""
    for place in range(len(text) - 1, -1, -1):
        if text[place] in _LETTERS:
            letter = _LETTERS[(_LETTERS.index(text[place]) + shift) % len(_LETTERS)]
            return text[:place] + letter + text[place + 1 :]
    return text


def _asked(child: subprocess.Popen[str]) -> dict[str, float]:
    if child.stdin is None:
        raise ValueError("the process has no standard input")
    child.stdin.write("round\n")
    child.stdin.flush()
    return _answer(child)


def _answer(child: subprocess.Popen[str]) -> dict[str, float]:
    line = child.stdout.readline() if child.stdout else ""
    if not line:
        raise RuntimeError(f"a process of the benchmark ended with code {child.wait()}")
    answer: dict[str, float] = json.loads(line)
    return answer


def _size(count: int, made: dict[str, float], answered: list[dict[str, float]], units: int) -> Size:
    series = {
        name: Series(f"{name}, {count:,} rules", units, tuple(each[name] for each in answered))
        for name in ("cold", "warm")
    }
    memory = max(int(each["memory"]) for each in answered)
    return Size(count, int(made["atoms"]), made["compiled"], memory, **series)


def _serve(count: int, event_count: int) -> None:
    """Be one of the processes."""
    pa.set_cpu_count(1)
    chosen = clones(_wanted(count), count)
    started = time.process_time()
    engine = Engine(chosen)
    compiled = time.process_time() - started
    settle()
    lines = batch(events(event_count))
    _say({"atoms": len({a for each in chosen for a in atoms_of(each.tree)}), "compiled": compiled})
    for _ in sys.stdin:
        engine.forget()
        cold = seconds(lambda: engine.matches(lines), times=1)
        warm = seconds(lambda: engine.matches(lines), times=_WARM)
        _say({"cold": cold, "warm": warm, "memory": _peak()})


def _wanted(count: int) -> list[Wanted]:
    """Rules for Windows, as few as give that many; all where there are not as many."""
    texts = [(path, text) for path, text in documents() if "product: windows" in text]
    texts.sort(key=lambda each: hashlib.sha256(each[0].encode()).digest())
    return wanted(comparable(load(texts[: count + count // 20 + 10]).rules))


def _peak() -> int:
    """Peak resident memory in bytes; `getrusage` would count that of the parent before `exec`."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


def _say(answer: dict[str, float]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    _serve(int(sys.argv[1]), int(sys.argv[2]))
