"""Each promise of a storm can be broken: nothing is checked that always holds."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from typing import Any

import pytest

from tests.memory import BOUND
from tests.storm.promises import EVENTS, PROMISES, Evidence, breaches
from tests.storm.record import Life, Moment, Record, Repeat, Submission, Touch
from tests.storm.story import Person

NOON = datetime(2026, 3, 3, 18, tzinfo=UTC).timestamp()  # in Mexico, on a Tuesday
ANA = Person(0, "Ana Tormenta0", "+525512340000", "ana@example.com")
BETO = Person(1, "Beto Tormenta1", "+525512350000", "beto@example.com")
MEETING = {"uid": "m1", "starts_at": "2026-03-03T18:01:00+00:00", "series": []}
_ids = count(1)


def an_action(action: str, at: float, **detail: Any) -> dict[str, Any]:
    """Returns an entry of the log, so many seconds after noon."""
    number = next(_ids)
    written = datetime.fromtimestamp(NOON + at, UTC).isoformat()
    entry = {"id": number, "lead_id": 1, "action": action, "at": written, "detail": detail}
    return entry | {"event_id": f"{number:032}"}


def about(step: str, channel: str, touch_id: str = "") -> dict[str, Any]:
    return {"touch_id": touch_id or f"{step} {channel}", "step": step, "channel": channel, "run": 0}


def a_form(person: Person, lead: int) -> Submission:
    form = {"nombre": person.name, "email": person.email, "telefono": person.phone}
    return Submission(person, form, NOON, NOON + 1, 200, lead)


def a_good_record() -> Record:
    """Returns what was seen of Ana: her form, the first contact, and the first of the follow-up."""
    mail, call, text = (
        about("welcome_email", "email"),
        about("welcome_call", "call"),
        about("day_3", "whatsapp"),
    )
    actions = [
        an_action("lead.created", 1),
        an_action("touch.sent", 2, **mail),
        an_action("touch.delivered", 3, **mail),
        an_action("touch.sent", 2, **call),
        an_action("call.answered", 4, step="welcome_call", touch_id=call["touch_id"]),
        an_action("lead.registered", 4),
        an_action("touch.due", 22, **text, booking=None),
        an_action("touch.sent", 23, **text),
        an_action("touch.delivered", 24, **text),
    ]
    touches = [
        Touch(mail["touch_id"], "email", ANA.email, NOON + 2, "Hola"),
        Touch(call["touch_id"], "call", ANA.phone, NOON + 2, "Hola", "completed"),
        Touch(text["touch_id"], "whatsapp", ANA.phone, NOON + 23, "Hola", "delivered"),
    ]
    later = [{"step": step, "due_at": at(60)} for step in ("day_6", "day_9", "day_12")]
    kommo = {"leads": [in_kommo(50, 1)], "notes": [a_note(action) for action in actions]}
    return Record(
        lives={0: Life(ANA, [a_form(ANA, 1)])},
        actions={1: actions},
        touches=touches,
        plans={1: {"stopped": None, "paused": False, "touches": later}},
        kommo=kommo,
        answers=[("form", 200)],
        memory={"crm": BOUND},
        ended_at=NOON + 30,
    )


def at(seconds: float) -> str:
    return datetime.fromtimestamp(NOON + seconds, UTC).isoformat()


def in_kommo(number: int, lead: int, contact: int = 7) -> dict[str, Any]:
    return {"id": number, "name": f"Ana #{lead}", "contact_id": contact, "status_id": 60_000_001}


def a_note(action: dict[str, Any]) -> dict[str, Any]:
    return {"entity_id": 50, "params": {"text": f"Algo\n · {action['event_id'][-12:]}"}}


def sends(record: Record, step: str, channel: str, *times: float, to: str = "") -> None:
    """Has the step made and recorded, by one touch for each of these times."""
    address = to or (ANA.email if channel == "email" else ANA.phone)
    for seconds in times:
        detail = about(step, channel, f"{step} {channel} {seconds}")
        record.actions[1].append(an_action("touch.sent", seconds, **detail))
        record.touches.append(Touch(detail["touch_id"], channel, address, NOON + seconds, ""))


def happens(record: Record, what: str, seconds: float, **detail: Any) -> None:
    record.lives[0].moments.append(Moment(what, NOON + seconds, detail))


def logs(record: Record, action: str, seconds: float, **detail: Any) -> None:
    record.actions[1].append(an_action(action, seconds, **detail))


def without(record: Record, action: str, step: str) -> None:
    """Takes the step's actions of this name out of the log."""
    record.actions[1] = [
        entry
        for entry in record.actions[1]
        if not (entry["action"].startswith(action) and entry["detail"].get("step") == step)
    ]


