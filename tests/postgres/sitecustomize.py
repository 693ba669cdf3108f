"""Python begins with this in processes that tests start: they get fresh databases like the tests.

The module that opens databases is not imported for it; it is met when the program imports it.
"""

import importlib.machinery
import importlib.util
import os
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

_MODULE = "foreseen.control.database"


class _Meeting(importlib.machinery.SourceFileLoader):
    def exec_module(self, module: ModuleType) -> None:
        super().exec_module(module)
        file = Path(__file__).with_name("databases.py")
        spec = importlib.util.spec_from_file_location("_foreseen_test_databases", file)
        assert spec is not None
        assert spec.loader is not None
        databases = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(databases)
        databases.install(module)


class _Finder:
    @staticmethod
    def find_spec(
        name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name != _MODULE:
            return None
        found = importlib.machinery.PathFinder.find_spec(name, path, target)
        if found is not None and found.origin is not None:
            found.loader = _Meeting(name, found.origin)
        return found


if os.environ.get("FORESEEN_TEST_SERVER"):
    sys.meta_path.insert(0, _Finder)
