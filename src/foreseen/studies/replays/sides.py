"""Which attack chains gates may see and which are sealed: fixed for ever, by technique.

A chain that gates have used can never be sealed again: models were chosen with it. So the split is
this table and no computation; a new chain is given a line here before replays are made of it.

Every chain has one technique that it is there for, and no such technique (nor another part of its
parent, as T1098.001 and T1098.004) is on both sides. What chains use on the way cannot be split:
valid accounts (T1078), a shell (T1059.004) or a download (T1105) are in most chains of any kind.
"""

from collections.abc import Mapping

from foreseen.studies.replays.chain import Use

SIDES: Mapping[str, tuple[str, Use]] = {
    "ci_poisoned_package": ("T1195.002", Use.GATE),
    "db_dump_exfil": ("T1048.003", Use.GATE),
    "download_exec_interpreter": ("T1059.006", Use.GATE),
    "lotl_ci": ("T1552.001", Use.GATE),
    "miner_like": ("T1496", Use.GATE),
    "postgres_copy_program": ("T1048.003", Use.GATE),
    "reverse_shell": ("T1059.004", Use.GATE),
    "secrets_exfil": ("T1048.003", Use.GATE),
    "webshell_dropper": ("T1105", Use.GATE),
    "slow_builds": ("T1048.003", Use.GATE),
    "slow_logins": ("T1048.003", Use.GATE),
    "slow_session": ("T1048.003", Use.GATE),
    "slow_sql": ("T1048.003", Use.GATE),
    "account_create": ("T1136.001", Use.SEALED),
    "account_discovery": ("T1087.001", Use.SEALED),
    "cron_persistence": ("T1053.003", Use.SEALED),
    "lateral_movement": ("T1021.004", Use.SEALED),
    "log_clearing": ("T1070.002", Use.SEALED),
    "port_listener": ("T1571", Use.SEALED),
    "setuid_backdoor": ("T1548.001", Use.SEALED),
    "ssh_key_persistence": ("T1098.004", Use.SEALED),
    "slow_cron": ("T1053.003", Use.SEALED),
    "slow_web": ("T1005", Use.SEALED),
    "sudo_abuse": ("T1548.003", Use.SEALED),
    "imitate_administrator": ("T1552.004", Use.IMITATION),
    "imitate_backup": ("T1560.001", Use.IMITATION),
    "imitate_build": ("T1195.002", Use.IMITATION),
    "imitate_configuration": ("T1021.004", Use.IMITATION),
    "imitate_monitor": ("T1082", Use.IMITATION),
    "imitate_release": ("T1072", Use.IMITATION),
    "imitate_report": ("T1059.004", Use.IMITATION),
}
"""By chain: the ATT&CK technique that it is there for, and its use."""

LEFT_OUT = ("pair_",)
"""Chains that begin so are no replays: the benchmark measures matched pairs by themselves."""
