"""Far sides as Ray actors, on whichever node of a cluster has a core for them."""

from collections import deque
from collections.abc import Sequence
from typing import Any

import ray
from ray.exceptions import RayActorError, RayError, RayTaskError

from foreseen.core.errors import CorruptError, ForeseenError, TransientError
from foreseen.runners.links.link import HUNG_SECONDS, Begin, Failed, Served

_FINEST = 100  # parts of a core that are told apart


class Actor:
    """One far side; what it answers is what its process would."""

    def __init__(self, begin: Begin) -> None:
        """It begins at the first message, so that a failure is an answer."""
        self._begin = begin
        self._served: Served | None = None

    def answer(self, message: object) -> object | None:
        """What becomes of a message; None: there is nothing to say."""
        try:
            self._served = self._served or self._begin.opened()
            return self._served.answer(message)
        except ForeseenError as error:
            return Failed.of(error)


class RayLinks:
    """A handle to each actor. An actor of a lost node is not moved: its worker begins all anew."""

    def __init__(self, begins: Sequence[Begin]) -> None:
        """Start the actors, spread over the nodes; each takes a core, or its share of what is left.

        Raises:
            TransientError: No node has a core.
        """
        cores = _cores(sum(not begin.is_light for begin in begins))
        self._names = [begin.name for begin in begins]
        self._actors: list[Any] = [
            ray.remote(num_cpus=0 if begin.is_light else cores, scheduling_strategy="SPREAD")(
                Actor
            ).remote(begin)
            for begin in begins
        ]
        self._owed: list[deque[ray.ObjectRef[Any]]] = [deque() for _ in begins]
        self._come: dict[int, object] = {}

    def __len__(self) -> int:
        return len(self._actors)

    @property
    def process_ids(self) -> Sequence[int]:
        """None: they may be on any machine."""
        return []

    def say(self, number: int, message: object) -> None:
        """A message."""
        self._owed[number].append(self._actors[number].answer.remote(message))

    def heard(self, number: int) -> object:
        """The next answer; raises TransientError if the actor or its node is lost."""
        if number in self._come:
            return self._come.pop(number)
        while True:
            answer = self._answer(number, self._owed[number].popleft())
            if answer is not None:
                return answer

    def speaking(self, numbers: Sequence[int], seconds: float) -> Sequence[int]:
        """Which of these have answered, after a while at most."""
        if known := [number for number in numbers if number in self._come]:
            return known
        first = {self._owed[number][0]: number for number in numbers}
        done, _ = ray.wait(list(first), num_returns=1, timeout=seconds or 0)
        rest = [ref for ref in first if ref not in done]
        also, _ = ray.wait(rest, num_returns=len(rest), timeout=0) if rest else ([], [])
        for number in (first[ref] for ref in (*done, *also)):
            answer = self._answer(number, self._owed[number].popleft())
            if answer is not None:  # to some messages nothing is said
                self._come[number] = answer
        return sorted(number for number in numbers if number in self._come)

    def close(self) -> None:
        """End all actors at once."""
        for actor in self._actors:
            ray.kill(actor)

    def _answer(self, number: int, ref: "ray.ObjectRef[Any]") -> object:
        try:
            return ray.get(ref, timeout=HUNG_SECONDS)
        except RayActorError as error:
            raise TransientError(f"{self._names[number]}: its node or process is lost") from error
        except RayTaskError as error:  # raised by the far side itself: another try ends alike
            raise CorruptError(f"{self._names[number]} failed: {error}") from error
        except RayError as error:
            name = self._names[number]
            raise TransientError(f"{name}: no answer from its node: {error}") from error


def _cores(actors: int) -> float:
    """Cores that each may count on: after the loss of a node the others carry its actors."""
    resources = ray.cluster_resources()  # type: ignore[no-untyped-call]  # the package has none here
    cores = float(resources.get("CPU", 0))
    if cores == 0:
        raise TransientError("no node of the cluster has a core; start one with `ray start`")
    return min(1.0, int(cores / max(actors, 1) * _FINEST) / _FINEST)
