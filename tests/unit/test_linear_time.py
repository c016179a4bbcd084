"""No text that strangers send costs more than its length: a pattern that does freezes whoever looks at it."""

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
)
SMALL, LARGE = 64_000, 1_000_000
RATIO, NOISE = 40, 0.05  # fifteen times the size; seconds


def patterns() -> Iterator[tuple[str, "re.Pattern[str]"]]:
    """Every pattern that stands in a module of ours."""
    for package in (contracts, domain, kit, providers, services):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if "migrations" in found.name:
                continue
            for name, value in vars(importlib.import_module(found.name)).items():
                if isinstance(value, re.Pattern) and isinstance(value.pattern, str):
                    yield f"{found.name}.{name}", value


PATTERNS = dict(patterns())


def seconds(work: Callable[[str], object], unit: str, size: int) -> float:
    text = unit * (size // len(unit))
    began = time.perf_counter()
    work(text)
    return time.perf_counter() - began


def assert_linear(work: Callable[[str], object]) -> None:
    for unit in UNITS:
        small = min(seconds(work, unit, SMALL) for _ in range(2))
        assert small < 2, f"{SMALL} characters of {unit!r} took {small:.1f} s"
        large = seconds(work, unit, LARGE)
        assert large <= RATIO * small + NOISE, (
            f"{unit!r}: {small:.4f} s, and {large:.4f} s for {LARGE}"
        )


@pytest.mark.parametrize("name", PATTERNS)
def test_a_pattern_is_linear(name: str) -> None:
    pattern = PATTERNS[name]
    assert_linear(lambda text: (pattern.search(text + "\n"), pattern.fullmatch(text)))


@pytest.mark.parametrize("work", [mask, read_reply], ids=["masking", "reading a reply"])
def test_what_is_made_of_patterns_is_linear(work: Callable[[str], object]) -> None:
    assert_linear(work)


def test_there_are_patterns_to_try() -> None:
    assert len(PATTERNS) > 20
