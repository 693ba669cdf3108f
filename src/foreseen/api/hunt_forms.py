"""Rows of a hunt in the form that the caller accepts."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus

from fastapi import Response

from foreseen.api.problems import ProblemError
from foreseen.lake.asking.rendering import as_json, csv_lines, records
from foreseen.runners.hunting.pool import Answer

JSON = "application/json"
CSV = "text/csv"
NDJSON = "application/x-ndjson"
ARROW = "application/vnd.apache.arrow.stream"
FORMS = (JSON, CSV, NDJSON, ARROW)
_ANY = {"*/*": JSON, "application/*": JSON, "text/*": CSV}


def form_of(accept: str, forms: Sequence[str] = FORMS, any_of: Mapping[str, str] = _ANY) -> str:
    """The form that an Accept header prefers; of equal ones the first.

    Args:
        accept: The header.
        forms: Those that there are.
        any_of: What stands for ranges of them.

    Raises:
        ProblemError: 406, it accepts none of ours.
    """
    best, form = 0.0, ""
    for part in accept.split(","):
        kind, _, rest = part.strip().lower().partition(";")
        known = any_of.get(kind.strip(), kind.strip())
        weight = _weight(rest)
        if known in forms and weight > best:
            best, form = weight, known
    if not form:
        raise ProblemError(HTTPStatus.NOT_ACCEPTABLE, f"accept one of {', '.join(forms)}")
    return form


def rendered(answer: Answer, form: str, sql: str, seconds: float) -> Response:
    """The response."""
    headers = {
        "X-Foreseen-Rows": str(answer.rows),
        "X-Foreseen-Truncated": str(answer.truncated).lower(),
        "X-Foreseen-Sandbox": answer.seal.told,
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(_body(answer, form, sql, seconds), headers=headers, media_type=form)


def _body(answer: Answer, form: str, sql: str, seconds: float) -> bytes:
    rows = answer.table
    if form == ARROW:
        return answer.stream
    if form == CSV:
        return "".join(csv_lines(rows)).encode()
    if form == NDJSON:
        return b"".join(as_json(row) + b"\n" for row in records(rows))
    return as_json(
        {
            "columns": [{"name": each.name, "type": str(each.type)} for each in rows.schema],
            "rows": records(rows),
            "truncated": answer.truncated,
            "sql": sql,
            "sandbox": answer.seal.told,
            "seconds": seconds,
        }
    )


def _weight(parameters: str) -> float:
    for parameter in parameters.split(";"):
        name, _, value = parameter.strip().partition("=")
        if name == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0
