"""The fields of an event that an erasure empties."""

import pytest

from contracts.events.address import AddressSuspended
from contracts.events.base import Event
from contracts.events.booking import Booking, Occurrence
from contracts.events.failed_work import WorkFailed
from contracts.events.lead import (
    LeadRegistrationFailed,
)
from contracts.events.submission import InquiryReceived
from contracts.events.touch import (
    Channel,
    FailureKind,
    TouchFailed,
)
from contracts.registry import MESSAGES
from services.console.decisions.erasure import FREE_TEXT, PERSONAL, addresses_in, erased
from services.console.decisions.leads import read
from tests.builders import a_booking
from tests.unit.services.console.decisions.test_leads import (
    BOOKED,
    CREATED,
    ERASED,
    LEAD,
    REPLIED,
    folded,
    touch,
    updated,
)


def test_nothing_of_an_erased_person_reappears() -> None:
    lead = folded(ERASED, CREATED)

    assert (lead.name, lead.phone, lead.email, lead.fields) == ("", "", "", {})
    assert lead == folded(ERASED, *[read(erased(CREATED.model_dump(mode="json"))) or CREATED])


def test_nothing_of_a_later_form_survives_the_erasure() -> None:
    added = updated(phone="+525512345678", email="otra@example.com", unusable_phone="900")

    for lead in (folded(CREATED, added, ERASED), folded(CREATED, ERASED, added)):
        assert (lead.further, lead.phone, lead.unusable_phone, lead.fields) == ([], "", "", {})


@pytest.mark.parametrize(
    "event",
    [
        updated(email="otra@example.com"),
        touch(
            TouchFailed,
            Channel.SMS,
            5,
            kind=FailureKind.UNREACHABLE,
            reason="21211 otra@example.com",
        ),
        AddressSuspended(
            lead_id=LEAD,
            channel=Channel.SMS,
            address="+525512345678",
            doubtful=False,
            reason="30005 otra@example.com",
        ),
        LeadRegistrationFailed(lead_id=LEAD, reason="otra@example.com is no address"),
        WorkFailed(
            lead_id=LEAD, service="crm", kind="work", row_id=1, reason="KeyError: otra@example.com"
        ),
        BOOKED.model_copy(
            update={"booking": a_booking("b1", email="otra@example.com", phone="+5255")}
        ),
    ],
)
def test_every_field_about_the_person_is_emptied(event: Event) -> None:
    body = erased(event.model_dump(mode="json"))

    assert "otra@" not in str(body)
    assert "+5255" not in str(body)
    assert type(read(body)) is type(event)


def test_an_erased_event_is_still_the_event_it_was() -> None:
    body = erased(BOOKED.model_dump(mode="json"))

    assert read(body) == BOOKED.model_copy(
        update={"booking": a_booking("b1").model_copy(update={"title": "", "meeting_url": ""})}
    )
    assert "Ana" not in str(erased(CREATED.model_dump(mode="json")))
    assert "hola" not in str(erased(REPLIED.model_dump(mode="json")))


BOOKING = Booking.model_fields | Occurrence.model_fields
# these identify nobody. A reason is one of our own words, where FREE_TEXT does not name it
IMPERSONAL = {
    "booking",  # its uid
    "ical_uid",
    "language",
    "time_zone",
    "about",
    "by",
    "channel",
    "changed",
    "content",
    "fallback",
    "intent",
    "journey",
    "kind",
    "letter_id",
    "message_id",
    "opener",
    "previous_uid",
    "provider",
    "provider_ref",
    "queue",
    "reason",
    "reply_id",
    "schema_version",
    "scope",
    "service",
    "source",
    "step",
    "target",
    "template",
    "topic",
    "uid",
    "version",
}


def test_every_text_of_a_message_is_known_to_be_personal_or_not() -> None:
    fields = {message.topic_name(): message.model_fields for message in MESSAGES.values()}
    for topic, named in (fields | {"booking": BOOKING}).items():
        texts = {name for name, field in named.items() if "str" in str(field.annotation)}

        assert texts <= IMPERSONAL | PERSONAL | set(FREE_TEXT.get(topic, ())), topic


def test_what_is_not_personal_stays() -> None:
    body = {
        "topic": "touch.skipped",
        "reason": "booked",
        "card": {"name": "Ana", "company": "Demo SA"},
        "booking": {"uid": "b", "title": "Ana", "reason": "x"},
        "phone": None,
        "name": "Ana",
        "text": "hola",
    }

    assert erased(body) == {
        "topic": "touch.skipped",
        "reason": "booked",
        "card": {"name": ""},
        "booking": {"uid": "b", "title": "", "reason": "x"},
        "phone": None,
        "name": "",
        "text": "",
    }
    assert erased({"topic": "booking.cancelled", "reason": "enfermó"})["reason"] == ""


def test_of_who_wrote_first_nothing_stays() -> None:
    inquiry = InquiryReceived(
        lead_id=0,
        channel=Channel.WHATSAPP,
        message_id="SM1",
        phone="+528112345678",
        name="Ana Torres",
        text="Hola, soy Ana",
        attribution={"ctwa_clid": "ARAk-1"},
        received_at=CREATED.at,
    ).model_dump(mode="json")
    created = CREATED.model_copy(update={"first_message": "Hola, soy Ana"})

    assert addresses_in(inquiry) == addresses_in({"phone": "+528112345678"}) != set()
    for event in (inquiry, created.model_dump(mode="json")):
        left = str(erased(event))
        assert [text for text in ("Ana", "8112345678", "ARAk-1") if text in left] == []
