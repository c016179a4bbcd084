"""Where a person is: what they say, else their number, else where the business is."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journey.settings import JourneySettings, load_journey
from journey.zones import ANYWHERE_IN_MEXICO, country_of, zones_of
from services.notify.decisions.first_contact import first_touches
from tests.builders import a_lead_created

JOURNEY = load_journey(JourneySettings())[0]
BUSINESS = "America/Merida"


@pytest.mark.parametrize(
    ("stated", "phone", "zones"),
    [
        pytest.param(
            "America/Tijuana", "+528112345678", ("America/Tijuana", "America/Mexico_City"), id="stated, in its country"
        ),
        pytest.param("Mexico/General", "+528112345678", ("Mexico/General", "America/Mexico_City"), id="an old name"),
        pytest.param("Asia/Tokyo", "+528112345678", ("America/Mexico_City",), id="stated, outside its country"),
        pytest.param("UTC", "+528112345678", ("America/Mexico_City",), id="no place: UTC"),
        pytest.param("Factory", None, (BUSINESS,), id="no place: Factory"),
        pytest.param("EST5EDT", None, (BUSINESS,), id="no place: EST5EDT"),
        pytest.param("localtime", None, (BUSINESS,), id="no place: localtime"),
        pytest.param("America/Buenos_Aires", None, ("America/Buenos_Aires",), id="stated, without a number"),
        pytest.param(None, "+14235550123", ("America/New_York", "America/Chicago"), id="Chattanooga or Crossville"),
        pytest.param(None, "+12195550123", ("America/New_York", "America/Chicago"), id="Gary, or the rest of Indiana"),
        pytest.param(None, "+18505550123", ("America/New_York", "America/Chicago"), id="Pensacola or Tallahassee"),
        pytest.param(None, "+50588812345", ("America/Managua",), id="Nicaragua: the metadata says Chicago"),
        pytest.param(None, "+18765550123", ("America/Jamaica",), id="Jamaica: the metadata says forty-two"),
        pytest.param("Marte", "+528112345678", ("America/Mexico_City",), id="stated, but no zone: the number"),
        pytest.param(None, "+526141234567", ("America/Chihuahua",), id="614: the metadata says Mazatlan"),
        pytest.param(None, "+526631234567", ("America/Tijuana",), id="663: the metadata says Mexico City"),
        pytest.param(None, "+528681234567", ("America/Matamoros",), id="868: keeps the other side's clock"),
        pytest.param(None, "+526571234567", ("America/Chihuahua", "America/Ciudad_Juarez"), id="657: either"),
        pytest.param(None, "+529981234567", ("America/Cancun",), id="998"),
        pytest.param(None, "+573001234567", ("America/Bogota",), id="Colombia"),
        pytest.param(None, "+14155552671", ("America/Los_Angeles",), id="San Francisco"),
        pytest.param(None, "+522011234567", ANYWHERE_IN_MEXICO, id="201: of no place, whatever the metadata says"),
        pytest.param(None, "+521234", ANYWHERE_IN_MEXICO, id="of Mexico, but no known number"),
        pytest.param(None, "nonsense", (BUSINESS,), id="no number"),
        pytest.param(None, None, (BUSINESS,), id="nothing known"),
    ],
)
def test_a_persons_zones(stated: str | None, phone: str | None, zones: tuple[str, ...]) -> None:
    assert zones_of(stated, phone, BUSINESS) == zones


@pytest.mark.parametrize(
    ("phone", "country"),
    [
        ("+528112345678", "MX"),
        ("+573001234567", "CO"),
        ("+14155552671", "US"),
        ("+17292340123", "US"),
        (None, "MX"),
        ("x", "ZZ"),
        *((number, "ZZ") for number in ("+881612345678", "+88216123456789", "+8835100012345", "+870123456789")),
    ],
)
def test_a_persons_country(phone: str | None, country: str) -> None:
    assert country_of(phone, "MX") == country


FAR_FROM_MEXICO = sorted(zone for zone in available_timezones() if not zone.startswith(("America/", "Mexico/")))


@given(
    stated=st.sampled_from(FAR_FROM_MEXICO) | st.text(max_size=20),
    hours=st.integers(0, 24 * 730),
    minutes=st.integers(0, 59),
    area=st.sampled_from(["81", "55", "664", "998", "662", "656", "614"]),
)
def test_no_stated_zone_has_anybody_called_at_night(stated: str, hours: int, minutes: int, area: str) -> None:
    """By clocks that are written down here, not looked up."""
    now = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=hours, minutes=minutes)
    own = {"81": "America/Monterrey", "55": "America/Mexico_City", "664": "America/Tijuana", "998": "America/Cancun"}
    own |= {"662": "America/Hermosillo", "656": "America/Ciudad_Juarez", "614": "America/Chihuahua"}
    phone = f"+52{area}{'1234567890'[: 10 - len(area)]}"
    [_, call] = first_touches(
        a_lead_created(phone=phone, time_zone=stated), JOURNEY, now, zone="America/Mexico_City", region="MX"
    )
    leaves = call.until is not None and now < call.until
    hour = now.astimezone(ZoneInfo(own[area])).hour

    assert not leaves or 8 <= hour < 21
