"""How addresses are compared."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.addresses import canonical, canonical_email


@pytest.mark.parametrize(
    ("spelling", "other"),
    [
        ("Ana@Example.COM", "ana@example.com"),
        (" ana@example.com ", "ana@example.com"),
        ("ana@compañía.mx", "ana@xn--compaa-7va5a.mx"),
        ("ana@COMPAÑÍA.mx", "ana@compañía.mx"),
        ("jose\u0301@example.com", "josé@example.com"),
        ("ana@bücher.example", "ana@XN--BCHER-KVA.example"),
    ],
)
def test_an_email_address_in_two_spellings(spelling: str, other: str) -> None:
    assert canonical_email(spelling) == canonical_email(other)


@pytest.mark.parametrize(
    ("spelling", "other"),
    [
        ("ana@example.com", "ana@example.org"),
        ("ana.lopez@example.com", "analopez@example.com"),
        ("a@b.mx", "+528112345678"),
    ],
)
def test_two_addresses(spelling: str, other: str) -> None:
    assert canonical(spelling) != canonical(other)


@given(st.text(max_size=60))
def test_the_compared_form_is_final(text: str) -> None:
    assert canonical(canonical(text)) == canonical(text)


@given(st.emails())
def test_capitals_make_no_other_person(address: str) -> None:
    name, _, domain = address.rpartition("@")

    assert canonical_email(f"{name}@{domain.upper()}") == canonical_email(address)
