"""Clocks that are ahead or behind, for single processes (libfaketime)."""

from pathlib import Path

from pauta.running.servers import install


def clock(ahead: float) -> dict[str, str]:
    """Returns the environment in which a process's clock is `ahead` by so many seconds.

    Installs the library if it is missing. Clocks that only measure spans are left as they are.
    """
    found = _library()
    if found is None:
        install(["faketime"])
        found = _library()
    assert found is not None
    return {
        "LD_PRELOAD": str(found),
        "FAKETIME": f"{ahead:+.0f}s",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "DONT_FAKE_MONOTONIC": "1",
    }


def _library() -> Path | None:
    """Returns the library's path, whatever the processor."""
    return next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"), None)
