"""Kill the real server and cut its power, hundreds of times; report what was lost: `make crash`.

The program stands beside its tests, in tests/crash/program.py; options: --help.
"""

import os
import sys
from pathlib import Path

os.chdir(Path(__file__).resolve().parents[1])
os.execv(  # noqa: S606 (our own program)
    sys.executable, [sys.executable, "-m", "tests.crash.program", *sys.argv[1:]]
)