# ---- one way to break each


def not_called_again(record: Record) -> None:
    without(record, "call.", "welcome_call")
    logs(
        record,
        "call.unanswered",
        4,
        step="welcome_call",
        reason="busy",
        touch_id="welcome_call call",
    )


def called_once_reached(record: Record) -> None:
    sends(record, "welcome_call_2", "call", 27)


def refused(record: Record) -> None:
    record.lives[0].submissions[0].status = 422


def answered_otherwise(record: Record) -> None:
    record.lives[0].submissions[0].repeats.append(Repeat(False, 200, 2))


def accepted_under_a_used_key(record: Record) -> None:
    record.lives[0].submissions[0].repeats.append(Repeat(True, 200, 2))


def comes_by(record: Record, door: str) -> None:
    record.lives[0].submissions[0].door = door


def lost_at_a_door(record: Record) -> None:
    comes_by(record, "google")
    record.lives[0].submissions[0].lead_id = 0


def two_leads_of_one_form(record: Record) -> None:
    record.kommo["leads"].append(in_kommo(51, 2) | {"name": f"{ANA.name} #2"})


def contacted_though_only_kept(record: Record) -> None:
    comes_by(record, "file_kept")


def called_though_she_wrote(record: Record) -> None:
    comes_by(record, "whatsapp")


def not_welcomed(record: Record) -> None:
    without(record, "touch.", "welcome_call")


def called_twice_for_one_reason(record: Record) -> None:
    record.touches.append(record.touches[1])


def called_twice_a_day(record: Record) -> None:
    sends(record, "welcome_call", "call", 27, 38)


def mailed_twice_a_day(record: Record) -> None:
    sends(record, "day_6", "email", 27)
    sends(record, "day_9", "email", 38)


def welcomed_again(record: Record) -> None:
    sends(record, "welcome_email", "email", 60)


def made_again(record: Record) -> None:
    sends(record, "day_3", "whatsapp", 60)


def sent_to_somebody_else(record: Record) -> None:
    record.touches[2] = replace(record.touches[2], to=BETO.phone)


def followed_up_after_a_stop(record: Record) -> None:
    happens(record, "writes", 5, text="BAJA")


def followed_up_after_a_refusal(record: Record) -> None:
    logs(record, "reply.received", 5, intent="no_interest")


def followed_up_during_a_pause(record: Record) -> None:
    logs(record, "lead.paused", 5, by="ana")


def followed_up_after_a_booking(record: Record) -> None:
    books(record)


def books(record: Record) -> None:
    happens(record, "books", 5, uid="m1", start=NOON + 60)
    logs(record, "lead.booked", 5, booking=MEETING, revision=1)


def sent_during_a_pause(record: Record) -> None:
    record.troubles += [
        ("outbound_is_paused is over", NOON + 18),
        ("outbound_is_resumed", NOON + 28),
    ]


def booked_unknown(record: Record) -> None:
    happens(record, "books", 5, uid="m1", start=NOON + 60)


def cancelled_by_nobody(record: Record) -> None:
    books(record)
    logs(record, "booking.cancelled", 8, booking=MEETING, revision=2, reason="")


def shared_with_another(record: Record) -> None:
    record.lives[1] = Life(BETO, [a_form(BETO, 1)])


def cancelled_in_silence(record: Record) -> None:
    books(record)
    happens(record, "cancels", 8)
    logs(record, "booking.cancelled", 8, booking=MEETING, revision=2, reason="")


def moved_in_silence(record: Record) -> None:
    books(record)
    happens(record, "moves", 8, uid="m2", start=NOON + 90)
    logs(record, "booking.rescheduled", 8, booking=MEETING | {"uid": "m2"}, revision=2)


def not_confirmed(record: Record) -> None:
    books(record)
    for step in ("confirmation", "confirmation_email", "reminder"):
        logs(record, "touch.skipped", 6, **about(step, "email"), reason="not_booked")


def asked_how_it_was(record: Record) -> None:
    happens(record, "does_not_come", 25, uid="m1")
    sends(record, "after_meeting", "email", 28)
    due = about("after_meeting", "email", "after_meeting email 28")
    logs(record, "touch.due", 27, **due, booking=MEETING)


def written_to_at_night(record: Record) -> None:
    record.touches[2] = replace(record.touches[2], at=NOON + 12 * 3600)


def called_on_a_holiday(record: Record) -> None:
    record.touches[1] = replace(record.touches[1], at=NOON + 13 * 24 * 3600)


def mailed_on_a_sunday(record: Record) -> None:
    sends(record, "day_6", "email", 5 * 24 * 3600)


