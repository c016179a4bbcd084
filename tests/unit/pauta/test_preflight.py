"""The preflight check names every obstacle at once, by variable and with its remedy."""

from pathlib import Path

import pytest
from rich.console import Console

from kit.production_safety import Fault
from pauta.credentials import NEEDED, SECRETS, env_for_production, write_env
from pauta.preflight import findings, obstacles, show
from pauta.running.env_file import read_env_file
from pauta.startup_errors import Obstacle
from tests.builders import OWN_VALUE, PRODUCTION

COMPLETE = PRODUCTION | {
    "POSTGRES_PASSWORD": OWN_VALUE,
    "RABBITMQ_PASSWORD": OWN_VALUE,
    "BUSINESS_NAME": "Ejemplo",
    "KOMMO_PIPELINE_ID": "1",
    "KOMMO_STATUS_ID_INICIAL": "2",
    "KOMMO_STATUS_ID_AGENDADO": "3",
    "TWILIO_CALLER_ID": "+528112345678",
    "TWILIO_SMS_SENDER": "+528112345678",
    "TWILIO_WHATSAPP_SENDER": "+528112345678",
    "TWILIO_CONTENT_SIDS": ",".join(
        f"{name}=HX{'a' * 32}"
        for name in (
            "welcome",
            "booking_link",
            "day_3",
            "day_12",
            "confirmation",
            "reminder",
            "no_show",
        )
    ),
}


def wrong(**variables: str) -> dict[str, str]:
    return {finding.variable: finding.wrong for finding in findings(COMPLETE | variables)}


def test_nothing_is_missing() -> None:
    assert wrong() == {}


def test_the_demonstration_needs_nothing() -> None:
    assert findings({}) == []


@pytest.mark.parametrize("name", [*SECRETS, *NEEDED])
def test_an_empty_variable_is_named(name: str) -> None:
    assert wrong(**{name: ""}).keys() == {name}


@pytest.mark.parametrize("name", SECRETS)
def test_a_short_secret_is_named_as_in_the_file(name: str) -> None:
    assert wrong(**{name: "short"}) == {name: Fault.SHORT}


def test_a_text_without_an_approved_template_is_named() -> None:
    sids = COMPLETE["TWILIO_CONTENT_SIDS"].replace("no_show", "another")

    assert wrong(TWILIO_CONTENT_SIDS=sids) == {
        "TWILIO_CONTENT_SIDS": "WhatsApp needs an approved template for no_show"
    }


def test_platforms_that_are_not_connected_are_no_problem() -> None:
    assert wrong(META_APP_SECRET="", GOOGLE_LEAD_KEY="") == {}
    assert wrong(META_APP_SECRET="sandbox-meta-app-secret", TALLY_SECRET="short") == {
        "META_APP_SECRET": Fault.EXAMPLE,
        "TALLY_SECRET": Fault.SHORT,
    }


def test_a_mistake_in_the_file_of_mappings_is_named_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "sources.yml"
    file.write_text("meta:\n  '*':\n    negocio: empressa\n")

    assert wrong(SOURCES_PATH=str(file)) == {
        str(file): f"{file}:3: negocio is no field of the card: Did you mean empresa?"
    }
    assert wrong(SOURCES_PATH=str(tmp_path / "none.yml")).keys() == {str(tmp_path / "none.yml")}


def test_every_problem_is_named_at_once(tmp_path: Path) -> None:
    found = wrong(
        TWILIO_CONTENT_SIDS="welcome=HX00000000000000000000000000000001",
        PUBLIC_BASE_URL="http://leads.ejemplo.mx",
        INTAKE_PASSWORD="intake-demo",
        CONSOLE_USERS="nobody",
        KOMMO_PIPELINE_ID="seven",
        OBJECTIVE_SHARE="7",
        LEAD_RATE_LIMIT="many",
        JOURNEY_PATH=str(tmp_path / "none.yml"),
    )

    assert found.keys() == {
        "TWILIO_CONTENT_SIDS",
        "PUBLIC_BASE_URL",
        "INTAKE_PASSWORD",
        "CONSOLE_USERS",
        "KOMMO_PIPELINE_ID",
        "OBJECTIVE_SHARE",
        "LEAD_RATE_LIMIT",
        str(tmp_path / "none.yml"),
    }
    assert not any("seven" in problem or "nobody" in problem for problem in found.values())


@pytest.mark.parametrize(
    ("language", "word"), [("es-MX", "está vacía"), ("en", "is empty"), ("", "está vacía")]
)
def test_the_table_speaks_the_language_of_the_file(language: str, word: str) -> None:
    variables = COMPLETE | {"LINK_SECRET": "", "PAUTA_LANGUAGE": language}
    out = Console(record=True, width=200, quiet=True)
    out.quiet = False
    with out.capture() as captured:
        assert not show(findings(variables), variables, out)

    assert "LINK_SECRET" in captured.get()
    assert word in captured.get()


@pytest.mark.parametrize("obstacle", Obstacle)
@pytest.mark.parametrize("language", ["es", "en"])
def test_what_setup_refuses_is_a_line_of_the_table(obstacle: Obstacle, language: str) -> None:
    variables = COMPLETE | {"PAUTA_LANGUAGE": language}
    found = obstacles(f'setup-1  | {{"event": "setup.broker"}}\nsetup-1  | {obstacle}\n')
    out = Console(record=True, width=200, soft_wrap=True)
    with out.capture() as captured:
        assert not show(found, variables, out)

    assert len(found) == 1
    assert "Traceback" not in captured.get()
    assert (str(obstacle) in captured.get()) is (language == "en")


def test_the_written_env_lacks_only_the_operators_values(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    write_env(file)
    variables = read_env_file(file)

    assert file.stat().st_mode & 0o777 == 0o600
    assert {finding.variable for finding in findings(variables)} == set(NEEDED)
    secrets = [variables[name] for name in SECRETS]
    assert len(set(secrets)) == len(secrets)
    assert env_for_production() != env_for_production()


def test_an_existing_env_is_not_changed(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("LINK_SECRET=in use\n")
    with pytest.raises(FileExistsError):
        write_env(tmp_path / ".env")

    assert (tmp_path / ".env").read_text() == "LINK_SECRET=in use\n"
