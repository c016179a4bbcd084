"""The journey and template commands answer what marketing asks."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from domain.journey.parser import stored_journey
from pauta.cli import app
from pauta.commands.journey import narrowed_by_law
from pauta.running.compose_file import PROJECT


def run(*words: str) -> Result:
    return CliRunner().invoke(app, words, env={"COLUMNS": "200", "TERM": "dumb"})


def test_a_sound_file() -> None:
    result = run("journey", "check")

    assert result.exit_code == 0
    assert "15 steps, nothing wrong" in result.output


def test_a_file_with_mistakes_ends_otherwise_and_names_each_line(tmp_path: Path) -> None:
    file = tmp_path / "j.yml"
    file.write_text(
        "follow_up:\n"
        "  - name: dia_3\n    after: 3 dias\n    channel: sms\n"
        "  - name: day_6\n    channel: sns\n"
    )
    result = run("journey", "check", str(file))

    assert result.exit_code == 1
    assert f"{file}:3: '3 dias' is no duration" in result.output
    assert f"{file}:6: 'sns' is not possible here. Did you mean sms?" in result.output


def test_a_file_that_is_not_there() -> None:
    assert "cannot be read" in str(run("journey", "check", "nowhere.yml").exception)


def test_the_calendar_of_a_lead_across_a_change_of_clocks() -> None:
    result = run(
        "journey",
        "preview",
        "--from",
        "2026-03-02T10:00",
        "--zone",
        "America/Tijuana",
        "--meeting",
        "2026-03-20T10:00",
    )

    assert result.exit_code == 0, result.output
    rows = {}
    for line in result.output.splitlines():
        cells = line.split("\t")
        if len(cells) == 4:
            rows[cells[0]] = cells[2:4]
    assert rows["welcome_call"] == ["0", "Mon 02 Mar 2026 10:00:00 PST"]
    assert rows["welcome_call_2"] == ["1", "Tue 03 Mar 2026 16:00:00 PST"]
    assert rows["welcome_call_3"] == ["2", "Wed 04 Mar 2026 09:00:00 PST"]
    assert rows["day_3"] == ["3", "Thu 05 Mar 2026 10:00:00 PST"]
    assert rows["day_6"] == ["7", "Mon 09 Mar 2026 09:00:00 PDT"], (
        "Sunday waits for Monday; the clocks have changed"
    )
    assert rows["day_12"] == ["12", "Sat 14 Mar 2026 10:00:00 PDT"]
    assert rows["reminder"] == ["17", "Thu 19 Mar 2026 10:00:00 PDT"]


def test_the_calendar_names_the_law_and_what_it_takes_from_the_steps() -> None:
    result = run(
        "journey",
        "preview",
        "--zone",
        "America/Bogota",
        "--country",
        "CO",
        "--from",
        "2026-03-02T10:00",
    )

    assert result.exit_code == 0, result.output
    assert "Ley 2300 de 2023" in result.output
    assert "2026-11-01" in result.output
    assert (
        "day_3, whatsapp: Ley 2300 de 2023: lun–vie no después de 19:00; sáb no después de 15:00"
        in result.output
    )


def test_a_country_without_a_law_is_marked() -> None:
    result = run(
        "journey",
        "preview",
        "--zone",
        "America/Lima",
        "--country",
        "PE",
        "--from",
        "2026-03-02T10:00",
    )

    assert "none, our default" in result.output


def test_a_step_that_opens_before_the_law() -> None:
    journey = stored_journey("""
windows: {early: {mon-fri: "06:00-19:00"}}
first_contact:
  - {name: welcome_call, channels: [call, sms], window: early}
  - {name: welcome_email, channel: email}
meeting:
  - {name: reminder, before: 24 hours, channel: sms}
  - {name: survey, after: 1 hour, channel: sms, window: early}
""")

    assert narrowed_by_law(journey, "CO") == [
        "welcome_call, call: Ley 2300 de 2023: no antes de 7:00",
        "welcome_call, sms: Ley 2300 de 2023: no antes de 7:00",
        "survey, sms: Ley 2300 de 2023: no antes de 7:00",
    ]
    assert (
        narrowed_by_law(journey.model_copy(update={"demonstration": True, "any_hour": True}), "CO")
        == []
    )


@pytest.mark.parametrize(
    "words",
    [("--from", "tomorrow"), ("--zone", "America/Tijuan"), ("--meeting", "noon")],
    ids=lambda words: words[0],
)
def test_a_calendar_of_nowhere(words: tuple[str, str]) -> None:
    result = run("journey", "preview", *words)

    assert result.exit_code == 2
    assert words[1] in result.output


def test_the_editors_schema_is_the_one_in_the_documents() -> None:
    assert json.loads(run("journey", "schema").output) == json.loads(
        (PROJECT / "docs" / "journey.schema.json").read_text()
    )


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("day_6",), "Ana, cuatro preguntas"),
        (("day_6", "--html"), "<!doctype html>"),
        (("day_3", "--channel", "whatsapp"), "¿Pudiste agendar?"),
        (("welcome", "--channel", "call"), "Marca uno"),
        (("confirmation", "--channel", "sms"), "jueves 12 de marzo a las 11:00"),
        (("confirmation", "--channel", "sms", "--language", "en"), "Thursday, March 12 at 11:00"),
    ],
)
def test_a_text_as_a_lead_reads_it(words: tuple[str, ...], text: str) -> None:
    result = run("journey", "render", *words)

    assert result.exit_code == 0, result.output
    assert text in result.output


def test_a_text_that_is_not_there() -> None:
    result = run("journey", "render", "day_7")

    assert result.exit_code == 2
    assert "day_7" in result.output


def test_a_text_is_found_whatever_its_channel() -> None:
    found = run("journey", "render", "day_3")

    assert found.exit_code == 0
    assert "Ana" in found.output
