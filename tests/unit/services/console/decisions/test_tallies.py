"""A lead's share of the metrics: the same in whatever order its events are counted."""

from datetime import UTC, datetime
from functools import reduce
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from contracts.events.base import Event
from contracts.events.lead import LeadCreated
from services.console.decisions.leads import Lead, fold
from services.console.decisions.tallies import (
    Cell,
    Counts,
    Tallies,
    add_change,
    changed,
    hour_of,
    tallied,
)
from tests.builders import a_card
from tests.unit.services.console.decisions.test_leads import (
    ANSWERED,
    BOOKED,
    CREATED,
    DELIVERED,
    DIALLED,
    ENDED,
    FELL_BACK,
    LEAD,
    at,
)

EVENTS = (CREATED, DIALLED, ANSWERED, FELL_BACK, DELIVERED, BOOKED, ENDED)


@given(st.permutations(EVENTS), st.lists(st.integers(0, len(EVENTS)), max_size=4))
def test_the_changes_add_up_to_what_the_lead_adds(events: list[Event], pauses: list[int]) -> None:
    lead = Lead(LEAD)
    total = dict[Cell, Counts]()
    cuts = [0, *sorted(pauses), len(events)]
    for since, until in pairwise(cuts):
        before = lead
        lead = reduce(fold, events[since:until], lead)
        add_change(total, tallied(before), tallied(lead))

    assert dict(changed(total)) == tallied(lead)


def test_a_lead_is_counted_in_its_hour_by_where_it_came_from_and_how_far_it_came() -> None:
    came = LeadCreated(
        lead_id=LEAD, card=a_card(source="Radio", extra={"utm_source": "u" * 300}), at=at(0.01)
    )
    counted = tallied(reduce(fold, (came, DIALLED, ANSWERED, BOOKED), Lead(LEAD)))
    hour = hour_of(at(0))
    became = Counts(leads=1, reached=1, booked=1, calls=1)

    assert counted == {
        Cell("step", hour, "welcome_call", "booked"): Counts(leads=1),
        Cell("outcome", hour, "welcome_call", "answered"): Counts(leads=1),
        Cell("fuente", hour, "Radio", ""): became,
        Cell("utm_source", hour, "u" * 200, ""): became,
        Cell("utm_medium", hour, "", ""): became,
        Cell("utm_campaign", hour, "", ""): became,
    }
    assert tallied(reduce(fold, (DIALLED, ANSWERED), Lead(LEAD))) == {}


def test_an_unchanged_tally_is_not_written() -> None:
    changes: Tallies = {}
    counted = tallied(reduce(fold, (CREATED, DIALLED), Lead(LEAD)))
    add_change(changes, counted, counted)

    assert changed(changes) == []


def test_a_lead_that_met_is_counted_with_all_its_touches() -> None:
    lead = Lead(
        LEAD,
        accepted_at=at(0),
        met_at=at(1),
        calls=2,
        whatsapps=3,
        texts=4,
        fields={"utm_medium": "cpc", "utm_campaign": "marzo"},
    )
    counts = Counts(leads=1, met=1, calls=2, whatsapps=3, texts=4)
    hour = hour_of(at(0))

    assert tallied(Lead(LEAD)) == {}
    assert tallied(lead) == {
        Cell("step", hour, "", "met"): Counts(leads=1),
        Cell("fuente", hour, "", ""): counts,
        Cell("utm_source", hour, "", ""): counts,
        Cell("utm_medium", hour, "cpc", ""): counts,
        Cell("utm_campaign", hour, "marzo", ""): counts,
    }
    assert hour_of(at(59.9)) == hour
    assert (hour.minute, hour.second, hour.microsecond) == (0, 0, 0)


def test_an_hour_is_one_of_utc() -> None:
    in_india = datetime(2026, 3, 2, 10, 59, 59, 999, tzinfo=ZoneInfo("Asia/Kolkata"))

    assert hour_of(in_india) == datetime(2026, 3, 2, 5, tzinfo=UTC)
    assert hour_of(in_india).tzinfo is UTC
