"""`.env` means the same to Docker Compose and to us, whatever a password is made of."""

import os
import shutil
import string
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pauta.running.env_file import fill, quoted, read_env_file

PRINTABLE = st.characters(min_codepoint=32, max_codepoint=126)
PASSWORDS = [
    *(f"a{one}b" for one in string.punctuation),
    *(f"{one}{two}" for one in "\\\"'$#{}%= " for two in "\\\"'$#{}%="),
    *(
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
    ),
]
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
    """What Compose makes of the folder's `.env`."""
    (folder / "compose.yml").write_text("services: {}")
    command = ["docker", "compose", "--project-directory", str(folder), "config", "--environment"]
    alone = {"PATH": os.environ["PATH"], "HOME": str(folder)}
    said = subprocess.run(
        command, cwd=folder, env=alone, capture_output=True, text=True, check=True
    ).stdout
    found: dict[str, str] = {}
    name = ""
    for line in said.split("\n"):
        key, equals, value = line.partition("=")
        if equals and key.isidentifier() and key.isupper():
            name, found[key] = key, value
        elif name:
            found[name] += f"\n{line}"
    return {key: value.rstrip("\n") for key, value in found.items() if key not in alone}


def by_us(folder: Path) -> dict[str, str]:
    return read_env_file(folder / ".env")


@given(st.lists(st.text(PRINTABLE), min_size=1))
def test_what_is_quoted_is_read_again(
    tmp_path_factory: pytest.TempPathFactory, values: list[str]
) -> None:
    file = tmp_path_factory.mktemp("env") / ".env"
    file.write_text("".join(f"P{number}={quoted(value)}\n" for number, value in enumerate(values)))

    assert list(read_env_file(file).values()) == values


def test_compose_reads_what_we_quote(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(
        "".join(f"P{n}={quoted(value)}\n" for n, value in enumerate(PASSWORDS))
    )
    read = [by_us(tmp_path)] + ([by_compose(tmp_path)] if shutil.which("docker") else [])

    for found in read:
        assert [found[f"P{number}"] for number in range(len(PASSWORDS))] == PASSWORDS


def test_we_read_what_compose_reads(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(LINES)
    expected = {
        **{"A": "1", "B": "two words", "C": "x $A ${A}", "D": "value", "E": "a=b", "F": "spaced"},
        **{
            "G": 'a"b\\c\nd',
            "H": "it's",
            "I": "121",
            "J": "$A",
            "K": "a#b",
            "L": "none two words",
            "M": "yaml",
            "N": "",
        },
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


def test_what_is_filled_in_is_not_filled_in_again() -> None:
    assert fill("${A:-x}", {"A": "${B}$B", "B": "b"}) == "${B}$B"
