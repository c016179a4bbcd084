"""The benches are kept: what they read and import is there."""

import importlib
import pkgutil
from pathlib import Path
from types import ModuleType

import pytest

import bench

MODULES = [f"bench.{module.name}" for module in pkgutil.iter_modules(bench.__path__)]


@pytest.mark.parametrize("name", MODULES)
def test_the_files_that_a_bench_reads_are_there(name: str) -> None:
    module: ModuleType = importlib.import_module(name)
    paths = [value for value in vars(module).values() if isinstance(value, Path)]

    assert [path for path in paths if not path.exists()] == []
