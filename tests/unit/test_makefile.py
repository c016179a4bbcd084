"""The first commands of a newcomer."""

import shutil
import subprocess
import sys
from pathlib import Path

from pauta.running.compose_file import PROJECT


def test_an_incomplete_environment_is_rebuilt(tmp_path: Path) -> None:
    shutil.copy(PROJECT / "Makefile", tmp_path)
    subprocess.run(
        [sys.executable, "-m", "venv", "--without-pip", str(tmp_path / ".venv")], check=True
    )
    made = subprocess.run(
        ["make", ".venv/bin/pip"], cwd=tmp_path, capture_output=True, text=True, check=False
    )

    assert made.returncode == 0, made.stderr
    subprocess.run([str(tmp_path / ".venv/bin/python"), "-m", "pip", "--version"], check=True)
