"""Files as parts of one stream: some lines of one format each, recognised by content."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from foreseen.core.records import Line, Quarantined
from foreseen.parsers.registry import (
    JSON_PARSERS,
    PARSERS,
    parser_named,
    routed,
    sniff,
    stands_alone,
)
from foreseen.pipeline.shard import Lines
from foreseen.sources.file import Batch, read

BATCH_BYTES = 64 << 20


def parts(
    files: Sequence[str],
    form: str,
    *,
    lines: int,
    size: int = BATCH_BYTES,
    progress: Callable[[int, int], None] | None = None,
) -> Iterator[Lines]:
    """The stream in parts; where the format changes, and at the end, a part has ended.

    Args:
        files: Paths in order; `-` is the standard input.
        form: Name of a parser, or `auto`.
        lines: Lines of a part, about.
        size: Bytes of a part, about.
        progress: Called with the stored bytes read so far and in all.

    Raises:
        NotFoundError: A file is missing.
        ConfigurationError: There is no parser of that name.
    """
    forced = None if form == "auto" else parser_named(form).name
    batches = read(
        files,
        recognise=_recognise if forced is None else lambda _: forced,
        stands_alone=stands_alone,
        documents=forced is None or forced in JSON_PARSERS,
        progress=progress,
    )
    return _gathered(batches, forced or next(iter(PARSERS)), lines, size)


def _recognise(head: Sequence[bytes]) -> str | None:
    return routed(sniff(head))


def _gathered(batches: Iterator[Batch], known: str, lines: int, size: int) -> Iterator[Lines]:
    source = ""
    part = _Part()
    for batch in batches:
        source = source or _source(batch)
        if batch.format and batch.format != known:
            if part.begun:
                yield Lines(source, known, part.lines, ended=True, quarantined=part.unread)
            part = _Part()
            known = batch.format
        part.add(batch)
        if len(part.lines) >= lines or part.size >= size:
            yield Lines(source, known, part.lines, quarantined=part.unread)
            part = _Part(begun=True)
    yield Lines(source, known, part.lines, ended=True, quarantined=part.unread)


@dataclass(slots=True)
class _Part:
    """Lines so far. `begun`: there are some, or there were some that the parser may still hold."""

    begun: bool = False
    lines: list[Line] = field(default_factory=list)
    unread: list[Quarantined] = field(default_factory=list)
    size: int = 0

    def add(self, batch: Batch) -> None:
        self.begun = self.begun or bool(batch.lines or batch.quarantined)
        self.lines += batch.lines
        self.unread += batch.quarantined
        self.size += sum(len(line.data) for line in batch.lines)


def _source(batch: Batch) -> str:
    """Name of the stream: that of any of its lines, for it is one for all files."""
    for line in (*batch.lines[:1], *(entry.line for entry in batch.quarantined[:1])):
        return line.source
    return ""
