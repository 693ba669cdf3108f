"""Errors, named after what the caller can do next."""


class ForeseenError(Exception):
    """Root of our errors: the message says what, where and what to do."""


class MalformedInputError(ForeseenError):
    """The input itself is wrong; a retry will not help, the place in it is named."""


class ConfigurationError(ForeseenError):
    """A setting or an option is wrong; the message names it and the nearest valid one."""


class NotFoundError(ForeseenError):
    """The named thing does not exist, or the caller may not know that it does."""


class DeniedError(ForeseenError):
    """The caller is known and may not do this."""


class ConflictError(ForeseenError):
    """It contradicts what is there: look at that, then ask for something else."""


class StaleError(ConflictError):
    """It was changed since the caller looked at it: look again."""


class TransientError(ForeseenError):
    """It may work later: back off and retry."""


class CorruptError(ForeseenError):
    """Stored data fails its checksum or its shape; the path is named."""
