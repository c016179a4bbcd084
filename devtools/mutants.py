"""Breaks the rules in small ways, one at a time, and counts the mutants that the tests notice.

`python -m devtools.mutants` tries every module of `only_mutate` in pyproject.toml, from the start.
With paths (`domain/phone.py services/crm/decisions/*`) it tries these, and keeps the other results.
"""

import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mutmut.stats import status_by_exit_code

FOLDER = Path("mutants")  # mutmut's own name for it
NOTICED = {"killed", "timeout"}
UNKNOWN = {"not checked", "check was interrupted by user"}


@dataclass(frozen=True, slots=True)
class Figures:
    """What became of one module's mutants."""

    module: str
    noticed: int
    unnoticed: tuple[str, ...]

    @property
    def total(self) -> int:
        return self.noticed + len(self.unnoticed)


def main(paths: Sequence[str]) -> None:
    if not paths:
        shutil.rmtree(FOLDER, ignore_errors=True)
    # which test runs which function, where a changed test would not be seen
    (FOLDER / "mutmut-stats.json").unlink(missing_ok=True)
    # always with a pattern: mutmut then runs the tests of these modules unbroken first, by name
    patterns = [pattern_of(path) for path in paths] or ["*"]
    command = [str(Path(sys.executable).with_name("mutmut")), "run", *patterns]
    if subprocess.run(command, check=False).returncode != 0:
        sys.exit("mutmut could not run the tests.")
    for line in report(measured(FOLDER)):
        print(line)


def pattern_of(path: str) -> str:
    """Returns how mutmut names the mutants of a module, `domain.phone.*`, or of a folder."""
    return path.removesuffix("/").removesuffix("/*").removesuffix(".py").replace("/", ".") + ".*"


def measured(folder: Path) -> list[Figures]:
    """Returns the figures of every module whose mutants have all been tried."""
    figures = []
    for file in sorted(folder.rglob("*.py.meta")):
        results = json.loads(file.read_text())["exit_code_by_key"]
        statuses = {name: status_by_exit_code[code] for name, code in results.items()}
        if not statuses or UNKNOWN & set(statuses.values()):
            continue
        unnoticed = tuple(name for name, status in statuses.items() if status not in NOTICED)
        module = str(file.relative_to(folder)).removesuffix(".meta")
        figures.append(Figures(module, len(statuses) - len(unnoticed), unnoticed))
    return figures


def report(figures: Sequence[Figures]) -> list[str]:
    """Returns the names of the mutants that nobody noticed, and a table for docs/mutants.md."""
    lines: list[str] = []
    for module in figures:
        lines += module.unnoticed
    lines += ["", "| module | noticed | all | share |", "|---|---|---|---|"]
    for module in figures:
        lines.append(_row(f"`{module.module}`", module.noticed, module.total))
    noticed = sum(module.noticed for module in figures)
    total = sum(module.total for module in figures)
    if total:
        lines.append(_row("together", noticed, total))
    return lines


def _row(name: str, noticed: int, total: int) -> str:
    return f"| {name} | {noticed} | {total} | {noticed / total:.1%} |"


if __name__ == "__main__":
    main(sys.argv[1:])
