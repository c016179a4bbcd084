"""No phone number or email address survives masking."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.masking import mask


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("ana.test@example.com", "a***@example.com"),
        ("to +528112345678 now", "to +52******5678 now"),
        ("8112345678", "81******5678"),
        ("whatsapp:+5218112345678", "whatsapp:+52******5678"),
        ("?email=ana%40example.com", "?email=a***@example.com"),
        ("To=%2B528112345678", "To=%2B52******5678"),
        ("lead 100001 in 2026", "lead 100001 in 2026"),
        ("0198c5f0-7d2e-7c3a-9b1e-112345678901", "0198c5f0-7d2e-7c3a-9b1e-112345678901"),
        ("2026-11-22T21:50:18.214491Z", "2026-11-22T21:50:18.214491Z"),
        ("2026-11-22 21:50:18 +0000", "2026-11-22 21:50:18 +0000"),
        ("2026-11-22 8112345678", "2026-11-22******5678"),
        ("from 192.168.100.200", "from 192.168.100.200"),
        ("leads 100001, 100002, 100003", "leads 100001, 100002, 100003"),
        (
            '{"lead_id":100001,"kommo_lead_id":22334455}',
            '{"lead_id":100001,"kommo_lead_id":22334455}',
        ),
        ("12345678-1234-4234-8234-123456789012", "12345678-1234-4234-8234-123456789012"),
        ("márcame al (81) 1234-5678, a las 5", "márcame al 81******5678, a las 5"),
        ("Tel.81.1234.5678 ext 12", "Tel.81******5678 ext 12"),
    ],
)
def test_masking(text: str, masked: str) -> None:
    assert mask(text) == masked


@given(
    before=st.sampled_from(["", "to ", "(", "=", ":", '"']),
    number=st.integers(2_000_000_000, 9_999_999_999),
)
def test_a_phone_is_masked_wherever_it_stands(before: str, number: int) -> None:
    assert str(number) not in mask(f"{before}+52{number}, again")
    assert str(number) not in mask(f"{before}{number} again")


PREFIXES = (
    "",
    "+52 ",
    "+52",
    "+521",
    "+52 1 ",
    "0052 ",
    "52 ",
    "01 ",
    "044 ",
    "+52-",
    "(+52) ",
    "+52 (1) ",
)
NUMBERS = (
    "{0} {1} {2}",
    "{0}-{1}-{2}",
    "({0}) {1} {2}",
    "({0}) {1}-{2}",
    "{0}.{1}.{2}",
    "{0}{1} {2}",
    "{0} {1}{2}",
    "({0}){1}{2}",
    "{0} - {1} - {2}",
    "{0}/{1}{2}",
    "{0}\u00a0{1}\u00a0{2}",
    "{0}\u2013{1}\u2013{2}",
    "{0} {1}-{2}",
    "{0}  {1}  {2}",
    "{0} {1[0]}{1[1]} {1[2]}{1[3]} {2[0]}{2[1]} {2[2]}{2[3]}",
    "{0}-{1[0]}{1[1]}-{1[2]}{1[3]}-{2}",
    "{0[0]} {0[1]} {1[0]} {1[1]} {1[2]} {1[3]} {2[0]} {2[1]} {2[2]} {2[3]}",
)
SPELLINGS = [
    prefix + number.format("81", "1234", "5678") for prefix, number in product(PREFIXES, NUMBERS)
]


@pytest.mark.parametrize("spelled", SPELLINGS)
def test_a_phone_is_masked_however_people_write_it(spelled: str) -> None:
    masked = mask(f"márcame al {spelled}. Gracias")

    assert "******5678. Gracias" in masked
    assert "1234" not in masked.replace("******", "")
    assert masked.startswith("márcame al ")


def test_there_are_two_hundred_spellings() -> None:
    assert len(set(SPELLINGS)) >= 200
