"""Our patterns take linear time: a slower one would let a stranger's text block a process."""

import importlib
import pkgutil
import re
import time
from collections.abc import Callable, Iterator

import pytest

import contracts
import domain
import kit
import providers
import services
import sources
from kit.masking import mask
from services.notify.decisions.replies import read_reply

UNITS = (
    "a",
    "1",
    "a.",
    "a@",
    "@",
    "+52",
    "%40",
    "<",
    "-",
    " ",
    "\u200b",
    "x1 ",
    "ext ",
    "quitenme ",
    "no me llam",
    "no ",
    "\\",
    "&#",
    "52",
)
# characters
SMALL = 16_000
LARGE = 250_000
RATIO = 40  # allowed ratio of the times, for about fifteen times the size
NOISE = 0.05  # seconds


def patterns() -> Iterator[tuple[str, "re.Pattern[str]"]]:
    """Yields every pattern of our modules, by its name."""
    for package in (contracts, domain, kit, providers, services, sources):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if "migrations" in module.name:
                continue
            for name, value in vars(importlib.import_module(module.name)).items():
                if isinstance(value, re.Pattern) and isinstance(value.pattern, str):
                    yield f"{module.name}.{name}", value


PATTERNS = dict(patterns())


def seconds(function: Callable[[str], object], unit: str, size: int) -> float:
    text = unit * (size // len(unit))
    began = time.process_time()
    function(text)
    return time.process_time() - began


def assert_linear(function: Callable[[str], object]) -> None:
    for unit in UNITS:
        small = min(seconds(function, unit, SMALL) for _ in range(2))
        assert small < 2, f"{SMALL} characters of {unit!r} took {small:.1f} s"
        large = seconds(function, unit, LARGE)
        assert large <= RATIO * small + NOISE, (
            f"{unit!r}: {small:.4f} s, and {large:.4f} s for {LARGE}"
        )


@pytest.mark.parametrize("name", PATTERNS)
def test_a_pattern_is_linear(name: str) -> None:
    pattern = PATTERNS[name]
    assert_linear(lambda text: (pattern.search(text + "\n"), pattern.fullmatch(text)))


@pytest.mark.parametrize("function", [mask, read_reply], ids=["masking", "reading a reply"])
def test_a_function_made_of_patterns_is_linear(function: Callable[[str], object]) -> None:
    assert_linear(function)


def test_patterns_are_found() -> None:
    assert len(PATTERNS) > 20
