"""Secrets that must be read again (those of TOTP), sealed with a key outside the database."""

import os
from pathlib import Path

import orjson
from cryptography.fernet import Fernet, InvalidToken

from foreseen.core.errors import ConfigurationError, CorruptError, MalformedInputError

KEY_FILE = "identity.key"
_MODE = 0o600
_OTHERS = 0o077

Values = dict[str, str]


class Seal:
    """Seals small values; whoever lacks the key can neither read nor make them.

    Args:
        key: As `Seal.new_key` makes it.
    """

    __slots__ = ("_fernet", "key")

    def __init__(self, key: bytes) -> None:
        self.key = key
        self._fernet = Fernet(key)

    @staticmethod
    def new_key() -> bytes:
        """A random key."""
        return Fernet.generate_key()

    @classmethod
    def temporary(cls) -> "Seal":
        """One whose key ends with the process."""
        return cls(cls.new_key())

    def close(self, values: Values, *, now: int) -> str:
        """Sealed text. `now` is ms UTC."""
        return self._fernet.encrypt_at_time(orjson.dumps(values), now // 1000).decode()

    def open(self, text: str, *, now: int, seconds: int | None = None) -> Values:
        """What was sealed, if that was not more than `seconds` ago.

        Raises:
            MalformedInputError: It was sealed with another key, was changed, or is too old.
        """
        try:
            if seconds is None:
                content = self._fernet.decrypt(text)
            else:
                content = self._fernet.decrypt_at_time(text, seconds, now // 1000)
        except (InvalidToken, ValueError) as error:
            raise MalformedInputError("it was not sealed here, was changed or is over") from error
        found: Values = orjson.loads(content)
        return found


def seal_of(folder: Path) -> Seal:
    """The seal of an installation; its key file is made at the first call, for its owner only.

    Raises:
        ConfigurationError: Others may read the key file.
        CorruptError: It holds no key.
    """
    file = folder / KEY_FILE
    try:
        opened = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _MODE)
    except FileExistsError:
        return _read(file)
    with os.fdopen(opened, "wb") as made:
        key = Seal.new_key()
        made.write(key)
        made.flush()
        os.fsync(made.fileno())
    return Seal(key)


def _read(file: Path) -> Seal:
    if file.stat().st_mode & _OTHERS:
        raise ConfigurationError(f"{file}: others may read this key; run chmod 600 {file}")
    try:
        return Seal(file.read_bytes())
    except ValueError as error:
        raise CorruptError(f"{file}: holds no key; restore it from a backup") from error
