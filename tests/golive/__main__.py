"""Follows README.es.md in containers, from an empty folder: python -m tests.golive.

The ports that the demonstration uses, 443 and 5100 to 5180 must be free.
"""

import sys
import tempfile
from pathlib import Path

from tests.golive.installation import StepFailed
from tests.golive.walk import Walk

if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="pauta-golive-") as folder:
        Path(folder).chmod(0o755)
        try:
            Walk(Path(folder)).run()
        except StepFailed as failure:
            sys.exit(f"✗ {failure}")
