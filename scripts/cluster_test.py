"""Two Ray nodes on this machine, one of them killed, against one process: `make cluster-test`.

The program stands beside its tests, in tests/cluster/program.py; options: --help.
"""

import os
import sys
from pathlib import Path

os.chdir(Path(__file__).resolve().parents[1])
os.execv(  # noqa: S606 (our own program)
    sys.executable, [sys.executable, "-m", "tests.cluster.program", *sys.argv[1:]]
)
