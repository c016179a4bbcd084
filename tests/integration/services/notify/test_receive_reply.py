"""Replies and what they reach: the lead that wrote, and a lead whose form is still on its way."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest

from contracts.commands.lead import RestoreLead
from contracts.events.lead import Door, LeadUpdated
from contracts.events.touch import Channel, Kind, SkipReason
from domain.replies import IncomingReply
from kit.clock import now
from kit.database import Database
from services.notify.claims import Settlement
from services.notify.decisions.settlements import sent
from services.notify.deps import Deps
from services.notify.repositories import recent_stops
from services.notify.repositories.touches import Claimed, Touches
from services.notify.touches import Touch
from services.notify.use_cases.deliver import deliver
from services.notify.use_cases.erase_lead import erase_lead
from services.notify.use_cases.receive_joined_message import receive_joined_message
from services.notify.use_cases.receive_reply import receive_reply
from services.notify.use_cases.restore_lead import restore_lead
from tests.builders import a_card, a_touch

pytestmark = pytest.mark.connected

CARD = a_card()
PHONE = str(CARD.phone)
EMAIL = a_touch(Channel.EMAIL, lead_id=7)
FOLLOW_UP = a_touch(Channel.EMAIL, lead_id=7, step="day_3", kind=Kind.FOLLOW_UP)
A_MINUTE = timedelta(minutes=1)


async def reply(database: Database, text: str, **changes: Any) -> None:
    """Receives a WhatsApp of the person."""
    message = IncomingReply(f"SM{text}", Channel.WHATSAPP, PHONE, PHONE, text)
    await receive_reply(replace(message, **changes), {}, database)


async def answer_by_email(database: Database, touches: Touches, form_arrived_at: datetime) -> None:
    """Answers the form by email, as far as that needs no provider."""
    settings = SimpleNamespace(
        touch_lease=30,
        provider_timeout=10,
        timezone="America/Mexico_City",
        default_region="MX",
        calls_per_day=1,
        calls_per_week=3,
    )
    journey = SimpleNamespace(any_hour=True, day=timedelta(days=1))
    deps = SimpleNamespace(
        database=database,
        touches=touches,
        settings=settings,
        journeys=SimpleNamespace(current=journey),
        now=now,
    )
    await deliver(
        EMAIL, CARD, cast("Deps", deps), answers_form=True, form_arrived_at=form_arrived_at
    )


async def published(database: Database, topic: str) -> list[dict[str, Any]]:
    rows = await database.fetch(
        "select body from outbox where routing_key like $1 || '%' order by id", topic
    )
    return [json.loads(row["body"]) for row in rows]


def is_silent(claimed: Claimed) -> bool:
    """Returns whether a stop keeps the touch from being sent."""
    return claimed.opted_out or claimed.stopped or claimed.recently_stopped


async def test_a_stop_that_overtakes_the_form_stops_the_lead_and_is_in_its_log(
    database: Database, touches: Touches
) -> None:
    accepted_at = now() - A_MINUTE
    await reply(database, "Cancelar")

    await answer_by_email(database, touches, accepted_at)
    await answer_by_email(database, touches, accepted_at)

    [skipped] = await published(database, "touch.skipped")
    assert skipped["reason"] == SkipReason.OPTED_OUT
    [stopped] = await published(database, "lead.opted_out")
    assert (stopped["lead_id"], stopped["channel"], stopped["reason"], stopped["text"]) == (
        7,
        Channel.WHATSAPP,
        "reply",
        "Cancelar",
    )
    claimed = await touches.claim(FOLLOW_UP, CARD)
    assert claimed.stopped
    assert not claimed.recently_stopped


async def test_a_form_after_a_stop_is_answered_at_its_other_address(
    database: Database, touches: Touches
) -> None:
    await reply(database, "BAJA")

    claimed = await touches.claim(EMAIL, CARD, form_arrived_at=now() + A_MINUTE)

    assert not is_silent(claimed)


async def test_a_stop_that_is_taken_back_before_the_form_comes_stops_nothing(
    database: Database, touches: Touches
) -> None:
    await reply(database, "BAJA")
    await reply(database, "ALTA")

    claimed = await touches.claim(EMAIL, CARD, form_arrived_at=now() - A_MINUTE)

    assert not is_silent(claimed)


async def test_of_two_leads_with_one_phone_the_later_is_stopped_too(
    database: Database, touches: Touches
) -> None:
    accepted_at = now() - A_MINUTE
    daughter = a_touch(Channel.EMAIL, lead_id=8, address="eva@example.com")
    await touches.claim(EMAIL, CARD, form_arrived_at=accepted_at)
    await reply(database, "BAJA")

    claimed = await touches.claim(
        daughter, a_card(email="eva@example.com"), form_arrived_at=accepted_at
    )

    assert claimed.recently_stopped
    assert [event["lead_id"] for event in await published(database, "lead.opted_out")] == [7]


async def test_a_stop_beside_which_the_form_was_stored_is_heard_by_the_next_touch(
    database: Database, touches: Touches
) -> None:
    await touches.claim(EMAIL, CARD, form_arrived_at=now() - A_MINUTE)
    async with database.transaction() as connection:
        await recent_stops.store(connection, PHONE, Channel.SMS, "reply", "BAJA")

    assert (await touches.claim(FOLLOW_UP, CARD)).recently_stopped


async def test_a_lead_that_is_restored_is_followed_up(database: Database, touches: Touches) -> None:
    await touches.claim(EMAIL, CARD, form_arrived_at=now() - A_MINUTE)
    await reply(database, "BAJA")
    await restore_lead(RestoreLead(lead_id=7, by="ana"), database)

    claimed = await touches.claim(FOLLOW_UP, CARD)

    assert not is_silent(claimed)


async def test_an_erased_person_has_no_recent_stop(database: Database, touches: Touches) -> None:
    claimed = await touches.claim(EMAIL, CARD, form_arrived_at=now() - A_MINUTE)
    await touches.settle(_sent(EMAIL, claimed))
    await reply(database, "BAJA")

    await erase_lead(7, database)

    assert not await database.fetch("select 1 from recent_stops")


@pytest.mark.parametrize(
    ("kind", "intent"),
    [
        (Kind.MEETING, "meeting_change"),
        (Kind.AFTER_MEETING, "meeting_change"),
        (Kind.CANCELLATION, "meeting_change"),
        (Kind.FOLLOW_UP, None),
        (Kind.FIRST_CONTACT, None),
    ],
)
@pytest.mark.parametrize("names_touch", [True, False])
async def test_cancelar_is_about_the_meeting_that_it_answers_and_else_a_stop(
    database: Database, touches: Touches, kind: Kind, intent: str | None, names_touch: bool
) -> None:
    touch = a_touch(Channel.WHATSAPP, lead_id=7, address=PHONE, kind=kind)
    await touches.settle(_sent(touch, await touches.claim(touch, CARD)))

    await reply(database, "Cancelar", answers="SM1" if names_touch else "")

    received = await published(database, "reply.received")
    assert [event["intent"] for event in received] == ([intent] if intent else [])
    assert len(await published(database, "lead.opted_out")) == (0 if intent else 1)


def _sent(touch: Touch, claimed: Claimed) -> Settlement:
    return sent(touch, claimed.claim, "SM1", subject="", text="Hola", asked_at=now(), check_in=60)


@pytest.mark.parametrize(
    ("text", "intent", "paused"),
    [
        pytest.param("Hola, quiero información", "other", False, id="a question"),
        pytest.param("llámenme mañana a las 5", "wants_call", True, id="it waits for a person"),
    ],
)
async def test_a_message_that_the_form_overtook_is_the_reply_of_its_lead(
    database: Database, touches: Touches, text: str, intent: str, paused: bool
) -> None:
    await touches.claim(EMAIL, CARD, form_arrived_at=now())
    message = LeadUpdated(
        lead_id=7,
        submission_id=8,
        person_id=7,
        card=CARD,
        door=Door.MESSAGE,
        first_message=text,
        received_at=now(),
    )
    await receive_joined_message(message, database)
    await receive_joined_message(message, database)

    [received] = await published(database, "reply.received")
    assert (received["lead_id"], received["text"], received["intent"]) == (7, text, intent)
    assert (await touches.claim(FOLLOW_UP, CARD)).lead_paused is paused


async def test_a_further_form_is_no_reply(database: Database) -> None:
    form = LeadUpdated(lead_id=7, submission_id=8, person_id=7, card=CARD)
    await receive_joined_message(form, database)
    answered = form.model_copy(
        update={"door": Door.MESSAGE, "first_message": "Hola", "returned": True}
    )
    await receive_joined_message(answered, database)

    assert await published(database, "reply.received") == []


async def test_who_writes_after_the_first_call_is_reached(
    database: Database, touches: Touches
) -> None:
    call = a_touch(lead_id=7)
    again = a_touch(lead_id=7, step="welcome_call_2", kind=Kind.ATTEMPT)
    await touches.claim(call, CARD, form_arrived_at=now())
    before = await touches.claim(again, CARD)
    await database.fetch("delete from touches where step = 'welcome_call_2'")
    await reply(database, "gracias")
    after = await touches.claim(again, CARD)

    assert (before.reached, after.reached) == (False, True)