def called_by_satellite(record: Record) -> None:
    record.touches.append(Touch("t", "call", "+88161230000", NOON, ""))


def step_forgotten(record: Record) -> None:
    record.plans[1]["touches"].pop()


def step_overdue(record: Record) -> None:
    record.plans[1]["touches"][0]["due_at"] = at(10)


def deferred_for_ever(record: Record) -> None:
    logs(record, "touch.deferred", 5, **about("welcome_call", "call"), reason="hours")


def due_and_no_more(record: Record) -> None:
    without(record, "touch.sent", "day_3")
    without(record, "touch.delivered", "day_3")


def nothing_after_the_call(record: Record) -> None:
    logs(record, "call.unanswered", 4, touch_id="welcome_call call", step="welcome_call")


def no_link(record: Record) -> None:
    logs(record, "reply.received", 5, intent="wants_link", channel="call")


def nothing_after_whatsapp(record: Record) -> None:
    logs(record, "touch.failed", 24, **about("day_3", "whatsapp"), kind="unreachable")


def slow(record: Record) -> None:
    record.touches[1] = replace(record.touches[1], at=NOON + 10)


def twice_in_kommo(record: Record) -> None:
    record.kommo["leads"].append(in_kommo(51, 1))


def in_another_stage(record: Record) -> None:
    record.kommo["leads"][0]["status_id"] = 60_000_002


def noted_twice(record: Record) -> None:
    record.kommo["notes"].append(record.kommo["notes"][0])


def two_contacts(record: Record) -> None:
    record.lives[0].submissions.append(a_form(ANA, 2))
    record.actions[2] = []
    record.kommo["leads"].append(in_kommo(51, 2, contact=8))


def not_noted(record: Record) -> None:
    record.kommo["notes"].pop(1)


def sent_and_never_made(record: Record) -> None:
    record.touches.pop()


def made_and_not_recorded(record: Record) -> None:
    record.touches.append(Touch("unknown", "sms", ANA.phone, NOON, ""))


def delivered_unknown(record: Record) -> None:
    record.touches[2] = replace(record.touches[2], outcome="undelivered")


def logged_twice(record: Record) -> None:
    record.actions[1].append(record.actions[1][0] | {"id": 1000})


def sent_by_two_events(record: Record) -> None:
    logs(record, "touch.sent", 2, **about("welcome_email", "email"))


def paused_unknown(record: Record) -> None:
    happens(record, "is_paused", 5)


def mailed_in_doubt(record: Record) -> None:
    logs(record, "address.suspended", 3, doubtful=True)
    sends(record, "day_6", "email", 28)


def mailed_in_vain(record: Record) -> None:
    logs(record, "address.suspended", 3, doubtful=False, channel="email")
    sends(record, "day_6", "email", 28)


def too_fast_for_kommo(record: Record) -> None:
    record.kommo_asked = [NOON + number / 20 for number in range(8)]


def in_circles(record: Record) -> None:
    for _ in range(EVENTS):
        logs(record, "touch.held", 5, **about("day_6", "email"))


def answered_500(record: Record) -> None:
    record.answers.append(("form", 500))


def believed(record: Record) -> None:
    record.forged.append(("/webhooks/twilio/inbound", 200))


def name_in_a_log(record: Record) -> None:
    record.logs = f"hello {ANA.name}"


def email_in_a_log(record: Record) -> None:
    record.logs = '{"action": "touch.sent", "to": "ANA@example.com"}'


def email_in_a_url(record: Record) -> None:
    record.logs = "GET /v3/smtp/emails?email=ana%40example.com"


def phone_in_a_log(record: Record) -> None:
    record.logs = "could not call 525512340000"


def phone_as_typed_in_a_log(record: Record) -> None:
    record.lives[0].submissions[0].form["telefono"] = " 0052 55 1234 0000"
    record.logs = "no number: 52 55 1234 0000"


def phone_in_the_audit_log(record: Record) -> None:
    logs(record, "reply.received", 5, text=f"llámame al {ANA.phone}")


def not_erased(record: Record) -> None:
    record.remains.append((0, "notify.texts"))


def grown(record: Record) -> None:
    record.memory["crm"] = BOUND + 1


def left_in_a_queue(record: Record) -> None:
    record.depths["crm.leads"] = 1


def dead(record: Record) -> None:
    letter = {"queue": "crm.leads", "topic": "lead.created", "error": "bug", "lead_id": 1}
    record.dead_letters.append(letter)


