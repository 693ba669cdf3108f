"""Pieces of work as tasks of a Ray cluster; what is lost with a process or a node is done again."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from itertools import islice
from typing import Any, TypeVar

import ray
from ray.exceptions import RayError, RayTaskError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

import foreseen
from foreseen.core.crew import Begin
from foreseen.core.errors import ConfigurationError, ForeseenError, TransientError

Shared = TypeVar("Shared")
Piece = TypeVar("Piece")
Result = TypeVar("Result")

RETRIES = 3
"""Losses of a process or a node after which a piece is given up."""

_AHEAD = 2
"""Pieces a core that are begun or done before they are asked for: bounds the memory."""

_PRIORITY = 10
_NOT_IMPORTED = "failed to import"  # as Ray words it where our module is missing


class RayCrew:
    """A task a piece, at most one a core at a time.

    Tasks ask Ray for no core: shards that work on the same cluster may hold all of them, and the
    task would wait for ever. They stand back behind the shards by their priority instead.
    """

    def __init__(self) -> None:
        """Look at which nodes have cores; the process must have joined the cluster.

        Raises:
            TransientError: No node has a core.
        """
        self._cores = _cores()
        self._task = ray.remote(num_cpus=0, max_retries=RETRIES, retry_exceptions=False)(_piece)
        self._sent: tuple[object, Any] | None = None

    def each(
        self, begin: Begin[Shared, Piece, Result], shared: Shared, pieces: Iterable[Piece]
    ) -> Iterator[Result]:
        """As in `Crew`.

        Raises:
            ConfigurationError: A node has another version of Foreseen, or none.
            TransientError: A piece was lost too often.
        """
        held, left = self._once(shared), iter(pieces)
        free, running = deque(self._cores), dict[Any, str]()
        waiting: deque[Any] = deque()
        most = _AHEAD * len(self._cores)
        while True:
            for piece in islice(left, min(len(free), most - len(waiting))):
                node = free.popleft()
                ref = self._begun(node, begin, held, piece)
                running[ref] = node
                waiting.append(ref)
            if not waiting:
                return
            if waiting[0] not in running:
                yield _result(waiting.popleft())
                continue
            done, _ = ray.wait(list(running), num_returns=1, fetch_local=False)
            free.extend(running.pop(ref) for ref in done)

    def _begun(self, node: str, begin: Begin[Any, Any, Any], held: object, piece: object) -> Any:  # noqa: ANN401 (Ray's)
        """A task where a core is free; if that node is lost, elsewhere."""
        place = NodeAffinitySchedulingStrategy(node, soft=True)
        task = self._task.options(scheduling_strategy=place)
        # In a list, so that Ray hands over the reference: a process fetches what it names once.
        return task.remote(foreseen.__version__, begin, [held], piece)

    def _once(self, shared: object) -> Any:  # noqa: ANN401 (Ray's)
        if self._sent is None or self._sent[0] is not shared:
            self._sent = (shared, ray.put(shared))
        return self._sent[1]


def _piece(version: str, begin: Begin[Any, Any, Any], held: list[Any], piece: object) -> object:
    """Runs on a node."""
    own = foreseen.__version__
    if version != own:
        raise ConfigurationError(
            f"a node has Foreseen {own}, and who asks has {version}: results would differ;"
            " install one version on all"
        )
    os.setpriority(os.PRIO_PROCESS, 0, max(os.getpriority(os.PRIO_PROCESS, 0), _PRIORITY))
    return _made_ready(begin, held[0])(piece)


@lru_cache(maxsize=1)
def _shared(ref: Any) -> object:  # noqa: ANN401 (Ray's)
    return ray.get(ref)


@lru_cache(maxsize=1)
def _made_ready(begin: Begin[Any, Any, Any], ref: Any) -> Callable[[Any], object]:  # noqa: ANN401 (Ray's)
    return begin(_shared(ref))


def _result(ref: Any) -> Any:  # noqa: ANN401 (Ray's)
    try:
        return ray.get(ref)
    except RayTaskError as error:
        if isinstance(error.cause, ForeseenError):
            raise error.cause from error
        if _NOT_IMPORTED in str(error):
            raise ConfigurationError(
                f"a node has no Foreseen {foreseen.__version__}; install one version on all"
            ) from error
        if isinstance(error.cause, RayError):
            raise TransientError(f"what all pieces share was lost: {error.cause}") from error
        raise
    except RayError as error:
        raise TransientError(
            f"a piece of work was lost {RETRIES + 1} times with its process or node: {error}"
        ) from error


def _cores() -> list[str]:
    """Node of each core that there is, the nodes in turn."""
    found = [
        (core, str(node["NodeID"]))
        for node in ray.nodes()  # type: ignore[no-untyped-call]  # the package has none here
        if node["Alive"]
        for core in range(int(node["Resources"].get("CPU", 0)))
    ]
    if not found:
        raise TransientError("no node of the cluster has a core; start one with `ray start`")
    return [node for _, node in sorted(found)]
