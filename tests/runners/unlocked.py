"""A program without a gate: it seals a process for each statement and runs it in a plain DuckDB.

What the statement is denied then, the kernel denies. On stdin: JSON of files that may be read and
statements; on stdout: what became of each, as JSON.
"""

import json
import os
import sys

import duckdb
import pyarrow as pa

from foreseen.runners.hunting.sandbox import Walls, seal


def outcome(readable: list[str], sql: str, *, sealed: bool) -> str:
    """What became of one statement, tried in a process of its own."""
    reader, writer = os.pipe()
    if (process := os.fork()) == 0:
        if sealed:
            seal(Walls(readable, 200))
        os.write(writer, ran(sql).encode()[:500])
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as said:
        told = said.read().decode()
    os.waitpid(process, 0)
    return told or "died"


def ran(sql: str) -> str:
    """What DuckDB says."""
    database = duckdb.connect(
        config={"temp_directory": "", "extension_directory": "/nowhere/extensions"}
    )
    try:
        found = database.execute(sql).to_arrow_table()
    except (duckdb.Error, OSError, pa.ArrowException) as error:
        return f"refused: {error}"
    return f"rows: {found.num_rows if found else 0}"


def main() -> None:
    """Try all."""
    asked = json.load(sys.stdin)
    readable, sealed = asked["readable"], asked["sealed"]
    told = [outcome(readable, sql, sealed=sealed) for sql in asked["statements"]]
    json.dump(told, sys.stdout)


if __name__ == "__main__":
    main()
