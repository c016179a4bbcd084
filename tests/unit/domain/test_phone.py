"""Phone numbers as people type them, their status and their country."""

import phonenumbers
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from domain.phone import (
    Number,
    NumberStatus,
    canonical_phone,
    country_of_number,
    national_number,
    number_status,
    read_number,
    readable,
    same_number,
    to_e164,
)

MONTERREY = "+528112345678"
USABLE = NumberStatus.USABLE
UNUSABLE = NumberStatus.UNUSABLE
UNKNOWN = NumberStatus.UNKNOWN


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
        ("+52+528112345678", MONTERREY),
        ("+52 +52 81 1234 5678", MONTERREY),
        ("52528112345678", MONTERREY),
        ("+52 52 1 81 1234 5678", MONTERREY),
        ("+52 01 81 1234 5678", MONTERREY),
        ("+52 (044) 81 1234 5678", MONTERREY),
        ("52 045 81 1234 5678", MONTERREY),
        ("+0052 81 1234 5678", MONTERREY),
        ("+01 81 1234 5678", MONTERREY),
        ("+52 52 1234 5678", "+525212345678"),
        ("011 52 81 1234 5678", MONTERREY),
        ("011 52 1 81 1234 5678", MONTERREY),
        ("011 1 415 555 2671", "+14155552671"),
        ("+57 +57 300 123 4567", "+573001234567"),
        ("+57573001234567", "+573001234567"),
        ("+1 +1 415 555 2671", "+14155552671"),
        ("8112345678.0", MONTERREY),
        ("'8112345678.00", MONTERREY),
        ("528112345678.0", MONTERREY),
        ("8.112345678E9", MONTERREY),
        ("8,112345678E+09", MONTERREY),
        ("5.28112345678e+11", MONTERREY),
        ("8.11234567E9", "+528112345670"),
        ("8.11235E+09", None),
        ("5.28112E+11", None),
        ("https://wa.me/528112345678", MONTERREY),
        ("wa.me/5218112345678", MONTERREY),
        ("https://api.whatsapp.com/send?phone=528112345678", MONTERREY),
        ("p:+528112345678", MONTERREY),
        ("81/1234/5678", MONTERREY),
        ("8112345678 5587654321", MONTERREY),
        ("+528112345678 +525587654321", MONTERREY),
        ("cel. 8112345678 (casa 5587654321)", MONTERREY),
        ("8112345678 ou 5587654321", MONTERREY),
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


def test_a_number_that_the_metadata_lacks_is_accepted_with_its_country_code() -> None:
    assert to_e164("+5076123456", "MX") == "+5076123456"


@pytest.mark.parametrize(
    ("typed", "region"),
    [("4155552671", "US"), ("11 2345-6789", "AR"), ("300 123 4567", "CO"), ("011 2345-6789", "AR")],
)
def test_the_default_region_counts(typed: str, region: str) -> None:
    number = to_e164(typed, region)

    assert number is not None
    assert phonenumbers.region_code_for_number(phonenumbers.parse(number)) == region


@pytest.mark.parametrize("typed", ["+5218112345678", "5218112345678", "528112345678"])
def test_a_mexican_habit_means_the_same_number_to_a_business_elsewhere(typed: str) -> None:
    assert to_e164(typed, "US") == MONTERREY


MEXICAN = st.integers(5_500_000_000, 5_599_999_999).map(str)


@given(
    number=MEXICAN,
    prefix=st.sampled_from(
        [
            "",
            "+52",
            "52",
            "+521",
            "521",
            "+52 1 ",
            "044",
            "045",
            "01",
            "0052",
            "+52-",
            "tel:+52",
            "+52+52",
            "+52 +521",
            "+52 01 ",
            "+52 044 ",
            "011 52 ",
            "5252",
        ]
    ),
    gaps=st.lists(
        st.tuples(st.integers(0, 9), st.sampled_from([" ", "-", ".", "\u00a0"])), max_size=4
    ),
)
def test_every_habit_of_writing_means_the_same_number(
    number: str, prefix: str, gaps: list[tuple[int, str]]
) -> None:
    typed = list(number)
    for place, gap in gaps:
        typed[place] = typed[place] + gap

    assert to_e164(prefix + "".join(typed), "MX") == f"+52{number}"


BUENOS_AIRES = "+5491155554444"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("011 15 5555-4444", BUENOS_AIRES),
        ("(011) 15-5555-4444", BUENOS_AIRES),
        ("11 15 5555 4444", BUENOS_AIRES),
        ("15 5555 4444", BUENOS_AIRES),
        ("+54 15 5555 4444", BUENOS_AIRES),
        ("+54 11 15 5555 4444", BUENOS_AIRES),
        ("+54 9 11 15 5555 4444", BUENOS_AIRES),
        ("54 9 11 5555 4444", BUENOS_AIRES),
        ("0351 15 555-4444", "+5493515554444"),
        ("+54 9 351 15 555 4444", "+5493515554444"),
        ("02901 15 55 4444", "+5492901554444"),
        ("011 5555-4444", "+541155554444"),
        ("0351 15 55 4444", None),
        ("15 555 4444", None),
    ],
)
def test_a_mobile_phone_in_argentina(typed: str, meant: str | None) -> None:
    assert to_e164(typed, "AR") == meant
    if typed.startswith("+"):
        assert to_e164(typed, "MX") == meant


