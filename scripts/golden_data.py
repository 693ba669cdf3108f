"""Writes a small data folder as this version leaves it, for tests of later versions to open.

    PYTHONPATH=. python scripts/golden_data.py tests/fixtures/lake-YYYY-MM

Run it once at a release, commit what it writes, and never write it again: docs/testing.md.
"""

import hashlib
import io
import json
import sys
import tarfile
import tempfile
from pathlib import Path

import pyarrow as pa
from tests.recording import extract
from tests.runners.installation import bodies_of, body, drain, fill, held, opened

_LINES, _CUTS = 600, 60
_WAITING = 2
"""Bodies that are acknowledged and not worked off yet."""


def main(target: Path) -> int:
    """Write the archive and what is in it; gives the exit code."""
    bodies = bodies_of(extract(_LINES), range(0, _LINES, _CUTS))
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        fill(data, bodies[:-_WAITING])
        drain(data)
        with opened(data) as stores:
            for each in bodies[-_WAITING:]:
                stores.intake.append([body(each)])
        found = held(data)
        told = {
            "alerts": sorted(alert.uid for alert in found.alerts),
            **{
                name: {"rows": rows.num_rows, "uids": digest(rows)}
                for name, rows in (("events", found.events), ("matches", found.matches))
            },
        }
        target.mkdir(parents=True)
        (target / "expected.json").write_text(json.dumps(told, indent=1) + "\n")
        pack(data, target / "data.tar.xz")
    sys.stdout.write(f"{target}: {(target / 'data.tar.xz').stat().st_size} bytes\n")
    return 0


def digest(rows: pa.Table) -> str:
    """Hash of who the rows are and what their sources said."""
    names = [name for name in ("event_uid", "rule_id", "seq", "raw") if name in rows.schema.names]
    return hashlib.sha256(json.dumps(rows.select(names).to_pylist()).encode()).hexdigest()


def pack(data: Path, archive: Path) -> None:
    """A folder as an archive that is the same for the same files."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:xz", preset=9) as tar:
        for path in sorted(data.rglob("*")):
            if path.name == "lock":
                continue
            info = tar.gettarinfo(path, str(path.relative_to(data)))
            info.uid = info.gid = info.mtime = 0
            info.uname = info.gname = ""
            with path.open("rb") if path.is_file() else io.BytesIO() as file:
                tar.addfile(info, file if path.is_file() else None)
    archive.write_bytes(buffer.getvalue())


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
