"""The hours that each country's law allows, and their description."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from contracts.events.touch import Channel
from domain.journey.contact_hours import legal_opening
from domain.journey.law import DEFAULT, LAWS, WAKING, Law, law_of
from domain.journey.legal_text import ANY_HOUR, hours_in_words, narrowing
from domain.journey.model import Window
from domain.journey.time_zones import Whereabouts

ZONES = {
    "MX": "America/Mexico_City",
    "CO": "America/Bogota",
    "CL": "America/Santiago",
    "BR": "America/Sao_Paulo",
    "US": "America/New_York",
    "PE": "America/Lima",
}
CALL = Channel.CALL
SMS = Channel.SMS


def allowed(country: str, channel: Channel, *moment: int) -> bool:
    """Returns whether the last guard allows a touch at that moment of the person's time."""
    zone = ZONES[country]
    now = datetime(*moment, tzinfo=ZoneInfo(zone))  # type: ignore[arg-type, misc]
    span = legal_opening(now, channel, Whereabouts(country, (zone,), zone))
    assert span is not None
    return span.opens <= now


@pytest.mark.parametrize(
    ("country", "channel", "moment", "may"),
    [
        pytest.param("MX", CALL, (2026, 3, 2, 9), True, id="Mexico, a call on Monday at 9"),
        pytest.param("MX", CALL, (2026, 3, 2, 8, 59), False, id="not before"),
        pytest.param("MX", CALL, (2026, 3, 2, 19), False, id="nor at 19"),
        pytest.param("MX", CALL, (2026, 3, 7, 13, 59), True, id="on Saturday until 14"),
        pytest.param("MX", CALL, (2026, 3, 7, 14), False, id="not later"),
        pytest.param("MX", CALL, (2026, 3, 8, 12), False, id="not on Sunday"),
        pytest.param("MX", CALL, (2026, 3, 16, 12), False, id="not on a holiday"),
        pytest.param("MX", SMS, (2026, 3, 7, 19, 59), True, id="messages on Saturday until 20"),
        pytest.param("MX", SMS, (2026, 3, 8, 12), False, id="not on Sunday, either"),
        pytest.param("MX", SMS, (2026, 3, 16, 12), False, id="nor on a holiday"),
        pytest.param("CO", CALL, (2026, 3, 2, 8), True, id="Colombia, on Monday at 8"),
        pytest.param("CO", CALL, (2026, 3, 2, 7, 30), False, id="from 7 by law, but 8 by our own"),
        pytest.param("CO", SMS, (2026, 3, 2, 18, 59), True, id="until 19"),
        pytest.param("CO", SMS, (2026, 3, 2, 19), False, id="not later, messages neither"),
        pytest.param("CO", CALL, (2026, 3, 7, 14, 59), True, id="on Saturday until 15"),
        pytest.param("CO", CALL, (2026, 3, 7, 15), False, id="not at 15"),
        pytest.param("CO", SMS, (2026, 3, 8, 12), False, id="Colombia, not on Sunday"),
        pytest.param("CO", SMS, (2026, 7, 20, 12), False, id="not on 20 July"),
        pytest.param("CL", CALL, (2026, 3, 7, 9, 30), False, id="Chile, on Saturday from 10"),
        pytest.param("CL", CALL, (2026, 3, 7, 12, 59), True, id="until 13"),
        pytest.param("CL", SMS, (2026, 9, 18, 12), False, id="Chile, not on 18 September"),
        pytest.param("BR", CALL, (2026, 3, 2, 18), False, id="Brazil, until 18"),
        pytest.param("BR", CALL, (2026, 9, 7, 12), False, id="Brazil, not on 7 September"),
        pytest.param("US", CALL, (2026, 3, 2, 8), True, id="United States, from 8"),
        pytest.param("US", CALL, (2026, 3, 2, 20), False, id="until 20, as the strictest states"),
        pytest.param("PE", CALL, (2026, 3, 7, 18, 59), True, id="no law: Saturday until 19"),
        pytest.param("PE", CALL, (2026, 3, 8, 12), False, id="not on Sunday, by our own default"),
        pytest.param("PE", SMS, (2026, 7, 28, 12), False, id="nor on 28 July"),
    ],
)  # fmt: skip
def test_what_the_law_allows(
    country: str, channel: Channel, moment: tuple[int, ...], may: bool
) -> None:
    assert allowed(country, channel, *moment) is may


def test_a_country_without_a_rule_has_our_default_as_its_source() -> None:
    for country in ("AR", "EC", "PE", "CA", "ES", "ZZ", ""):
        assert law_of(country) is DEFAULT
    assert DEFAULT.source == "none, our default"


def test_the_source_for_mexico_is_that_no_federal_law_was_found() -> None:
    assert "no federal law on hours could be confirmed" in law_of("MX").source


def test_colombia_alone_limits_the_channels_of_a_week() -> None:
    assert law_of("CO").name == "Ley 2300 de 2023"
    assert [country for country, law in LAWS.items() if law.one_channel_a_week] == ["CO"]


@pytest.mark.parametrize("law", [*LAWS.values(), DEFAULT], ids=[*LAWS, "default"])
def test_every_law_allows_some_hour_in_which_people_are_awake(law: Law) -> None:
    for window in (law.calls, law.messages):
        assert all(spans[0][0] < WAKING.week[0][0][1] for spans in window.week if spans)
        assert any(window.week)
    assert law.hours(Channel.EMAIL) is None


# ---- descriptions

MESSAGES = Window.model_validate({"mon-sat": "09:00-20:00"})
EARLY = Window.model_validate({"mon-fri": "06:00-19:00"})
SPLIT = Window.model_validate({"mon-fri": ["09:00-13:00", "15:00-18:00"]})


@pytest.mark.parametrize(
    ("window", "words"),
    [
        pytest.param(
            law_of("MX").calls, "lun–vie 9:00–19:00; sáb 10:00–14:00; no en festivos", id="Mexico"
        ),
        pytest.param(law_of("US").calls, "lun–dom 8:00–20:00", id="every day"),
        pytest.param(
            SPLIT, "lun–vie 9:00–13:00, 15:00–18:00; no en festivos", id="a pause at noon"
        ),
    ],
)
def test_the_description_of_hours(window: Window, words: str) -> None:
    assert hours_in_words(window) == words


@pytest.mark.parametrize(
    ("own", "country", "channel", "words"),
    [
        pytest.param(EARLY, "CO", CALL, "Ley 2300 de 2023: no antes de 7:00", id="too early"),
        pytest.param(
            MESSAGES,
            "CO",
            SMS,
            "Ley 2300 de 2023: lun–vie no después de 19:00; sáb no después de 15:00",
            id="too late, on Saturday more so",
        ),
        pytest.param(MESSAGES, "MX", SMS, "", id="within the law"),
        pytest.param(SPLIT, "MX", CALL, "", id="within the law, with a pause"),
        pytest.param(MESSAGES, "CO", Channel.EMAIL, "", id="an email"),
        pytest.param(
            ANY_HOUR,
            "PE",
            CALL,
            "Sin regla conocida: lun–sáb no antes de 9:00, no después de 19:00; "
            "dom a ninguna hora; no en festivos",
            id="any hour",
        ),
    ],
)
def test_the_description_of_narrowed_hours(
    own: Window, country: str, channel: Channel, words: str
) -> None:
    assert narrowing(own, law_of(country), channel) == words
