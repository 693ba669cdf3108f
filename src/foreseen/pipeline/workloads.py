"""Which workload a host plays: configured patterns first, else its name without the number."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

_NUMBERED = re.compile(r"^(?P<role>.*?[^-_.\d/])[-_.]?\d+$")


@dataclass(frozen=True, slots=True)
class Workloads:
    """Host patterns (shell style) to workload names, first match wins."""

    patterns: Mapping[str, str] = field(default_factory=dict)

    def of(self, host: str, said: str = "") -> str:
        """The workload that a host plays: `web-1` and `web-2` are both `web` unless configured.

        Args:
            host: Its name; of a control plane the account or cluster.
            said: What the record itself says, e.g. the role below an account.
        """
        for pattern, workload in self.patterns.items():
            if fnmatchcase(host, pattern):
                return workload
        if said:
            return said
        numbered = _NUMBERED.match(host)
        return numbered["role"] if numbered else host
