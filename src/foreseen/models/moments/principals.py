r"""One name for the same person, however a source writes it; none for what is no person.

`EXAMPLE\Alice`, `alice@example.com`, `arn:aws:iam::111122223333:user/alice` and `oidc:alice` are
all `alice`. Two people of the same name in two directories fold into one: what is known of both is
then seen at both, which tells more and not less.
"""

import re
from functools import lru_cache

_LONGEST = 128
_ASSUMED_ROLE = ":assumed-role/"
_PARTS = re.compile(r"[\\/:#]")

_NO_PEOPLE = (
    "system:",  # Kubernetes: nodes, service accounts and its own parts
    "eks:",
    "nt authority\\",
    "nt service\\",
    "nt virtual machine\\",
    "window manager\\",
    "font driver host\\",
    "iis apppool\\",
)
_NOBODY = frozenset(
    {
        *("", "-", "?", "(null)", "unset", "unknown", "(unknown)", "(unknown user)", "nobody"),
        *("system", "local service", "network service", "anonymous logon", "anonymous", "guest"),
        # They are on every machine and used by many: tied by them, everything would be one story.
        *("root", "administrator", "admin", "ubuntu", "ec2-user", "debian", "centos", "fedora"),
        *("azureuser", "vagrant"),
        "hidden_due_to_security_reasons",  # CloudTrail's word for a name that does not exist
    }
)
_MACHINE = re.compile(r"\$$|^i-[0-9a-f]+$|^(?:dwm|umfd)-\d+$|\d{10}|^[0-9a-f-]{16,}$")
"""Accounts of machines, sessions that programs number, and desktops that Windows numbers."""


@lru_cache(maxsize=65_536)
def person(name: str) -> str | None:
    """The person's name; None for a service, a machine, or an account that many share."""
    lowered = name.strip().lower()
    if lowered.startswith(_NO_PEOPLE):
        return None
    last = _PARTS.split(lowered[-4 * _LONGEST :])[-1]
    own = last.partition("@")[0].strip()[:_LONGEST].rstrip()
    if own in _NOBODY or _MACHINE.search(own):
        return None
    return own


def session_name(arn: str) -> str:
    """Name of an assumed role's session, which is a person's where people take roles; else none."""
    return arn.rpartition("/")[2] if _ASSUMED_ROLE in arn else ""