@given(
    mobile=st.one_of(
        st.tuples(st.just("11"), st.from_regex(r"[2-6][0-9]{7}", fullmatch=True)),
        st.tuples(st.sampled_from(["351", "341", "261"]), st.integers(5_000_000, 5_999_999)),
        st.tuples(st.sampled_from(["2901", "2966"]), st.integers(400_000, 699_999)),
    ),
    prefixes=st.sampled_from(
        [
            ("0", "15"),
            ("", "15"),
            ("+54", "15"),
            ("+54 0", "15"),
            ("+549", ""),
            ("+549", "15"),
            ("549", ""),
            ("54", "15"),
            ("0054", "15"),
        ]
    ),
    gap=st.sampled_from(["", " ", "-", ") "]),
)
def test_every_habit_of_writing_in_argentina_means_the_same_mobile_phone(
    mobile: tuple[str, object], prefixes: tuple[str, str], gap: str
) -> None:
    area, number = mobile
    meant = f"+549{area}{number}"
    assume(phonenumbers.is_valid_number(phonenumbers.parse(meant)))
    before, between = prefixes
    typed = gap.join((before, area, between, str(number)))

    assert to_e164(typed, "AR") == meant
    assert canonical_phone(meant) == canonical_phone(f"+54{area}{number}")


@given(number=st.integers(2_000_000_000, 9_999_999_999), prefix=st.sampled_from(["", "+52"]))
def test_a_mexican_number_is_read_as_the_metadata_reads_it(number: int, prefix: str) -> None:
    parsed = phonenumbers.parse(f"{prefix}{number}", "MX")
    known = phonenumbers.is_valid_number(parsed)
    read = read_number(f"{prefix}{number}", "MX")

    assert (read is not None) is (known or prefix == "+52")
    if read is not None:
        assert read.e164 == phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
        assert (read.status is UNKNOWN) is not known


@given(st.text(max_size=60))
def test_no_text_breaks_it_and_its_result_is_stable(typed: str) -> None:
    number = to_e164(typed, "MX")

    assert number is None or to_e164(number, "MX") == number


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        pytest.param("81 1234 5678", Number(MONTERREY, USABLE), id="a person's"),
        pytest.param("8001234567", Number("+528001234567", UNUSABLE), id="toll-free"),
        pytest.param("9001234567", Number("+529001234567", UNUSABLE), id="premium"),
        pytest.param("3001234567", Number("+523001234567", UNUSABLE), id="shared cost"),
        pytest.param("+1 800 555 1234", Number("+18005551234", UNUSABLE), id="toll-free elsewhere"),
        pytest.param(
            "+34 511 98 36 01",
            Number("+34511983601", UNUSABLE),
            id="a company's number for all its offices",
        ),
        pytest.param("+881612345678", Number("+881612345678", UNUSABLE), id="Iridium"),
        pytest.param(
            "+88216123456789", Number("+88216123456789", UNUSABLE), id="international networks"
        ),
        pytest.param(
            "+8835100012345",
            Number("+8835100012345", UNUSABLE),
            id="international networks, the newer",
        ),
        pytest.param("+870123456789", Number("+870123456789", UNUSABLE), id="Inmarsat"),
        pytest.param("00870123456789", Number("+870123456789", UNUSABLE), id="Inmarsat, with 00"),
        pytest.param("+80012345678", Number("+80012345678", UNUSABLE), id="toll-free everywhere"),
        pytest.param("+979123456789", Number("+979123456789", UNUSABLE), id="premium everywhere"),
        pytest.param(
            "+1 729 234 0123",
            Number("+17292340123", UNKNOWN),
            id="an overlay that the metadata lacks",
        ),
        pytest.param(
            "+5076123456", Number("+5076123456", UNKNOWN), id="a range that the metadata lacks"
        ),
        pytest.param(
            "+52 210 123 4567", Number("+522101234567", UNKNOWN), id="Mexico, with its country code"
        ),
        pytest.param(
            "+521 210 123 4567", Number("+522101234567", UNKNOWN), id="with the old prefix"
        ),
        pytest.param(
            "5212101234567", Number("+522101234567", UNKNOWN), id="with the old prefix, no plus"
        ),
        pytest.param("2101234567", None, id="Mexico, as it is dialled there"),
        pytest.param("0442101234567", None, id="with the old national prefix"),
        pytest.param("+52 123 456 7890", None, id="no area code begins with 1"),
        pytest.param("+52 8112 3456", None, id="without its area code"),
        pytest.param("+999123456789", None, id="no country code"),
        pytest.param("no tengo", None, id="no digits"),
    ],
)
def test_a_number_and_its_status(typed: str, number: Number | None) -> None:
    assert read_number(typed, "MX") == number
    if number is not None:
        assert number_status(number.e164) is number.status
        assert (to_e164(typed, "MX") is None) == (number.status is UNUSABLE)


