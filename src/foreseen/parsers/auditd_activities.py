"""Which OCSF class and activity a system call or a record type is."""

from foreseen.parsers.auditd_types import words

BASE, FILE, KERNEL_EXTENSION, PROCESS, EVENT_LOG = 0, 1001, 1002, 1007, 1008
ACCOUNT, LOGIN, GROUP, NETWORK = 3001, 3002, 3006, 4001
OTHER = 99

CREATE, READ, UPDATE, DELETE, RENAME, SET_ATTRIBUTES, SET_SECURITY, GET_ATTRIBUTES = range(1, 9)
GET_SECURITY, MOUNT, UNMOUNT = 9, 12, 13
LAUNCH, TERMINATE, OPEN_PROCESS, INJECT, SET_USER = range(1, 6)

EXECS = frozenset(("execve", "execveat"))
FORKS = frozenset(("fork", "vfork", "clone", "clone3"))
OPENS = frozenset(("open", "openat", "openat2", "creat", "open_by_handle_at"))
LINKS = frozenset(("link", "linkat", "symlink", "symlinkat"))
# calls on a descriptor: without a PATH record nothing says which file it was
DESCRIPTOR_CALLS = words(
    "read write pread pread64 pwrite pwrite64 readv writev preadv pwritev getdents getdents64 "
    "fstat fallocate sendfile sendfile64"
)
#: Index of the register that holds the mode.
MODE_REGISTER = {"chmod": "a1", "fchmod": "a1", "fchmodat": "a2", "fchmodat2": "a2"}
#: Calls whose relative path starts from a directory descriptor in a0, not from the CWD.
AT_CALLS = words(
    "openat openat2 unlinkat renameat renameat2 linkat mkdirat mknodat fchmodat fchmodat2 fchownat "
    "readlinkat faccessat faccessat2 newfstatat fstatat64 statx utimensat futimesat execveat"
)


def _group(activity: int, names: str) -> dict[str, tuple[int, int]]:
    return dict.fromkeys(words(names), (FILE, activity))


#: System call to (class, activity), where the call alone decides.
CALLS: dict[str, tuple[int, int]] = {
    **_group(CREATE, "mkdir mkdirat mknod mknodat link linkat symlink symlinkat"),
    **_group(READ, "read pread pread64 readv preadv getdents getdents64 sendfile sendfile64"),
    **_group(UPDATE, "truncate ftruncate write pwrite pwrite64 writev pwritev fallocate"),
    **_group(DELETE, "unlink unlinkat rmdir"),
    **_group(RENAME, "rename renameat renameat2"),
    **_group(
        SET_ATTRIBUTES,
        "setxattr lsetxattr fsetxattr setxattrat removexattr lremovexattr fremovexattr "
        "removexattrat utime utimes utimensat futimesat file_setattr",
    ),
    **_group(SET_SECURITY, "chmod fchmod fchmodat fchmodat2 chown lchown fchown fchownat"),
    **_group(
        GET_ATTRIBUTES,
        "stat lstat fstat newfstatat fstatat fstatat64 statx access faccessat faccessat2 readlink "
        "readlinkat getxattr lgetxattr fgetxattr listxattr llistxattr flistxattr",
    ),
    "mount": (FILE, MOUNT),
    "umount": (FILE, UNMOUNT),
    "umount2": (FILE, UNMOUNT),
    "execve": (PROCESS, LAUNCH),
    "execveat": (PROCESS, LAUNCH),
    "fork": (PROCESS, OTHER),
    "vfork": (PROCESS, OTHER),
    "clone": (PROCESS, OTHER),
    "clone3": (PROCESS, OTHER),
    "exit": (PROCESS, TERMINATE),
    "exit_group": (PROCESS, TERMINATE),
    "kill": (PROCESS, OTHER),
    "tkill": (PROCESS, OTHER),
    "tgkill": (PROCESS, OTHER),
    "process_vm_readv": (PROCESS, OPEN_PROCESS),
    "process_vm_writev": (PROCESS, INJECT),
    **dict.fromkeys(
        words(
            "setuid setgid setreuid setregid setresuid setresgid setfsuid setfsgid setgroups "
            "setuid32 setgid32 setreuid32 setregid32 setresuid32 setresgid32 setfsuid32 setfsgid32 "
            "setgroups32"
        ),
        (PROCESS, SET_USER),
    ),
    "init_module": (KERNEL_EXTENSION, 1),
    "finit_module": (KERNEL_EXTENSION, 1),
    "delete_module": (KERNEL_EXTENSION, 2),
    "connect": (NETWORK, 1),
    "accept": (NETWORK, 1),
    "accept4": (NETWORK, 1),
    "bind": (NETWORK, 7),
    "listen": (NETWORK, 7),
    **dict.fromkeys(
        ("send", "sendto", "sendmsg", "sendmmsg", "recv", "recvfrom", "recvmsg", "recvmmsg"),
        (NETWORK, 6),
    ),
}

