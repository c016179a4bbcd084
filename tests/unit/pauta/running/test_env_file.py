"""Docker Compose and our parser read the same values from `.env`, with any characters."""

import os
import shutil
import string
import subprocess
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pauta.running.env_file import fill, quoted, read_env_file

PRINTABLE = st.characters(min_codepoint=32, max_codepoint=126)
PASSWORDS = [
    "${A}",
    "$A",
    "$$",
    "a\\",
    "\\n",
    "a #b",
    "${A:-b}",
    "'quoted'",
    '"quoted"',
    "k/Q+a==",
    string.punctuation,
]
PASSWORDS += [f"a{mark}b" for mark in string.punctuation]
PASSWORDS += ["".join(pair) for pair in product("\\\"'$#{}%= ", "\\\"'$#{}%=")]
LINES = """# note
A=1
B="two words"
C='x $A ${A}'
D=value # why

E=a=b
export F = spaced
G="a\\"b\\\\c\\nd"
H='it\\'s'
I=${A}2$A
J=$$A
K=a#b
L="${ANONYMOUS_CARD:-none} $B"
M: yaml
N=
"""


def by_compose(folder: Path) -> dict[str, str]:
    """Returns the variables that Compose reads from the folder's `.env`."""
    (folder / "compose.yml").write_text("services: {}")
    command = ["docker", "compose", "--project-directory", str(folder), "config", "--environment"]
    alone = {"PATH": os.environ["PATH"], "HOME": str(folder)}
    printed = subprocess.run(
        command, cwd=folder, env=alone, capture_output=True, text=True, check=True
    ).stdout
    found: dict[str, str] = {}
    name = ""
    for line in printed.split("\n"):
        key, equals, value = line.partition("=")
        if equals and key.isidentifier() and key.isupper():
            name = key
            found[key] = value
        elif name:
            found[name] += f"\n{line}"
    return {key: value.rstrip("\n") for key, value in found.items() if key not in alone}


def by_us(folder: Path) -> dict[str, str]:
    return read_env_file(folder / ".env")


@given(st.lists(st.text(PRINTABLE), min_size=1))
def test_a_quoted_value_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, values: list[str]
) -> None:
    file = tmp_path_factory.mktemp("env") / ".env"
    file.write_text("".join(f"P{number}={quoted(value)}\n" for number, value in enumerate(values)))

    assert list(read_env_file(file).values()) == values


def test_compose_reads_what_we_quote(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(
        "".join(f"P{n}={quoted(value)}\n" for n, value in enumerate(PASSWORDS))
    )
    read = [by_us(tmp_path)]
    if shutil.which("docker"):
        read.append(by_compose(tmp_path))

    for found in read:
        assert [found[f"P{number}"] for number in range(len(PASSWORDS))] == PASSWORDS


def test_we_read_what_compose_reads(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(LINES)
    expected = {
        "A": "1",
        "B": "two words",
        "C": "x $A ${A}",
        "D": "value",
        "E": "a=b",
        "F": "spaced",
        "G": 'a"b\\c\nd',
        "H": "it's",
        "I": "121",
        "J": "$A",
        "K": "a#b",
        "L": "none two words",
        "M": "yaml",
        "N": "",
    }

    assert by_us(tmp_path) == expected
    if shutil.which("docker"):
        found = by_compose(tmp_path)
        assert {name: found[name] for name in expected} == expected


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("${A:-x}", "x"),
        ("${B:-x}", "b"),
        ("${EMPTY:-x}", "x"),
        ("${A:-${B:-x}}", "b"),
        ("${A:-${C:-x}}", "x"),
        ("p://${B}:${A:-}@h", "p://b:@h"),
    ],
)
def test_variables_are_filled_in_as_compose_does(text: str, filled: str) -> None:
    assert fill(text, {"B": "b", "EMPTY": ""}) == filled


def test_a_substituted_value_is_not_substituted_again() -> None:
    assert fill("${A:-x}", {"A": "${B}$B", "B": "b"}) == "${B}$B"
