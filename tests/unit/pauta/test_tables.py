"""What the commands print is whole at 80 columns, and one record a line in a pipe."""

import io
import json

import pytest
from rich.console import Console

from pauta.tables import print_records, print_table

LETTER = {
    "letter_id": "01937a4e-5a3c-7c1e-9f53-0b3a6f0a2b11",
    "queue": "notify.due_phone",
    "topic": "touch.due",
    "lead_id": 123_456,
    "error": "Unavailable: twilio: 503\nsecond line " + "x" * 100,
}
FIRST = ("letter_id", "queue", "topic")
THEN = ("lead_id", "error")


def terminal() -> tuple[Console, io.StringIO]:
    file = io.StringIO()
    return Console(
        file=file, width=80, force_terminal=True, color_system=None, soft_wrap=True
    ), file


def test_a_terminal_of_80_columns_shows_every_id_whole() -> None:
    out, file = terminal()
    print_records(out, [LETTER], first=FIRST, then=THEN)
    lines = file.getvalue().splitlines()

    assert lines[0] == "01937a4e-5a3c-7c1e-9f53-0b3a6f0a2b11  notify.due_phone  touch.due"
    assert lines[1:] == ["    123456", "    Unavailable: twilio: 503 second line " + "x" * 100]


def test_a_table_cuts_no_field_at_80_columns() -> None:
    out, file = terminal()
    print_table(
        out, ("id", "reason"), [(str(LETTER["letter_id"]), "word " * 40)] * 2, title="Letters"
    )
    assert "…" not in file.getvalue()
    assert all(len(line) <= 80 for line in file.getvalue().splitlines())


@pytest.mark.parametrize("as_json", [False, True])
def test_a_pipe_gets_one_record_a_line(capsys: pytest.CaptureFixture[str], as_json: bool) -> None:
    out = Console(file=io.StringIO(), soft_wrap=True)
    print_records(out, [LETTER, LETTER], first=FIRST, then=THEN, as_json=as_json)
    lines = capsys.readouterr().out.splitlines()

    assert len(lines) == 2
    if as_json:
        assert json.loads(lines[0]) == LETTER
    else:
        assert lines[0].split("\t")[:4] == [str(LETTER[name]) for name in (*FIRST, "lead_id")]


def test_a_piped_table_has_no_box(capsys: pytest.CaptureFixture[str]) -> None:
    out = Console(file=io.StringIO())
    print_table(out, ("step", "day"), [("day_3", "3")], title="Journey")
    assert capsys.readouterr().out == "Journey\nstep\tday\nday_3\t3\n"