#: Calls whose SOCKADDR record names the peer that came to us.
FROM_PEER = frozenset(("accept", "accept4", "recvfrom", "recvmsg", "recvmmsg"))

#: i386 multiplexes these through socketcall; its a0 says which.
SOCKET_CALLS = {
    "1": "socket",
    "2": "bind",
    "3": "connect",
    "4": "listen",
    "5": "accept",
    "9": "send",
    "a": "recv",
    "b": "sendto",
    "c": "recvfrom",
    "10": "sendmsg",
    "11": "recvmsg",
    "12": "accept4",
}

_TRACE_READS = frozenset((1, 2, 3, 12, 14, 0x10, 0x4204, 0x4206))
_TRACE_WRITES = frozenset((4, 5, 6, 13, 15, 0x4205))


def trace_activity(request: int) -> int:
    """Activity of ptrace by its request: attaching and peeking open a process, poking injects."""
    if request in _TRACE_WRITES:
        return INJECT
    return OPEN_PROCESS if request in _TRACE_READS else OTHER


_WRITING = 0o3 | 0o1000 | 0o2000  # O_ACCMODE, O_TRUNC, O_APPEND
_CREATING = 0o100


def open_activity(flags: int, nametype: str | None) -> int:
    """Activity of open: what happened to the file if that is recorded, else what was asked for."""
    if nametype == "CREATE" or (flags & _CREATING and nametype not in {"NORMAL", None}):
        return CREATE
    return UPDATE if flags & _WRITING else READ


#: Record type to (class, activity), for records that are not about a system call.
MESSAGES: dict[str, tuple[int, int]] = {
    **dict.fromkeys(("USER_AUTH", "USER_LOGIN", "USER_START", "LOGIN"), (LOGIN, 1)),
    **dict.fromkeys(("USER_END", "USER_LOGOUT"), (LOGIN, 2)),
    **dict.fromkeys(
        ("USER_ACCT", "USER_ERR", "CRED_ACQ", "CRED_REFR", "CRED_DISP", "USER_CMD", "GRP_AUTH"),
        (LOGIN, OTHER),
    ),
    "ADD_USER": (ACCOUNT, 1),
    "DEL_USER": (ACCOUNT, 6),
    "USER_CHAUTHTOK": (ACCOUNT, 3),
    "ACCT_LOCK": (ACCOUNT, 9),
    "ACCT_UNLOCK": (ACCOUNT, 12),
    "USER_MGMT": (ACCOUNT, OTHER),
    "ADD_GROUP": (GROUP, 6),
    "DEL_GROUP": (GROUP, 5),
    "GRP_MGMT": (GROUP, OTHER),
    "GRP_CHAUTHTOK": (GROUP, OTHER),
    "CONFIG_CHANGE": (EVENT_LOG, OTHER),
    "FEATURE_CHANGE": (EVENT_LOG, OTHER),
    "DAEMON_START": (EVENT_LOG, 6),
    "DAEMON_END": (EVENT_LOG, 7),
    "DAEMON_ABORT": (EVENT_LOG, 7),
    "DAEMON_ROTATE": (EVENT_LOG, 5),
    "DAEMON_RESUME": (EVENT_LOG, 9),
    **dict.fromkeys(
        ("DAEMON_CONFIG", "DAEMON_RECONFIG", "DAEMON_ACCEPT", "DAEMON_CLOSE", "DAEMON_ERR"),
        (EVENT_LOG, OTHER),
    ),
}
