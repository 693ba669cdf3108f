"""Runs auditd with the lab's rules and watches that nothing is lost."""

import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from foreseen.lab.host import LabError, run
from foreseen.lab.layout import AUID_HIGH, AUID_LOW, SHM, TMP, USERS

_WHO = f"-F auid>={AUID_LOW} -F auid<={AUID_HIGH}"


def rules() -> str:
    """The audit rules, as `auditctl -R` reads them."""
    secrets = [
        *(f"-F dir=/home/{user}/.ssh -F perm=r" for user in USERS),
        "-F path=/etc/shadow -F perm=r",
        "-F path=/etc/sudoers -F perm=r",
        "-F path=/home/ci/.npmrc -F perm=r",
        "-F path=/home/ci/.netrc -F perm=r",
        "-F path=/home/dbadmin/.pgpass -F perm=r",
        "-F dir=/srv/shop/conf -F perm=r",
        "-F dir=/srv/db/conf -F perm=r",
    ]
    written = [
        "/etc",
        "/var/log",
        "/var/spool/cron",
        "/home",
        SHM,
        "/srv/shop/conf",
        "/srv/db/conf",
    ]
    removed = "-S unlink,unlinkat,rename,renameat,renameat2"
    lines = [
        "-D",
        "-b 65536",
        "-f 1",
        "--backlog_wait_time 15000",
        "-a always,exclude -F msgtype=PROCTITLE",
        f"-a always,exit -F arch=b64 -S execve,execveat {_WHO} -k exec",
        f"-a always,exit -F arch=b64 -S clone,fork,vfork {_WHO} -k fork",
        f"-a always,exit -F arch=b64 -S connect -F a2=16 {_WHO} -k net",
        f"-a always,exit -F arch=b64 -S connect -F a2=28 {_WHO} -k net",
        f"-a always,exit -F arch=b64 -S bind -F a2=16 {_WHO} -k net",
        f"-a always,exit -F arch=b64 -S setuid,setreuid {_WHO} -k ids",
        f"-a always,exit -F arch=b64 -S setresuid -F exe!=/usr/bin/sudo {_WHO} -k ids",
        f"-a always,exit -F arch=b64 -S chmod,fchmod,fchmodat,chown,fchownat {_WHO} -k mode",
        f"-a always,exit -F arch=b64 -S kill -F a1!=0 -F auid!=61021 {_WHO} -k signal",
        f"-a always,exit -F arch=b64 -S ptrace,init_module,finit_module,mount {_WHO} -k admin",
        *(
            f"-a always,exit -F arch=b64 {removed} -F dir={path} {_WHO} -k remove"
            for path in (TMP,)
        ),
        *(
            f"-a always,exit -F arch=b64 -F dir={path} -F perm=wa {_WHO} -k write"
            for path in written
        ),
        *(f"-a always,exit -F arch=b64 {secret} {_WHO} -k read" for secret in secrets),
    ]
    return "\n".join(lines) + "\n"


@dataclass(frozen=True, slots=True)
class Status:
    """What the kernel says of its audit queue."""

    lost: int
    backlog: int
    pid: int
    rules: int


class Auditd:
    """auditd with its own settings, writing raw records to one file."""

    def __init__(self, folder: Path) -> None:
        """Start the daemon and load the rules."""
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
        self.log = folder / "audit.log"
        self.disturbed = 0
        self._rules = folder / "rules.audit"
        self._rules.write_text(rules())
        (folder / "plugins.d").mkdir(exist_ok=True)
        (folder / "auditd.conf").write_text(
            f"local_events = yes\nwrite_logs = yes\nlog_file = {self.log}\nlog_format = RAW\n"
            "flush = INCREMENTAL_ASYNC\nfreq = 200\nname_format = NONE\n"
            f"plugin_dir = {folder}/plugins.d\nq_depth = 8000\noverflow_action = SYSLOG\n"
            "max_log_file = 4000\nmax_log_file_action = IGNORE\nspace_left = 75\n"
            "space_left_action = IGNORE\nadmin_space_left = 50\nadmin_space_left_action = IGNORE\n"
            "disk_full_action = IGNORE\ndisk_error_action = IGNORE\n"
        )
        self._process = subprocess.Popen(
            ["/usr/sbin/auditd", "-n", "-s", "enable", "-c", str(folder)],
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for _ in range(50):
            if status().pid == self._process.pid:
                break
            time.sleep(0.1)
        else:
            raise LabError("auditd did not take the kernel's audit queue; does another one run?")
        run("auditctl", "--reset-lost")
        self._load()
        self._expected = status().rules

    def _load(self) -> None:
        run("auditctl", "-R", str(self._rules))

    def check(self) -> Status:
        """Look at the queue; put the rules back if someone else changed them."""
        now = status()
        if now.rules != self._expected or now.pid != self._process.pid:
            self.disturbed += 1
            self._load()
        return now

    def stop(self) -> Status:
        """Wait until the queue is empty, take the rules away, stop; gives the last status."""
        for _ in range(100):
            last = status()
            if last.backlog == 0:
                break
            time.sleep(0.1)
        run("auditctl", "-D")
        run("auditctl", "-e", "0")
        self._process.terminate()
        self._process.wait(timeout=20)
        return last


def status() -> Status:
    """Ask the kernel."""
    words = run("auditctl", "-s").split()
    values = {name: words[i + 1] for i, name in enumerate(words[:-1])}
    loaded = [line for line in run("auditctl", "-l").splitlines() if line.startswith("-")]
    return Status(int(values["lost"]), int(values["backlog"]), int(values["pid"]), len(loaded))
