"""A text as an SMS: the number of its segments, and the letters that make it longer."""

import pytest

from domain.sms import as_sms, segments


@pytest.mark.parametrize(
    ("text", "count", "units"),
    [
        ("a" * 160, 1, 160),
        ("a" * 161, 2, 161),
        ("a" * 306, 2, 306),
        ("a" * 307, 3, 307),
        ("€" * 80, 1, 160),
        ("¿Pudiste agendar? Ñandú", 1, 23),
        ("ó" * 70, 1, 70),
        ("ó" * 71, 2, 71),
        ("ó" * 134, 2, 134),
        ("ó" * 135, 3, 135),
        ("😀" * 35, 1, 70),
        ("😀" * 36, 2, 72),
    ],
)
def test_how_many_parts_an_sms_has(text: str, count: int, units: int) -> None:
    assert (segments(text).count, segments(text).units) == (count, units)


@pytest.mark.parametrize(
    ("text", "units"),
    [
        pytest.param("a" * 152 + "€" + "a" * 152, 306, id="an escaped character"),
        pytest.param("ó" * 66 + "😀" + "ó" * 66, 134, id="a character of two units"),
    ],
)
def test_no_character_is_divided_between_two_segments(text: str, units: int) -> None:
    assert (segments(text).count, segments(text).units) == (3, units)


def test_the_letters_that_make_it_longer_are_named() -> None:
    assert segments("Reunión á").odd == "áó"
    assert segments("Manana").odd == ""


LONG = " Responde BAJA para no recibir más mensajes de nosotros, por favor y gracias."


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        pytest.param("Ana, ¿agendaste? Ñandú", "Ana, ¿agendaste? Ñandú", id="a short text"),
        pytest.param("María" + LONG, "Maria" + LONG.replace("á", "a"), id="fewer segments"),
        pytest.param("Zoë " + "é ñ ü ¿ ¡ Ñ" * 7, "Zoe " + "é ñ ü ¿ ¡ Ñ" * 7, id="GSM accents stay"),
        pytest.param("Мария" + LONG, "Мария" + LONG, id="nothing to gain"),
        pytest.param(
            "11:00\u202fa.m.\u00a0— «ya» “x” ’…", '11:00 a.m. - "ya" "x" \'...', id="typography"
        ),
        pytest.param("📍 Av. Juárez 10", "Av. Juárez 10", id="a sign first"),
        pytest.param("en 📍 Av. 5 ✨, 2° piso 🎉", "en Av. 5, 2o piso", id="signs"),
        pytest.param("hola 👩🏽‍💻 Ana 🇲🇽 1️⃣ ☎️.\n🎉 ya", "hola Ana 1.\nya", id="joined signs"),
        pytest.param("№ 3, 20 ㎡, X™", "No 3, 20 m2, XTM", id="signs that stand for letters"),
        pytest.param("a  b\u2066c\u2069\ufe0f", "a bc", id="invisible signs"),
        pytest.param("में क्\u200dष 🎉", "में क्\u200dष", id="a joiner of letters"),
        pytest.param("Мария 🎉", "Мария", id="letters of another alphabet stay"),
        pytest.param("𝗔𝗻𝗮 1º" + LONG, "Ana 1o" + LONG.replace("á", "a"), id="ornaments"),
        pytest.param("• uno · dos → tres", "- uno - dos - tres", id="bullets"),
        pytest.param("a  b", "a  b", id="spaces of a text without signs"),
        pytest.param("Jose\u0301" + LONG, "José" + LONG.replace("á", "a"), id="a combining accent"),
    ],
)
def test_a_text_is_written_with_the_fewest_segments(text: str, sent: str) -> None:
    assert as_sms(text) == sent
