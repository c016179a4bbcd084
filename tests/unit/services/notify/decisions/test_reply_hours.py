"""The hour or day that somebody names."""

import pytest

from services.notify.decisions.reply_hours import hour_in, is_vague


@pytest.mark.parametrize(
    ("text", "hour"),
    [
        ("llámame a las 5", "a las 5"),
        ("¿Me pueden llamar mañana a las 10:30 am?", "mañana a las 10:30 am"),
        ("el jueves por la tarde", "el jueves por la tarde"),
        ("Call me tomorrow at 3pm", "tomorrow at 3pm"),
        ("me liga às 15h", "às 15h"),
        ("después de las 6 de la tarde", "después de las 6 de la tarde"),
        ("llámenme", ""),
        ("llámenme a las cinco", "a las cinco"),
        ("a las cinco y media de la tarde", "a las cinco y media de la tarde"),
        ("a partir de las 6", "a partir de las 6"),
        ("márcame en una hora", "en una hora"),
        ("en media hora por favor", "en media hora"),
        ("llámame en 10 minutos", "en 10 minutos"),
        ("en dos horas", "en dos horas"),
        ("llámenme entre 4 y 6", "entre 4 y 6"),
        ("mañana entre las 4 y las 6 pm", "mañana entre las 4 y las 6 pm"),
        ("puedo de 4 a 6", "de 4 a 6"),
        ("llámenme 17:30", "17:30"),
        ("mejor a las 5 pm, gracias", "a las 5 pm"),
        ("5 p.m. está bien", "5 p.m."),
        ("llámenme la próxima semana", "la próxima semana"),
        ("la semana que viene", "la semana que viene"),
        ("llámenme el 15 de marzo", "el 15 de marzo"),
        ("el 15 de marzo a las 10", "el 15 de marzo a las 10"),
        ("saliendo del trabajo", "saliendo del trabajo"),
        ("después de comer", "después de comer"),
        ("a las 5 de la tarde mañana", "a las 5 de la tarde mañana"),
        ("call me in half an hour", "in half an hour"),
        ("between 4 and 6", "between 4 and 6"),
        ("next week", "next week"),
        ("me liga em uma hora", "em uma hora"),
        ("entre 4 e 6", "entre 4 e 6"),
        ("semana que vem", "semana que vem"),
        ("a las 5", "a las 5"),
        ("después de las 3 y media", "después de las 3 y media"),
        ("mañana en la tarde", "mañana en la tarde"),
        ("el lunes 4 pm", "el lunes 4 pm"),
        ("al mediodía", "al mediodía"),
        ("a eso de las 6", "a eso de las 6"),
        ("mañana a primera hora", "mañana a primera hora"),
        ("el jueves a la mañana", "el jueves a la mañana"),
        ("tomorrow afternoon works", "tomorrow afternoon"),
        ("good evening, call me", ""),
        ("ao meio-dia", "ao meio-dia"),
        ("somos de 4 a 6 personas", ""),
        ("llámenme a una amiga", ""),
    ],
)
def test_the_hour_that_somebody_names(text: str, hour: str) -> None:
    assert hour_in(text) == hour


@pytest.mark.parametrize("hour", ["más tarde", "al rato", "la próxima semana", "en un rato"])
def test_what_names_neither_day_nor_hour(hour: str) -> None:
    assert is_vague(hour)
    assert not is_vague("mañana")
    assert not is_vague("a las 5")
