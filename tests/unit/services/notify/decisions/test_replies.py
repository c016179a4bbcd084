"""How a reply is read."""

import pytest

from services.notify.decisions.replies import Meaning, read_reply


@pytest.mark.parametrize(
    "text",
    [
        "STOP",
        "stop",
        "ＳＴＯＰ",
        "stop🛑",
        "Baja.",
        "BAJA",
        "B A J A",
        " baja ",
        "dar de baja",
        "Alto!",
        "parar",
        "para",
        "salir",
        "no más",
        "No más mensajes",
        "sair",
        "unsubscribe",
        "cancelar",
        "FIN",
        "ba\u200bja",
        "quiero que me puedan dar de baja por favor",
        "Denme de baja ya",
        "no me llamen",
        "ya no me llamen por favor",
        "No nos escriban",
        "no me manden nada",
        "no me envíen más",
        "no me contacten",
        "no molesten",
        "no me marquen",
        "ya no quiero recibir información",
        "quítenme de su lista",
        "bórrenme de sus datos",
        "sáquenme de la lista",
        "dejen de llamarme",
        "dejen de escribir",
        "don't call me",
        "Don’t text me",
        "please remove me",
        "stop calling me",
        "borren mis datos",
        "no me vuelvan a llamar",
        "no vuelvan a llamarme",
    ],
)
def test_stop(text: str) -> None:
    assert read_reply(text) is Meaning.OPT_OUT


@pytest.mark.parametrize(
    "text",
    [
        "el precio está muy alto",
        "cancelar mi cita",
        "no me han llamado",
        "no me mandaron la información",
        "para mañana a las 5",
        "Hola, ¿cuánto cuesta?",
        "no me llaman nunca",
        "sí",
        "gracias",
        "",
        "👍",
        "1",
        "vivo en baja california sur cerca de la paz",
    ],
)
def test_an_ordinary_reply(text: str) -> None:
    assert read_reply(text) is Meaning.OTHER


@pytest.mark.parametrize("text", ["baja por favor", "stop please", "baja california", "no", "No."])
def test_a_reply_that_only_a_person_can_judge(text: str) -> None:
    assert read_reply(text) is Meaning.REVIEW


@pytest.mark.parametrize("text", ["ALTA", "start", "Unstop"])
def test_a_word_that_opts_in(text: str) -> None:
    assert read_reply(text) is Meaning.OPT_IN


@pytest.mark.parametrize("text", ["N O", "la baja, por favor"])
def test_a_short_text_that_may_be_a_stop_is_read_by_a_person(text: str) -> None:
    assert read_reply(text) is Meaning.REVIEW
