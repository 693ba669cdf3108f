"""Passwords: what is accepted, and their hashes, computed by two threads at most."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from foreseen.core.errors import MalformedInputError, TransientError

SHORTEST, LONGEST = 12, 256
_AT_ONCE = 2  # so hashing takes 128 MiB at most
_WAITING = 32
_NOBODYS = "a password that nobody has"
_HASH = PasswordHash((Argon2Hasher(time_cost=3, memory_cost=64 * 1024, parallelism=4),))
_Out = TypeVar("_Out")


class Hashing:
    """Computes hashes of passwords; how many may wait is bounded."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(_AT_ONCE, "passwords")
        self._waiting = 0
        self._nobodys: str | None = None

    async def hash(self, password: str) -> str:
        """The Argon2id hash of a password.

        Raises:
            MalformedInputError: The password is too short or too long.
            TransientError: Too many wait already.
        """
        if not SHORTEST <= len(password) <= LONGEST:
            raise MalformedInputError(f"a password has {SHORTEST} to {LONGEST} characters")
        return await self._computed(lambda: _HASH.hash(_bytes(password)))

    async def fits(self, password: str, hash_: str | None) -> bool:
        """Whether a password has this hash; without one the answer is no, after as long a time.

        Raises:
            TransientError: Too many wait already.
        """
        if self._nobodys is None:
            self._nobodys = await self._computed(lambda: _HASH.hash(_NOBODYS))
        other, asked = hash_ or self._nobodys, _bytes(password[: LONGEST + 1])
        return await self._computed(lambda: _HASH.verify(asked, other)) and hash_ is not None

    async def _computed(self, work: Callable[[], _Out]) -> _Out:
        if self._waiting >= _WAITING:
            raise TransientError("too many log in at once; try again")
        self._waiting += 1
        try:
            return await asyncio.wrap_future(self._pool.submit(work))
        finally:
            self._waiting -= 1

    def close(self) -> None:
        """End the threads."""
        self._pool.shutdown(wait=False, cancel_futures=True)


def _bytes(password: str) -> bytes:
    return password.encode(errors="surrogatepass")
