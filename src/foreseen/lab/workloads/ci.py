"""Drives the build host: C, Python and npm packages from local sources, tests, artefacts."""

import json
import random
from threading import Event

from foreseen.lab.channels import Units
from foreseen.lab.layout import CI, MONITOR, SHM, TMP
from foreseen.lab.templates import TOOLS
from foreseen.lab.themes import Theme, token, version

POOL_URL = "http://127.0.1.50:8099"
PIP_INSTALL = (
    "/usr/bin/python3 -m pip install -q --no-index --no-build-isolation --no-deps"
    " --no-cache-dir --disable-pip-version-check --no-warn-script-location"
)
NPM_INSTALL = "npm install --offline --no-audit --no-fund --cache /srv/ci/cache > /dev/null"


def start(units: Units, theme: Theme) -> None:
    """Start the runner and the monitor."""
    units.start("ci", "/usr/bin/python3", "/srv/ci/bin/runner.py")
    monitor = ("/bin/sh", "/usr/local/lib/hostmon/collect.sh", theme.monitor_seconds)
    units.start("ci", *monitor, "/srv/ci/results/state")


def build(theme: Theme, rng: random.Random, end: Event) -> None:
    """Put jobs into the runner's queue in bursts, as pushes come."""
    number = rng.randint(1000, 4000)
    while not end.wait(theme.build_seconds * rng.uniform(0.3, 1.7)):
        for _ in range(rng.choice((1, 1, 1, 2, 3))):
            number += 1
            kind, script = job(theme, rng)
            submit(f"{kind}-{number}", script)


def submit(name: str, script: str) -> None:
    """Give the runner a job."""
    target = CI / "queue" / f"{name}.json"
    target.with_suffix(".new").write_text(json.dumps({"name": name, "script": script}))
    target.with_suffix(".new").rename(target)


def job(theme: Theme, rng: random.Random) -> tuple[str, str]:
    """The kind and the script of a random benign job."""
    kinds = {
        "build": _c_job,
        "wheel": _python_job,
        "node": _node_job,
        "test": _test_job,
        "nightly": _pack_job,
    }
    kind = rng.choices(list(kinds), (30, 13, 11, 28, 18))[0]
    script = kinds[kind](theme, rng)
    if rng.random() < _WITH_TOOL:
        first, unpack, rest = script.split("\n", 2)
        return kind, f"{first}\n{unpack}\n{tool(rng.choice(TOOLS), rng)}{rest}"
    return kind, script


_WITH_TOOL = 0.45


def tool(name: str, rng: random.Random) -> str:
    """The script line that runs one of the host's tools."""
    return f"{MONITOR}/{name}.sh T{rng.randint(100, 9999)}\n"


def fetch(name: str) -> str:
    """Script lines that get and unpack a package's sources."""
    return f"curl -fsS -O {POOL_URL}/src/{name}.tar.gz\ntar xzf {name}.tar.gz\ncd {name}\n"


def _send(name: str, rng: random.Random) -> str:
    archive = f"{name}-{version(rng)}.tar.gz"
    return (
        f"cd ..\ntar czf {archive} {name}\nsha256sum {archive} > {archive}.sha256\n"
        f"curl -fsS -T {archive} {POOL_URL}/artefacts/{archive}\n"
    )


def _c_job(theme: Theme, rng: random.Random) -> str:
    name = rng.choice(theme.c_packages)
    place = f"{TMP}/{token(rng)}"
    program = f"t_{token(rng, 5)}"
    rounds = " ".join("123456"[: rng.randint(2, 6)])
    return (
        f"{fetch(name)}./configure > /dev/null\nmake -s -j2\nmake -s check\n"
        f"mkdir {place}\ncp {name} {place}/{program}\nchmod +x {place}/*\n"
        f"for t in {place}/*; do for n in {rounds}; do $t > /dev/null; done; done\n"
        f"rm -rf {place}\n{_send(name, rng)}"
    )


def _python_job(theme: Theme, rng: random.Random) -> str:
    name = rng.choice(theme.python_packages)
    place = f"{TMP}/pip-{token(rng)}"
    check = f"import {name}; assert {name}.twice({rng.randint(1, 99)})"
    return (
        f"{fetch(name)}{PIP_INSTALL} --target {place} .\n"
        f"cd ..\n/usr/bin/python3 -I -c 'import sys; sys.path.append(\"{place}\"); {check}'\n"
        f"cd {name}\nrm -rf {place}\n{_send(name, rng)}"
    )


def _node_job(theme: Theme, rng: random.Random) -> str:
    name = rng.choice(theme.node_packages)
    check = f"node -e 'require(\"./index.js\")({rng.randint(1, 99)})'"
    return f"{fetch(name)}{NPM_INSTALL}\n{check}\n{_send(name, rng)}"


def _test_job(theme: Theme, rng: random.Random) -> str:
    name = rng.choice(theme.c_packages)
    place = f"{rng.choice((TMP, TMP, TMP, TMP, SHM))}/{token(rng)}"
    lines = [fetch(name), f"mkdir {place}"]
    for _ in range(rng.randint(2, 4)):
        case = f"{place}/{token(rng, 6)}"
        lines.append(f"echo 'int main(void){{return 0;}}' > {case}.c")
        lines.append(f"gcc -o {case} {case}.c && {case}")
    lines.append(_extra(name, rng))
    lines.append(f"rm -rf {place}")
    return "\n".join(lines) + "\n"


def _extra(name: str, rng: random.Random) -> str:
    """A line that a test job has besides its tests."""
    sources = f"{POOL_URL}/src/{name}.tar.gz"
    digest = f'import hashlib; print(hashlib.md5(b"{token(rng)}").hexdigest())'
    size = f'import urllib.request as u; print(len(u.urlopen("{sources}").read()))'
    doubles = f'print join(",", map {{ $_ * 2 }} 1..{rng.randint(3, 20)}), "\\n"'
    count = f"for i in $(seq {rng.randint(2, 9)}); do echo $i; done"
    ways = (
        f"/usr/bin/python3 -c '{digest}'",
        f"perl -e '{doubles}'",
        f"bash -c '{count}' > /dev/null",
        f"/usr/bin/python3 -c '{size}'",
        f"curl -fsS {POOL_URL}/src/environment.sh | bash -s -- {name}",
        f"wget -q -O /dev/null {POOL_URL}/releases/site-118.tar.gz",
    )
    return rng.choice(ways)


def _pack_job(theme: Theme, rng: random.Random) -> str:
    name = rng.choice((*theme.c_packages, *theme.node_packages))
    return (
        f"{fetch(name)}whoami\nuname -srm\nfind . -type f | sort > MANIFEST\n"
        f"sha256sum $(cat MANIFEST) > SUMS\nzip -q -r ../{name}-{version(rng)}.zip .\n"
        "gzip -k SUMS\nchmod 644 SUMS.gz\n"
        "/usr/bin/python3 -c 'import sys; print(len(open(\"MANIFEST\").read()))'\n"
        f"{_send(name, rng)}"
    )
