"""Shards as Ray actors, on whichever node of a cluster has a core for them."""

from collections import deque
from collections.abc import Sequence
from typing import Any

import ray
from ray.exceptions import RayActorError, RayError, RayTaskError

from foreseen.core.errors import CorruptError, ForeseenError, TransientError
from foreseen.runners.shards.messages import Go, Orders, Stop
from foreseen.runners.shards.serving import Answer, Begin, ServedShard, failed

_FINEST = 100  # parts of a core that are told apart
_ANSWER_SECONDS = 120.0
"""After which a shard that owes an answer counts as lost: a stretch takes a second or so."""


class RayShard:
    """One partition in an actor; what the actor answers is what its process would."""

    def __init__(self, begin: Begin) -> None:
        """The partition is opened at the first message, so that a failure is an answer."""
        self._begin = begin
        self._shard: ServedShard | None = None

    def answer(self, message: Go | Orders | Stop) -> Answer | None:
        """What becomes of a message; None: there is nothing to say."""
        try:
            self._shard = self._shard or ServedShard(self._begin)
            return self._shard.answer(message)
        except ForeseenError as error:
            return failed(error)


class RayLinks:
    """A handle to each actor. An actor of a lost node is not moved: its worker begins all anew."""

    def __init__(self, begins: Sequence[Begin]) -> None:
        """Start the actors, spread over the nodes; each takes a core, or its share of what is left.

        Raises:
            TransientError: No node has a core.
        """
        shard = ray.remote(num_cpus=_cores(len(begins)), scheduling_strategy="SPREAD")(RayShard)
        self._names = [begin.place.name for begin in begins]
        self._actors: list[Any] = [shard.remote(begin) for begin in begins]
        self._owed: list[deque[ray.ObjectRef[Any]]] = [deque() for _ in begins]

    def __len__(self) -> int:
        return len(self._actors)

    @property
    def process_ids(self) -> Sequence[int]:
        """None: they may be on any machine."""
        return []

    def say(self, number: int, message: object) -> None:
        """A message to a shard."""
        self._owed[number].append(self._actors[number].answer.remote(message))

    def heard(self, number: int) -> object:
        """The next answer of a shard; raises TransientError if its node or it is lost."""
        while True:
            answer = self._answer(number, self._owed[number].popleft())
            if answer is not None:
                return answer

    def speaking(self, numbers: Sequence[int], seconds: float) -> Sequence[int]:
        """Which of these shards have answered, after a while at most."""
        first = {self._owed[number][0]: number for number in numbers}
        done, _ = ray.wait(list(first), num_returns=1, timeout=seconds or 0)
        rest = [ref for ref in first if ref not in done]
        also, _ = ray.wait(rest, num_returns=len(rest), timeout=0) if rest else ([], [])
        return sorted(first[ref] for ref in (*done, *also))

    def close(self) -> None:
        """End all actors at once."""
        for actor in self._actors:
            ray.kill(actor)

    def _answer(self, number: int, ref: "ray.ObjectRef[Any]") -> object:
        try:
            return ray.get(ref, timeout=_ANSWER_SECONDS)
        except RayActorError as error:
            raise TransientError(f"{self._names[number]}: its node or process is lost") from error
        except RayTaskError as error:  # raised by the shard itself: another try ends alike
            raise CorruptError(f"{self._names[number]} failed: {error}") from error
        except RayError as error:
            name = self._names[number]
            raise TransientError(f"{name}: no answer from its node: {error}") from error


def _cores(shards: int) -> float:
    """Cores that each shard may count on: after the loss of a node the others carry its shards."""
    resources = ray.cluster_resources()  # type: ignore[no-untyped-call]  # the package has none here
    cores = float(resources.get("CPU", 0))
    if cores == 0:
        raise TransientError("no node of the cluster has a core; start one with `ray start`")
    return min(1.0, int(cores / shards * _FINEST) / _FINEST)
