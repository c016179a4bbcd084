"""Phones as people type them."""

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.phone import NumberStanding, country_of_number, read_number, standing_of, to_e164

MONTERREY = "+528112345678"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("8112345678", MONTERREY),
        ("81 1234 5678", MONTERREY),
        ("(81) 1234-5678", MONTERREY),
        ("81.1234.5678", MONTERREY),
        ("+52 81 1234 5678", MONTERREY),
        ("528112345678", MONTERREY),
        ("00528112345678", MONTERREY),
        ("5218112345678", MONTERREY),
        ("+5218112345678", MONTERREY),
        ("+52 1 81 1234 5678", MONTERREY),
        ("0448112345678", MONTERREY),
        ("0458112345678", MONTERREY),
        ("018112345678", MONTERREY),
        ("tel:+52-81-1234-5678", MONTERREY),
        ("whatsapp:+5218112345678", MONTERREY),
        ("８１１２３４５６７８", MONTERREY),
        ("\u202a81\u00a01234\u200b5678\u202c", MONTERREY),
        ("8112345678 / 5587654321", MONTERREY),
        ("8112345678 ext 123", MONTERREY),
        ("mi tel es 8112345678", MONTERREY),
        ("+14155552671", "+14155552671"),
        ("+5491123456789", "+5491123456789"),
        ("+50761234567", "+50761234567"),
        ("12345678", None),
        ("14155552671", None),
        ("+1415555267", None),
        ("+141555526711", None),
        ("0000000000", None),
        ("1234567890", None),
        ("8001234567", None),
        ("no tengo", None),
        ("", None),
        ("+", None),
        ("<test lead: dummy data for phone_number>", None),
    ],
)
def test_a_phone_in_mexico(typed: str, meant: str | None) -> None:
    assert to_e164(typed, "MX") == meant


def test_a_number_ahead_of_the_metadata_is_taken_when_it_names_its_country() -> None:
    assert to_e164("+5076123456", "MX") == "+5076123456"


@pytest.mark.parametrize(
    "typed",
    [
        pytest.param("+881612345678", id="Iridium"),
        pytest.param("+88216123456789", id="an international network"),
        pytest.param("+8835100012345", id="another"),
        pytest.param("+870123456789", id="Inmarsat"),
        pytest.param("+80012345678", id="toll-free everywhere"),
        pytest.param("+528001234567", id="toll-free in Mexico"),
        pytest.param("8001234567", id="toll-free, as it is typed"),
        pytest.param("+529001234567", id="premium in Mexico"),
        pytest.param("+19005551234", id="premium in the United States"),
        pytest.param("+18005551234", id="toll-free there"),
    ],
)
def test_a_number_that_is_nobodys_own_is_never_used(typed: str) -> None:
    number = read_number(typed, "MX")

    assert number is not None
    assert number.standing is NumberStanding.UNUSABLE
    assert standing_of(number.e164) is NumberStanding.UNUSABLE
    assert to_e164(typed, "MX") is None


@pytest.mark.parametrize(
    ("number", "country"),
    [
        ("+528112345678", "MX"),
        ("+17292340123", "US"),
        ("+5076123456", "PA"),
        ("+881612345678", None),
        ("+870123456789", None),
        ("+999123456", None),
        ("nonsense", None),
    ],
)
def test_the_country_is_that_of_the_number_alone(number: str, country: str | None) -> None:
    assert country_of_number(number) == country


@pytest.mark.parametrize(("typed", "region"), [("4155552671", "US"), ("11 2345-6789", "AR"), ("300 123 4567", "CO")])
def test_the_default_region_counts(typed: str, region: str) -> None:
    number = to_e164(typed, region)

    assert number is not None
    assert phonenumbers.region_code_for_number(phonenumbers.parse(number)) == region


MEXICAN = st.integers(5_500_000_000, 5_599_999_999).map(str)


@given(
    number=MEXICAN,
    prefix=st.sampled_from(["", "+52", "52", "+521", "521", "+52 1 ", "044", "045", "01", "0052", "+52-", "tel:+52"]),
    gaps=st.lists(st.tuples(st.integers(0, 9), st.sampled_from([" ", "-", ".", "\u00a0"])), max_size=4),
)
def test_every_habit_of_writing_means_the_same_number(number: str, prefix: str, gaps: list[tuple[int, str]]) -> None:
    typed = list(number)
    for place, gap in gaps:
        typed[place] = typed[place] + gap

    assert to_e164(prefix + "".join(typed), "MX") == f"+52{number}"


@given(st.text(max_size=60))
def test_nothing_that_is_typed_breaks_it_and_what_it_makes_is_stable(typed: str) -> None:
    number = to_e164(typed, "MX")

    assert number is None or to_e164(number, "MX") == number
