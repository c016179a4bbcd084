"""Stores each row of a long run in `docs/runs/` at once, so that the run can be resumed."""

import csv
import subprocess
from collections.abc import Mapping
from pathlib import Path


def commit() -> str:
    """Returns the last commit that changed more than documents (runs write those).

    A `+` is appended where the working tree differs from it.
    """
    return _git("log", "-1", "--format=%h") + ("+" if _git("status", "--porcelain", "-uno") else "")


def _git(*arguments: str) -> str:
    command = ["git", *arguments, "--", ".", ":!docs"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def append(path: Path, row: Mapping[str, object]) -> None:
    """Appends the row. A new file begins with the names of the columns."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", newline="") as file:
        writer = csv.DictWriter(file, list(row), lineterminator="\n")
        if not file.tell():
            writer.writeheader()
        writer.writerow(row)


def rows(path: Path, *, commit: str, seed: int) -> list[dict[str, str]]:
    """Returns the rows that this commit has already written with this seed."""
    if not path.exists():
        return []
    with path.open(newline="") as file:
        return [
            row
            for row in csv.DictReader(file)
            if (row["commit"], row["seed"]) == (commit, str(seed))
        ]
