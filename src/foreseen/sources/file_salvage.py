"""What can be kept of JSON that is broken: its lines that are objects by themselves."""

from foreseen.core.records import Line, Quarantined, Reason
from foreseen.parsers.json_records import read_json
from foreseen.sources.file_lines import Lines

#: Bytes that are kept of what goes into quarantine.
SHOWN = 4096
SEQUENCE = b"\x1e"  # begins each record of a JSON text sequence
#: What may stand between records.
BETWEEN = b" \t\r\n," + SEQUENCE
_SHOWN_LINES = 100


def sift(
    lines: Lines,
    out: Lines,
    indent: int,
    reason: Reason = Reason.NOT_THIS_FORMAT,
    detail: str = "brackets do not match; each line is read by itself",
) -> None:
    """Lines that are JSON objects; of those that are not, each run is one quarantined piece.

    What stands further in than the document that is broken is a part of it, no record.
    """
    run: list[Line] = []
    for line in lines.lines:
        text = line.data.strip(BETWEEN)
        blanks = len(line.data) - len(line.data.lstrip(BETWEEN))
        if blanks <= indent and text.startswith(b"{") and is_object(text):
            _quarantine(run, out, reason, detail)
            run = []
            out.lines.append(Line(line.source, line.offset, line.number, line.path, text))
        elif text:
            run.append(line)
    _quarantine(run, out, reason, detail)
    out.quarantined.extend(lines.quarantined)


def is_object(text: bytes) -> bool:
    """Whether a text is a whole JSON object, as parsers read it: a stray byte is no reason not."""
    try:
        return isinstance(read_json(text.decode("utf-8", "replace").encode()), dict)
    except ValueError:
        return False


def _quarantine(run: list[Line], out: Lines, reason: Reason, detail: str) -> None:
    if run:
        first = run[0]
        data = b"\n".join(line.data[:SHOWN] for line in run[:_SHOWN_LINES])[:SHOWN]
        line = Line(first.source, first.offset, first.number, first.path, data)
        told = f"{detail}; {len(run)} lines" if len(run) > 1 else detail
        out.quarantined.append(Quarantined(line, reason, told))
