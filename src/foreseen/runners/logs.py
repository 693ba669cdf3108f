"""One log for all libraries: a line each, as JSON or for a terminal, without secrets."""

import logging
import os
import re
import sys
from collections.abc import MutableMapping
from typing import Any
from unicodedata import category

import structlog
from structlog.stdlib import ExtraAdder, ProcessorFormatter, add_log_level, add_logger_name
from structlog.types import Processor

from foreseen.runners.config.sections import Log

_SECRETS = re.compile(
    r"(?i)(fsn_[a-z0-9_-]{8})[a-z0-9_-]+"
    r"|(\b(?:bearer|basic)\s+)[a-z0-9._~+/=-]{8,}"
    r"|(\b[a-z][a-z0-9+.-]*://[^\s/:@]*:)[^\s/@]+(?=@)"
    r"|(\b(?:token|password|passwd|secret|api_?key|code|authorization)\b[\"']?\s*[=:]\s*[\"']?"
    r"(?:(?:bearer|basic)\s+)?)[^\s\"'&,;)}]+"
)
_OBEYED = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_NOISY = ("alembic", "uvicorn", "httpx", "httpcore", "urllib3", "opentelemetry")
_HIDDEN = "***"
_LEFT = "FORESEEN_LOG_OF_SERVER"
"""Variable in which a server leaves form and level to the processes that it begins."""

Event = MutableMapping[str, Any]


def set_up(settings: Log) -> None:
    """Send everything that is logged to stderr in one form, from now on."""
    form = settings.format
    if form == "auto":
        form = "console" if sys.stderr.isatty() else "json"
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        add_log_level,
        add_logger_name,
        ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        without_secrets,
    ]
    structlog.configure(
        processors=[*shared, ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    os.environ[_LEFT] = f"{form} {settings.level}"
    handler = logging.StreamHandler()
    handler.setFormatter(_formatter(form, shared))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.level.upper())
    for library in _NOISY:
        logging.getLogger(library).setLevel(max(logging.WARNING, root.level))
    logging.captureWarnings(capture=True)


def set_up_as_begun() -> None:
    """The same in a process that a server began, by what it left in the environment."""
    if left := os.environ.get(_LEFT):
        form, level = left.split()
        set_up(Log(format=form, level=level))


def _formatter(form: str, shared: list[Processor]) -> logging.Formatter:
    last: list[Processor] = [structlog.processors.JSONRenderer()]  # ASCII only: all else escaped
    if form == "console":
        plain = structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
        last = [inert, plain]
    return ProcessorFormatter(
        foreign_pre_chain=shared, processors=[ProcessorFormatter.remove_processors_meta, *last]
    )


def without_secrets(_logger: object, _method: str, event: Event) -> Event:
    """Tokens, passwords and authorisations in any text of a line, as stars."""
    for name, value in event.items():
        if isinstance(value, str) and not name.startswith("_"):
            event[name] = _SECRETS.sub(_starred, value)
    return event


def _starred(found: re.Match[str]) -> str:
    kept = next((each for each in found.groups() if each), "")
    return ("fsn_" if kept.lower().startswith("fsn_") else kept) + _HIDDEN


def inert(_logger: object, _method: str, event: Event) -> Event:
    """Text without what a terminal obeys; the lines of a traceback stay lines."""
    for name, value in event.items():
        if isinstance(value, str):
            keep = "\n" if name == "exception" else ""
            event[name] = "".join(
                each if each in keep or category(each) not in _OBEYED else "\N{MIDDLE DOT}"
                for each in value
            )
    return event
