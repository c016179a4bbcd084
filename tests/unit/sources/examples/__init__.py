"""Bodies as the sources send them. All people, numbers and keys are made up."""

from pathlib import Path

EXAMPLES = Path(__file__).parent


def example(name: str) -> bytes:
    """Returns the body, byte for byte."""
    return (EXAMPLES / name).read_bytes()
