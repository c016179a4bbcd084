"""How much memory a process took."""

import re
from pathlib import Path

BOUND = 400  # MB, of one process of a service


def resident_peak(pid: int) -> int:
    """Returns the most megabytes that the process held; 0 where it has ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(found[1]) // 1024 if found else 0
