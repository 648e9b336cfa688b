"""The tests of a plan, found by their names."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
import unittest
from types import ModuleType

Tests = dict[str, list[str]]
"""The tests of a side by the number of their case, as `module.Class.method` below the side's package."""


def found(package: ModuleType, name: re.Pattern[str]) -> tuple[Tests, list[str]]:
    """The tests of a side, and those of its tests that belong to no case. `name`: its first group is the number."""
    tests: Tests = {}
    strays = []
    for _, module_name, _ in pkgutil.iter_modules(package.__path__):
        if not module_name.startswith("test_"):
            continue
        module = importlib.import_module(f"{package.__name__}.{module_name}")
        for kind in _cases(module):
            for method in unittest.defaultTestLoader.getTestCaseNames(kind):
                label = f"{module_name}.{kind.__name__}.{method}"
                if match := name.match(method):
                    tests.setdefault(match[1].upper(), []).append(label)
                else:
                    strays.append(label)
    return tests, strays


def _cases(module: ModuleType) -> list[type[unittest.TestCase]]:
    kinds = [kind for _, kind in inspect.getmembers(module, inspect.isclass) if kind.__module__ == module.__name__]
    return [kind for kind in kinds if issubclass(kind, unittest.TestCase)]
