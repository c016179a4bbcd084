"""The figures of the mutants, and that every module of rules is tried."""

import json
import tomllib
from fnmatch import fnmatch
from pathlib import Path

import pytest

from devtools.mutants import Figures, measured, pattern_of, report
from pauta.running.compose_file import PROJECT

RULES = (
    "domain/**/*.py",
    "services/*/decisions.py",
    "services/*/decisions/*.py",
    "providers/*/client.py",
    "providers/*/errors.py",
    "providers/*/webhooks.py",
    "kit/masking.py",
)


def write(folder: Path, module: str, **results: int | None) -> None:
    file = folder / f"{module}.meta"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({"exit_code_by_key": results}))


def test_a_module_is_measured_when_all_its_mutants_were_tried(tmp_path: Path) -> None:
    write(tmp_path, "domain/phone.py", killed=1, survived=0, slow=-24, no_test=33)
    write(tmp_path, "domain/text.py", killed=1, untried=None)
    write(tmp_path, "domain/receipts.py")

    assert measured(tmp_path) == [Figures("domain/phone.py", 2, ("survived", "no_test"))]


def test_the_report_names_what_nobody_noticed_and_adds_up() -> None:
    figures = [Figures("domain/phone.py", 3, ("a",)), Figures("domain/text.py", 4, ())]

    assert report(figures) == [
        "a",
        "",
        "| module | noticed | all | share |",
        "|---|---|---|---|",
        "| `domain/phone.py` | 3 | 4 | 75.0% |",
        "| `domain/text.py` | 4 | 4 | 100.0% |",
        "| together | 7 | 8 | 87.5% |",
    ]


@pytest.mark.parametrize(
    ("path", "pattern"),
    [
        ("domain/phone.py", "domain.phone.*"),
        ("services/crm/decisions", "services.crm.decisions.*"),
        ("services/crm/decisions/", "services.crm.decisions.*"),
        ("services/crm/decisions/*", "services.crm.decisions.*"),
    ],
)
def test_a_path_is_a_pattern_of_names(path: str, pattern: str) -> None:
    assert pattern_of(path) == pattern


def test_every_module_of_rules_is_tried() -> None:
    chosen = tomllib.loads((PROJECT / "pyproject.toml").read_text())["tool"]["mutmut"]
    modules: list[str] = []
    for rule in RULES:
        modules += [str(path.relative_to(PROJECT)) for path in PROJECT.glob(rule)]
    globs = chosen["only_mutate"]
    left_out = [module for module in modules if not any(fnmatch(module, glob) for glob in globs)]

    assert modules
    assert left_out == []
