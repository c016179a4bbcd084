"""Nobody's phone or address survives masking."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.privacy import mask


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
    ],
)
def test_masking(text: str, masked: str) -> None:
    assert mask(text) == masked


@given(before=st.sampled_from(["", "to ", "(", "=", ":", '"']), number=st.integers(2_000_000_000, 9_999_999_999))
def test_a_phone_is_masked_wherever_it_stands(before: str, number: int) -> None:
    assert str(number) not in mask(f"{before}+52{number}, again")
    assert str(number) not in mask(f"{before}{number} again")
