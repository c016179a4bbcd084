"""The values of a WhatsApp template, as Twilio and Meta take them."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.twilio.content import MAX_VALUE, NOTHING, template_variables

TEAMS = "https://teams.microsoft.com/l/meetup-join/19%3ameeting_" + "Nz" * 140
BARE = "us02web.zoom.us/j/81234567890?pwd=" + "x" * 250


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
        pytest.param(f"entra en {TEAMS}", f"entra en {TEAMS}", id="a link in a text"),
        pytest.param(f"D'A ({TEAMS}?n=D'A)", f"D’A ({TEAMS}?n=D%27A)", id="apostrophes of both"),
        pytest.param(
            f"{'x' * 300} {TEAMS} fin",
            f"{'x' * (MAX_VALUE - 1)}… {TEAMS}",
            id="the words around a link are cut",
        ),
        pytest.param(
            f"{TEAMS} {'sí ' * 100}", f"{TEAMS} {('sí ' * 83).strip()}…", id="and those after it"
        ),
        pytest.param(
            "nos vemos en " + BARE, "nos vemos en " + BARE, id="a link without its scheme"
        ),
        pytest.param("a https://h.mx/" + "x" * 500 + " b", "a b", id="no room for a link"),
        pytest.param(f"{TEAMS} {TEAMS}", TEAMS, id="room for one link of two"),
        pytest.param("12/03/2026 y/o 13.5", "12/03/2026 y/o 13.5", id="no link"),
    ],
)
def test_a_value(value: str, sent: str) -> None:
    assert template_variables({"1": value}) == {"1": sent}


@given(st.lists(st.sampled_from(["a", "https://h.mx/" + "y" * 240, "D'A", "é" * 90])))
def test_no_link_is_cut(words: list[str]) -> None:
    sent = template_variables({"1": " ".join(words)})["1"].split()

    assert {len(word) for word in sent if "://" in word} <= {253}
    assert len(" ".join(word for word in sent if "://" not in word)) <= MAX_VALUE


@given(st.text(max_size=400))
def test_no_value_is_refused(value: str) -> None:
    sent = template_variables({"1": value})["1"]

    assert sent
    assert not re.search(r"[\n\r\t']| {5}", sent)