@pytest.mark.parametrize("stored", ["", "nonsense", "+521234", "8112345678"])
def test_an_invalid_number_is_not_used(stored: str) -> None:
    assert number_status(stored) is UNUSABLE
    assert country_of_number(stored) is None or stored == "+521234"


@pytest.mark.parametrize(
    ("number", "country"),
    [
        pytest.param(MONTERREY, "MX", id="Mexico"),
        pytest.param("+573001234567", "CO", id="Colombia"),
        pytest.param("+14155552671", "US", id="the United States"),
        pytest.param("+14165551234", "CA", id="Canada"),
        pytest.param("+18765551234", "JM", id="Jamaica"),
        pytest.param("+17292340123", "US", id="an overlay that the metadata lacks"),
        pytest.param("+522101234567", "MX", id="a range that the metadata lacks"),
        pytest.param("+881612345678", None, id="Iridium"),
        pytest.param("+8835100012345", None, id="international networks"),
        pytest.param("+80012345678", None, id="toll-free everywhere"),
        pytest.param("nonsense", None, id="no number"),
    ],
)
def test_a_numbers_country(number: str, country: str | None) -> None:
    assert country_of_number(number) == country


@given(st.text("+0123456789 ", max_size=20), st.sampled_from(["MX", "US", "CO", "ES"]))
def test_a_number_is_read_as_it_is_stored(typed: str, region: str) -> None:
    number = read_number(typed, region)

    assert number is None or number_status(number.e164) is number.status


@pytest.mark.parametrize(
    ("address", "text"),
    [
        ("+528112345678", "+52 81 1234 5678"),
        ("+525512345678", "+52 55 1234 5678"),
        ("+13055550123", "+1 305-555-0123"),
        ("ana@example.com", "ana@example.com"),
        ("8112345678", "8112345678"),
        ("mi número: +528112345678", "mi número: +528112345678"),
        ("+000000", "+000000"),
        ("", ""),
    ],
)
def test_a_number_reads_as_people_write_it(address: str, text: str) -> None:
    assert readable(address) == text


@pytest.mark.parametrize(
    ("spelling", "other"),
    [
        ("+528112345678", "+5218112345678"),
        ("+541123456789", "+5491123456789"),
        ("+5541987654321", "+554187654321"),
        ("+16175550123", "+116175550123"),
        ("whatsapp:+5218112345678", "+52 81 1234 5678"),
        ("00528112345678", "+528112345678"),
    ],
)
def test_a_number_in_two_forms(spelling: str, other: str) -> None:
    assert canonical_phone(spelling) == canonical_phone(other)


@pytest.mark.parametrize(
    ("spelling", "other"),
    [
        ("+528112345678", "+528112345679"),
        ("+554130654321", "+5541930654321"),  # a landline, and a mobile number
        ("+16175550123", "+526175550123"),
        ("+34911234567", "+54911234567"),
    ],
)
def test_two_numbers(spelling: str, other: str) -> None:
    assert canonical_phone(spelling) != canonical_phone(other)


@given(st.from_regex(r"\+[1-9][0-9]{6,14}", fullmatch=True))
def test_the_compared_form_of_a_number_is_final(number: str) -> None:
    assert canonical_phone(canonical_phone(number)) == canonical_phone(number)


@given(
    st.sampled_from([("+52", "+521"), ("+54", "+549"), ("+1", "+11")]),
    st.from_regex(r"[2-9][0-9]{9}", fullmatch=True),
)
def test_a_network_may_add_its_prefix(prefixes: tuple[str, str], digits: str) -> None:
    without, with_prefix = prefixes

    assert canonical_phone(f"{with_prefix}{digits}") == canonical_phone(f"{without}{digits}")


@given(st.from_regex(r"[1-9][1-9][6-9][0-9]{7}", fullmatch=True))
def test_brazil_has_a_ninth_digit(digits: str) -> None:
    with_ninth = f"+55{digits[:2]}9{digits[2:]}"

    assert canonical_phone(with_ninth) == canonical_phone(f"+55{digits}")


@pytest.mark.parametrize(
    ("e164", "digits"),
    [
        ("+528112345678", "8112345678"),
        ("+50255551234", "55551234"),
        ("+5491123456789", "1123456789"),
        ("+9991234", "9991234"),
    ],
)
def test_the_digits_by_which_a_number_is_found(e164: str, digits: str) -> None:
    assert national_number(e164) == digits


@pytest.mark.parametrize(
    ("written", "e164", "same"),
    [
        ("5555 1234", "+50255551234", True),
        ("+502 5555 1234", "+50255551234", True),
        ("5555 1235", "+50255551234", False),
        ("81 1234 5678", "+528112345678", True),
        ("+5218112345678", "+528112345678", True),
        ("sin teléfono", "+528112345678", False),
        ("", "+528112345678", False),
    ],
)
def test_a_number_as_it_is_written_in_its_own_country(written: str, e164: str, same: bool) -> None:
    assert same_number(written, e164, "MX") is same
