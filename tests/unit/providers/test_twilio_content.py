"""The values of a WhatsApp template, as Twilio and Meta take them."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.twilio.content import MAX_VALUE, NOTHING, template_variables


@pytest.mark.parametrize(
    ("value", "sent"),
    [
        pytest.param("Ana", "Ana", id="as it is"),
        pytest.param("D'Angelo", "D’Angelo", id="an apostrophe"),
        pytest.param("Ana\nMaría", "Ana María", id="a line break"),
        pytest.param("a\t b      c", "a b c", id="a tab, and many spaces"),
        pytest.param("  \n ", NOTHING, id="empty"),
        pytest.param("x" * 300, "x" * (MAX_VALUE - 1) + "…", id="too long"),
        pytest.param("https://h.mx/a?n=D'A", "https://h.mx/a?n=D%27A", id="a link stays a link"),
        pytest.param("https://h.mx/" + "x" * 300, "https://h.mx/" + "x" * 300, id="a long link"),
    ],
)
def test_a_value(value: str, sent: str) -> None:
    assert template_variables({"1": value}) == {"1": sent}


@given(st.text(max_size=400))
def test_no_value_is_refused(value: str) -> None:
    sent = template_variables({"1": value})["1"]

    assert sent
    assert not re.search(r"[\n\r\t']| {5}", sent)
