"""How often who may ask what: an even rate with room for a burst, by address, token, organisation.

The arithmetic is the generic cell rate algorithm: one number a key says when its room is whole
again. A question costs a look into a dict, however much it weighs and however many keys there are.
"""

import math
import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

_MINUTE = 60.0
_MOST_KEYS = 200_000


@dataclass(frozen=True, slots=True)
class Policy:
    """A rate.

    Attributes:
        name: What it limits; shown to callers.
        amount: So much in a minute, and as much at once; 0: no limit.
    """

    name: str
    amount: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What a rate says to a question.

    Attributes:
        policy: The rate.
        left: What may be asked at once now.
        seconds: Until all of it may be, or, of one that is refused, until this one may be.
        refused: Whether it is too much.
    """

    policy: Policy
    left: int
    seconds: float
    refused: bool

    @property
    def headers(self) -> dict[str, str]:
        """As callers see it (draft-ietf-httpapi-ratelimit-headers)."""
        name, wait = self.policy.name, math.ceil(self.seconds)
        told = {
            "RateLimit-Policy": f'"{name}";q={self.policy.amount};w={_MINUTE:.0f}',
            "RateLimit": f'"{name}";r={self.left};t={wait}',
        }
        return told | ({"Retry-After": str(max(wait, 1))} if self.refused else {})


@dataclass(slots=True)
class Rates:
    """Rates of one process; threads share them.

    Keys that were not asked about for longest are forgotten when there are too many: each has its
    whole room again then, and memory is bounded whatever addresses come.

    Attributes:
        clock: Seconds, that only grow.
    """

    clock: Callable[[], float] = time.monotonic
    _full_at: OrderedDict[tuple[str, str], float] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def ask(self, policy: Policy, key: str, cost: int = 1) -> Answer:
        """Take a cost out of a key's room; a refused one takes nothing.

        More than the whole room is taken when the room is whole, and waited for afterwards.
        """
        now, each = self.clock(), _MINUTE / policy.amount
        with self._lock:
            full_at = max(self._full_at.get((policy.name, key), now), now)
            most = min(cost, policy.amount) * each
            wait = full_at + most - now - _MINUTE
            refused = wait > 1e-9  # noqa: PLR2004 (less than a clock tells)
            if not refused:
                full_at += cost * each
                self._full_at[policy.name, key] = full_at
                self._full_at.move_to_end((policy.name, key))
                if len(self._full_at) > _MOST_KEYS:
                    self._full_at.popitem(last=False)
        left = max(int((now + _MINUTE - full_at) / each + 1e-9), 0)
        return Answer(policy, left, wait if refused else full_at - now, refused)


@dataclass(slots=True)
class Busy:
    """How many requests of each organisation are being answered, so that none takes all threads.

    It holds only while another organisation asks, too: who is alone may have everything.

    Attributes:
        most: So many of one organisation; 0: any number.
        clock: Seconds, that only grow.
    """

    most: int
    clock: Callable[[], float] = time.monotonic
    _now: Counter[str] = field(default_factory=Counter)
    _seen: dict[str, float] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def enter(self, tenant: str) -> bool:
        """Count one in; False: there are too many."""
        now = self.clock()
        with self._lock:
            self._seen[tenant] = now
            if self.most and self._now[tenant] >= self.most and self._others(tenant, now):
                return False
            self._now[tenant] += 1
            return True

    def leave(self, tenant: str) -> None:
        """Count one out."""
        with self._lock:
            self._now[tenant] -= 1
            if self._now[tenant] <= 0:
                del self._now[tenant]

    def _others(self, tenant: str, now: float) -> bool:
        return any(now - at < _MINUTE for name, at in self._seen.items() if name != tenant)
