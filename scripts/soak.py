"""Run the server for an hour at half of its maximum, and say whether anything grows: `make soak`.

The program stands beside the crash tests, in tests/crash/soak.py; options: --help.
"""

import os
import sys
from pathlib import Path

os.chdir(Path(__file__).resolve().parents[1])
os.execv(  # noqa: S606 (our own program)
    sys.executable, [sys.executable, "-m", "tests.crash.soak", *sys.argv[1:]]
)