BROKEN: dict[str, tuple[Callable[[Record], None], ...]] = {
    "every_form_is_answered": (refused,),
    "a_form_that_is_repeated_gets_its_first_answer": (
        answered_otherwise,
        accepted_under_a_used_key,
    ),
    "every_door_brings_one_lead": (lost_at_a_door, two_leads_of_one_form),
    "who_is_only_kept_is_not_contacted": (contacted_though_only_kept,),
    "who_writes_first_is_answered_where_they_wrote": (called_though_she_wrote,),
    "every_accepted_form_has_its_first_contact": (not_welcomed,),
    "nothing_is_made_twice": (called_twice_for_one_reason,),
    "nobody_is_reached_more_often_than_a_day_allows": (called_twice_a_day, mailed_twice_a_day),
    "a_form_is_answered_by_one_welcome": (welcomed_again,),
    "every_step_is_made_once": (made_again,),
    "nothing_goes_to_an_address_of_somebody_else": (sent_to_somebody_else,),
    "nobody_who_ended_it_is_followed_up": (followed_up_after_a_stop,),
    "what_a_reply_asks_for_is_kept": (followed_up_after_a_refusal, followed_up_during_a_pause),
    "nothing_leaves_while_outbound_is_paused": (sent_during_a_pause,),
    "nobody_who_booked_is_followed_up": (followed_up_after_a_booking,),
    "every_booking_is_known": (booked_unknown,),
    "the_log_has_the_calendars_meetings": (books,),
    "a_meeting_changes_only_by_its_own_person": (cancelled_by_nobody,),
    "two_people_are_two_leads": (shared_with_another,),
    "a_booking_has_its_touches": (books, not_confirmed),
    "a_cancellation_is_confirmed": (cancelled_in_silence,),
    "a_moved_meeting_is_confirmed_and_reminded_of": (moved_in_silence,),
    "who_did_not_come_is_not_asked_how_it_was": (asked_how_it_was,),
    "nothing_leaves_outside_its_hours": (written_to_at_night, called_on_a_holiday),
    "no_mail_of_the_follow_up_leaves_outside_its_hours": (mailed_on_a_sunday,),
    "nobody_is_called_in_no_country": (called_by_satellite,),
    "every_step_has_an_end": (step_forgotten, step_overdue),
    "what_was_deferred_is_planned": (deferred_for_ever,),
    "every_touch_that_was_due_has_an_end": (due_and_no_more,),
    "an_unanswered_call_is_followed_by_a_message": (nothing_after_the_call,),
    "who_is_not_reached_is_called_again_until_they_are": (not_called_again, called_once_reached),
    "who_asks_for_the_link_gets_it": (no_link,),
    "a_message_that_failed_goes_by_the_next_channel": (nothing_after_whatsapp,),
    "the_first_contact_is_fast": (slow,),
    "kommo_shows_what_happened": (twice_in_kommo, in_another_stage, noted_twice),
    "kommo_has_one_contact_of_a_person": (two_contacts,),
    "kommo_has_a_note_of_what_happened": (not_noted,),
    "the_log_and_the_providers_agree": (sent_and_never_made, made_and_not_recorded),
    "the_log_knows_what_became_of_a_message": (delivered_unknown,),
    "the_log_has_everything_once": (logged_twice, sent_by_two_events),
    "the_log_tells_what_people_did": (paused_unknown,),
    "a_doubtful_mailbox_gets_no_more_mail": (mailed_in_doubt,),
    "a_dead_address_gets_nothing_more": (mailed_in_vain,),
    "kommo_is_asked_at_its_pace": (too_fast_for_kommo,),
    "no_lead_goes_in_circles": (in_circles,),
    "no_answer_is_an_error": (answered_500,),
    "nobody_but_a_provider_is_believed": (believed,),
    "nothing_private_is_in_a_log": (
        name_in_a_log,
        email_in_a_log,
        email_in_a_url,
        phone_in_a_log,
        phone_as_typed_in_a_log,
        phone_in_the_audit_log,
    ),
    "nothing_is_left_of_an_erased_person": (not_erased,),
    "no_process_grows": (grown,),
    "nothing_is_left_over": (left_in_a_queue, dead),
}
WAYS: list[tuple[str, Callable[[Record], None]]] = []
for _name, _ways in BROKEN.items():
    WAYS += [(_name, way) for way in _ways]


def test_a_good_record_breaks_no_promise() -> None:
    assert breaches(a_good_record()) == []


def test_every_promise_can_be_broken() -> None:
    assert list(BROKEN) == [promise.__name__ for promise in PROMISES]


@pytest.mark.parametrize(("name", "way"), WAYS, ids=[way.__name__ for _, way in WAYS])
def test_a_promise_is_broken(name: str, way: Callable[[Record], None]) -> None:
    [promise] = [promise for promise in PROMISES if promise.__name__ == name]
    record = a_good_record()
    way(record)

    assert list(promise(Evidence(record)))
