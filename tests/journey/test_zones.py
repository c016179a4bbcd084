"""Where a person is: what they say, else their number, else where the business is."""

import pytest

from journey.zones import ANYWHERE_IN_MEXICO, country_of, zones_of

BUSINESS = "America/Merida"


@pytest.mark.parametrize(
    ("stated", "phone", "zones"),
    [
        pytest.param("America/Tijuana", "+528112345678", ("America/Tijuana",), id="stated"),
        pytest.param("Marte", "+528112345678", ("America/Mexico_City",), id="stated, but no zone: the number"),
        pytest.param(None, "+526141234567", ("America/Chihuahua",), id="614: the metadata says Mazatlan"),
        pytest.param(None, "+526631234567", ("America/Tijuana",), id="663: the metadata says Mexico City"),
        pytest.param(None, "+528681234567", ("America/Matamoros",), id="868: keeps the other side's clock"),
        pytest.param(None, "+526571234567", ("America/Chihuahua", "America/Ciudad_Juarez"), id="657: either"),
        pytest.param(None, "+529981234567", ("America/Cancun",), id="998"),
        pytest.param(None, "+573001234567", ("America/Bogota",), id="Colombia"),
        pytest.param(None, "+14155552671", ("America/Los_Angeles",), id="San Francisco"),
        pytest.param(None, "+528001234567", ANYWHERE_IN_MEXICO, id="of Mexico, but of no place"),
        pytest.param(None, "+522011234567", ANYWHERE_IN_MEXICO, id="201: of no place, whatever the metadata says"),
        pytest.param(None, "+521234", ANYWHERE_IN_MEXICO, id="of Mexico, but no known number"),
        pytest.param(None, "+15005550006", (BUSINESS,), id="a person's own number, of no place"),
        pytest.param(None, "+18005551234", (BUSINESS,), id="of no place at all"),
        pytest.param(None, "nonsense", (BUSINESS,), id="no number"),
        pytest.param(None, None, (BUSINESS,), id="nothing known"),
    ],
)
def test_a_persons_zones(stated: str | None, phone: str | None, zones: tuple[str, ...]) -> None:
    assert zones_of(stated, phone, BUSINESS) == zones


@pytest.mark.parametrize(
    ("phone", "country"),
    [("+528112345678", "MX"), ("+573001234567", "CO"), ("+14155552671", "US"), (None, "MX"), ("x", "MX")],
)
def test_a_persons_country(phone: str | None, country: str) -> None:
    assert country_of(phone, "MX") == country
