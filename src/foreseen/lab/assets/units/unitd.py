"""Starts programs under a user and an audit login id, as a service manager does."""

import json
import os
import pwd
import signal
import sys


def child(spec: dict) -> None:
    """Become the user and the program; never returns."""
    user = pwd.getpwnam(spec["user"])
    with open("/proc/self/loginuid", "w", encoding="ascii") as login:
        login.write(str(user.pw_uid))
    os.setsid()
    null = os.open("/dev/null", os.O_RDWR)
    out = os.open(spec["out"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o640) if spec.get("out") else null
    if out != null:
        os.fchown(out, user.pw_uid, user.pw_gid)
    for target, source in ((0, null), (1, out), (2, out)):
        os.dup2(source, target)
    os.closerange(3, 256)
    os.chdir(spec.get("cwd") or user.pw_dir)
    os.setgroups([user.pw_gid])
    os.setresgid(user.pw_gid, user.pw_gid, user.pw_gid)
    os.setresuid(user.pw_uid, user.pw_uid, user.pw_uid)
    environment = {
        "HOME": user.pw_dir,
        "USER": user.pw_name,
        "LOGNAME": user.pw_name,
        "SHELL": "/bin/bash",
        "LANG": "C.UTF-8",
        "PATH": "/usr/bin:/bin:/usr/sbin:/sbin:/usr/local/bin",
        **spec.get("env", {}),
    }
    os.umask(0o022)
    os.execve(spec["argv"][0], spec["argv"], environment)


def main() -> None:
    """Read one JSON request per line, answer each with the new process id."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        spec = json.loads(line)
        pid = os.fork()
        if pid == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            try:
                child(spec)
            except OSError as error:
                sys.stderr.write(f"{spec['argv']}: {error}\n")
            finally:
                os._exit(127)
        print(pid, flush=True)


main()
