"""`retention` of a settings file: how long rows are kept, by table and tenant."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from foreseen.lake.keeping.retention import Periods, Retention
from foreseen.lake.tables import TABLES
from foreseen.rules.document import Document, RuleError
from foreseen.runners.settings.numbers import Bound, Kind

RETENTION = "retention"

_TENANTS = "tenants"
_DAY = 86_400_000
_PERIODS = {
    "cold": Bound(Kind.SPAN, _DAY, 36_500 * _DAY),
    "expire": Bound(Kind.SPAN, _DAY, 36_500 * _DAY),
}
_NEVER = "never"
_SHOWN = 50


def parse_retention(document: Document) -> tuple[Retention, list[RuleError]]:
    """How long rows are kept, what is not named as it is without a file; and what is wrong.

    In the file: `retention: {events: {cold: 7d, expire: 90d}, tenants: {acme: {events: ...}}}`.
    """
    told = document.data.get(RETENTION, {})
    line = document.line_of(RETENTION)
    if not isinstance(told, dict):
        return Retention(), [document.error(line, f"'{RETENTION}' names tables with periods")]
    problems: list[RuleError] = []
    own = {name: value for name, value in told.items() if name != _TENANTS}
    usual = Retention()
    tables = {**usual.tables, **_tables(document, own, (RETENTION,), usual.tables, problems)}
    named = told.get(_TENANTS, {})
    if not isinstance(named, dict):
        at = document.line_of(RETENTION, _TENANTS)
        problems.append(document.error(at, f"'{RETENTION}.{_TENANTS}' names tenants with tables"))
        named = {}
    tenants = {
        str(tenant): _tables(document, value, (RETENTION, _TENANTS, str(tenant)), tables, problems)
        for tenant, value in named.items()
    }
    return Retention(tables, tenants), problems


def retention_of(told: Mapping[str, Any]) -> Retention:
    """Retention as `Settings.content` wrote it."""

    def periods(tables: Mapping[str, Mapping[str, int | None]]) -> dict[str, Periods]:
        return {name: Periods(**value) for name, value in tables.items()}

    tenants = {name: periods(tables) for name, tables in told["tenants"].items()}
    return Retention(periods(told["tables"]), tenants)


def _tables(
    document: Document,
    told: object,
    place: tuple[str, ...],
    usual: Mapping[str, Periods],
    problems: list[RuleError],
) -> dict[str, Periods]:
    """Periods by table; what a table does not say is as it is without."""
    at, where = document.line_of(*place), ".".join(place)
    if not isinstance(told, dict):
        problems.append(document.error(at, f"'{where}' names tables with periods"))
        return {}
    found = {}
    for name, value in told.items():
        line = document.line_of(*place, str(name))
        if name not in TABLES:
            near = get_close_matches(str(name), list(TABLES), n=1, cutoff=0.0)[0]
            message = f"'{where}.{name}' is no table; did you mean '{near}'?"
            problems.append(document.error(line, message))
            continue
        found[str(name)] = _periods(
            document, value, (*place, str(name)), usual.get(str(name), Periods()), problems
        )
    return found


def _periods(
    document: Document,
    told: object,
    place: tuple[str, ...],
    usual: Periods,
    problems: list[RuleError],
) -> Periods:
    where, at = ".".join(place), document.line_of(*place)
    if not isinstance(told, dict):
        message = f"'{where}' has periods, such as cold and expire, not {told!r:.{_SHOWN}}"
        problems.append(document.error(at, message))
        return usual
    values: dict[str, int | None] = {"cold": usual.cold, "expire": usual.expire}
    for name, value in told.items():
        line = document.line_of(*place, str(name))
        if name not in _PERIODS:
            near = get_close_matches(str(name), list(_PERIODS), n=1, cutoff=0.0)[0]
            message = f"'{where}.{name}' is no setting; did you mean '{near}'?"
            problems.append(document.error(line, message))
            continue
        found = _PERIODS[name].read(value)
        if found is None and value != _NEVER:
            message = f"'{where}.{name}' is {_PERIODS[name].words}, or {_NEVER}, not {value!r}"
            problems.append(document.error(line, message))
            continue
        values[str(name)] = None if found is None else int(found)
    cold, expire = values["cold"], values["expire"]
    if cold is not None and expire is not None and cold > expire and "cold" in told:
        message = f"'{where}.cold' is later than '{where}.expire'; make it earlier"
        problems.append(document.error(document.line_of(*place, "cold"), message))
    return Periods(cold, expire)
