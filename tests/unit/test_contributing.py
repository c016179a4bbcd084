"""CONTRIBUTING.md sends a newcomer to files that exist."""

import re
from collections.abc import Iterator

import pytest

from pauta.running.compose_file import PROJECT

TABLE = (PROJECT / "CONTRIBUTING.md").read_text().partition("## Where things go")[2]


def named() -> Iterator[str]:
    """Yields the paths, with `{a,b}` written out. `<name>` stands for any name."""
    for path in re.findall(r"`([\w./<>*{},-]+/[\w./<>*{},-]*)`", TABLE.partition("\n## ")[0]):
        inside = re.search(r"\{(.+?)\}", path)
        names = inside[1].split(",") if inside else [""]
        for name in names:
            yield re.sub(r"\{.+?\}", name, path)


@pytest.mark.parametrize("path", sorted(set(named())))
def test_a_file_of_the_table_exists(path: str) -> None:
    pattern = re.sub(r"<.+?>", "*", path).replace("day_15", "day_3")
    assert list(PROJECT.glob(pattern.rstrip("/")))
