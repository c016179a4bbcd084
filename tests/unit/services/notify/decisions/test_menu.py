"""What a person chooses in a call's menu, by a key or in words, and when they are called then."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from providers.twilio.models import CallInput
from services.notify.decisions.menu import (
    Ask,
    Before,
    Choice,
    End,
    Menu,
    Misheard,
    Turn,
    call_back_at,
    choice_of,
    next_turn,
    understands,
)

GREETING = "Hola, soy Ana, en este momento no puedo contestar, por favor deja tu mensaje"
NOTHING = CallInput("CA1")


def key(digits: str) -> CallInput:
    return CallInput("CA1", key=digits)


def words(text: str) -> CallInput:
    return CallInput("CA1", words=text)


@pytest.mark.parametrize(
    ("menu", "entered", "choice"),
    [
        (Menu.MAIN, key("1"), Choice.LINK),
        (Menu.MAIN, key("3"), Choice.ANOTHER_HOUR),
        (Menu.MAIN, key("9"), Choice.STOP),
        (Menu.MAIN, key("7"), None),
        (Menu.MAIN, key("#"), None),
        (Menu.HOUR, key("1"), Choice.TODAY),
        (Menu.HOUR, key("2"), Choice.TOMORROW),
        (Menu.HOUR, key("9"), Choice.STOP),
        (Menu.HOUR, key("3"), None),
        (Menu.MAIN, words("Uno."), Choice.LINK),
        (Menu.MAIN, words("la uno, por favor"), Choice.LINK),
        (Menu.MAIN, words("sí, mándame el enlace"), Choice.LINK),
        (Menu.MAIN, words("Tres"), Choice.ANOTHER_HOUR),
        (Menu.MAIN, words("más tarde"), Choice.ANOTHER_HOUR),
        (Menu.MAIN, words("llámame mañana"), Choice.ANOTHER_HOUR),
        (Menu.MAIN, words("nueve"), Choice.STOP),
        (Menu.MAIN, words("ya no me llamen"), Choice.STOP),
        (Menu.HOUR, words("Mañana."), Choice.TOMORROW),
        (Menu.HOUR, words("hoy más tarde"), Choice.TODAY),
        (Menu.HOUR, words("dos"), Choice.TOMORROW),
        (Menu.HOUR, words("no me vuelvan a llamar"), Choice.STOP),
        (Menu.HOUR, words("mándame el enlace"), None),
        (Menu.MAIN, words("¿bueno? ¿quién habla?"), None),
        (Menu.MAIN, words(GREETING), None),
        (Menu.MAIN, words("marque uno para dejar un mensaje"), None),
        (Menu.MAIN, NOTHING, None),
    ],
)
def test_what_was_chosen(menu: Menu, entered: CallInput, choice: Choice | None) -> None:
    assert choice_of(menu, entered) is choice


@pytest.mark.parametrize(
    ("menu", "entered", "before", "turn"),
    [
        pytest.param(Menu.MAIN, key("1"), Before.NOTHING, End(Choice.LINK), id="the link"),
        pytest.param(Menu.MAIN, key("9"), Before.WORDS, End(Choice.STOP), id="a stop"),
        pytest.param(Menu.MAIN, key("3"), Before.NOTHING, Ask(Menu.HOUR), id="which hour"),
        pytest.param(Menu.MAIN, NOTHING, Before.NOTHING, End(None), id="no answer"),
        pytest.param(
            Menu.MAIN, words("¿bueno?"), Before.NOTHING, Ask(Menu.MAIN, Before.WORDS), id="again"
        ),
        pytest.param(Menu.MAIN, words("¿bueno?"), Before.WORDS, Misheard(), id="twice in words"),
        pytest.param(Menu.MAIN, key("7"), Before.NOTHING, Ask(Menu.MAIN, Before.KEY), id="a key"),
        pytest.param(
            Menu.MAIN, key("7"), Before.KEY, End(Choice.LINK), id="a person gets the link"
        ),
        pytest.param(
            Menu.MAIN, words("eh"), Before.KEY, End(Choice.LINK), id="who pressed a key is a person"
        ),
        pytest.param(Menu.MAIN, NOTHING, Before.WORDS, End(None), id="then nothing"),
        pytest.param(Menu.HOUR, NOTHING, Before.NOTHING, End(Choice.TOMORROW), id="no hour"),
        pytest.param(
            Menu.HOUR, words("eh"), Before.NOTHING, Ask(Menu.HOUR, Before.WORDS), id="hour again"
        ),
        pytest.param(Menu.HOUR, words("eh"), Before.WORDS, End(Choice.TOMORROW), id="some hour"),
    ],
)
def test_what_follows(menu: Menu, entered: CallInput, before: Before, turn: Turn) -> None:
    assert next_turn(menu, entered, before) == turn


def test_words_that_nobody_understands_prove_no_person() -> None:
    assert understands(Menu.MAIN, key("7"))
    assert understands(Menu.MAIN, words("uno"))
    assert not understands(Menu.MAIN, words(GREETING))
    assert not understands(Menu.MAIN, NOTHING)


@pytest.mark.parametrize(
    ("choice", "now", "at"),
    [
        pytest.param(Choice.TODAY, "2026-03-02T10:00", "2026-03-02T13:00", id="in three hours"),
        pytest.param(Choice.TODAY, "2026-03-02T17:30", "2026-03-02T20:30", id="until half past 8"),
        pytest.param(Choice.TODAY, "2026-03-02T17:31", "2026-03-03T10:00", id="is tomorrow then"),
        pytest.param(Choice.TODAY, "2026-03-02T22:00", "2026-03-03T10:00", id="in the evening"),
        pytest.param(Choice.TOMORROW, "2026-03-02T10:00", "2026-03-03T10:00", id="tomorrow at ten"),
    ],
)
def test_when_somebody_is_called_who_chose_another_hour(choice: Choice, now: str, at: str) -> None:
    home = ZoneInfo("America/Monterrey")
    asked_at = datetime.fromisoformat(now).replace(tzinfo=home)

    called_at = call_back_at(choice, asked_at.astimezone(UTC), str(home))
    assert called_at == datetime.fromisoformat(at).replace(tzinfo=home)
