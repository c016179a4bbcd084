"""What we promise, each as a function that yields where a storm broke it."""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tests.memory import BOUND
from tests.storm.places import CALLS, MESSAGES, is_open, is_waking, place_of
from tests.storm.player import addresses_in, addresses_of, named_leads, personal_data
from tests.storm.record import Life, Moment, Record, Submission, Touch

FIRST_CONTACT = ("welcome_email", "welcome_call")
LAST = ("day_12", "day_13")  # the last step of the journey file, and of the one published later
FOLLOW_UP = ("day_3", "day_6", "day_9", *LAST)
# the further calls to whom the one before did not reach, by its step
NEXT_ATTEMPT = {"welcome_call": "welcome_call_2", "welcome_call_2": "welcome_call_3"}
CALL_STEPS = ("welcome_call", *NEXT_ATTEMPT.values())
NOT_REACHED = ("busy", "no_answer", "voicemail", "hung_up", "unsure")
UNASKED = (*FOLLOW_UP, *NEXT_ATTEMPT.values())
FIRST_SECONDS = 5.0  # from the answer to the form to the request to the provider
PERMIT_SECONDS = 10.0  # as long a follow-up that was being sent may still leave
TROUBLE_SECONDS = 12.0  # after a trouble, retries and restarts may still delay
DAY = 20.0  # seconds of the storm's days, the first of which began in 1970
BY_MESSAGE = "whatsapp"  # the door of those who write first
ONLY_KEPT = "file_kept"  # the door of those who are imported without a journey
FIRST_MAILS = ("welcome_email",)  # what names a meeting ahead answers what they just did
# what one number or mailbox gets once a day at most
DAILY = {
    "call that nobody asked for": ("call", CALL_STEPS),
    "follow-up by WhatsApp": ("whatsapp", FOLLOW_UP),
    "follow-up by SMS": ("sms", FOLLOW_UP),
    "first mail": ("email", FIRST_MAILS),
    "follow-up by mail": ("email", FOLLOW_UP),
}
SENDING_SECONDS = 6.0  # from the decision to send until the provider has the request
# what a provider's last word on a message is in the log
OUTCOMES = {
    "delivered": "touch.delivered",
    "read": "touch.delivered",
    "undelivered": "touch.failed",
    "failed": "touch.failed",
}
ONCE_IN_THE_LOG = ("lead.created", "lead.registered", "lead.erased", "cadence.finished")
NOTED = ("touch.sent", "call.answered", "call.unanswered", "lead.booked")
PAUSE_SECONDS = 3.0  # from the answer to an operator's pause until nothing leaves
KOMMO_PACE = 7  # requests a second
LATE_SECONDS = 0.4  # by which a request may arrive later than it was sent
SOFT_BOUNCES = 3  # in a row make a mailbox doubtful
EVENTS = 150  # of one lead
KOMMO = {"initial": 60_000_001, "booked": 60_000_002}
UNSETTLED = {"booking.cancelled", "lead.superseded"}  # which leave the stage to what came when
SILENCING = ("no_interest", "wish", "not_now", "wants_call", "meeting_change", "review")
HOPELESS = ("bad_address", "opted_out")  # after which no other channel is tried
REMINDER_SECONDS = 15.0
# after these another meeting, or none, is reminded of
CHANGES_A_MEETING = {
    "booking.cancelled",
    "booking.rescheduled",
    "booking.updated",
    "lead.closed",
    "lead.erased",
}
CHANGED_MEETINGS = ("booking.rescheduled", "booking.updated")
# what the audit log calls what somebody did
LOGGED_AS = {
    "books": {"lead.booked"},
    "cancels": {"booking.cancelled", "booking.updated"},  # a whole booking, or a date of a series
    "is_stopped": {"lead.opted_out"},
    "is_erased": {"lead.erased"},
    "is_paused": {"lead.paused"},
    "is_resumed": {"lead.resumed"},
    "is_closed_in_kommo": {"lead.closed"},
    "unsubscribes": {"lead.opted_out", "lead.needs_attention"},
    "writes": {"lead.opted_out", "reply.received", "lead.needs_attention"},
}
ENDINGS = ("baja", "stop", "alto", "cancelar", "no me escriban")
Broken = tuple[str, int | None]  # what was seen, and the person


@dataclass(frozen=True)
class Breach:
    promise: str
    who: int | None
    seen: str

    def __str__(self) -> str:
        person = "" if self.who is None else f" Person {self.who}:"
        return f"{self.promise}{person} {self.seen}"


class Evidence:
    """The record, with what every promise looks up."""

    def __init__(self, record: Record) -> None:
        self.record = record
        self.lives = list(record.lives.values())
        self.by_touch: dict[str, list[Touch]] = defaultdict(list)
        for touch in record.touches:
            self.by_touch[touch.touch_id].append(touch)
        self.steps: dict[str, str] = {}
        self.lead_of: dict[str, int] = {}
        self.bookings: dict[str, str] = {}
        self.meetings: dict[str, str] = {}
        for actions in record.actions.values():
            for action in actions:
                if "touch_id" in action["detail"]:
                    self.steps[action["detail"]["touch_id"]] = action["detail"]["step"]
                    self.lead_of[action["detail"]["touch_id"]] = action["lead_id"]
                if action["action"] == "touch.due" and action["detail"]["booking"]:
                    booking = action["detail"]["booking"]
                    self.bookings[action["detail"]["touch_id"]] = booking["uid"]
                    self.meetings[action["detail"]["touch_id"]] = _announced(booking)

    def actions(self, life: Life) -> list[dict[str, Any]]:
        """Returns the actions of all the person's leads, each once."""
        found: dict[int, dict[str, Any]] = {}
        for lead in life.leads:
            found |= {action["id"]: action for action in self.record.actions[lead]}
        return [found[number] for number in sorted(found)]

    def names(self, life: Life) -> set[str]:
        return {action["action"] for action in self.actions(life)}

    def touches(self, life: Life) -> list[Touch]:
        """Returns the person's touches: those at their addresses, but for those of another's lead.

        Two people may give the same address.
        """
        addresses = addresses_of(life)
        own = self.own_leads(life)
        return [
            touch
            for touch in self.record.touches
            if touch.to in addresses and self.lead_of.get(touch.touch_id) in {*own, None}
        ]

    def own_leads(self, life: Life) -> set[int]:
        """Returns the leads that the person's forms came to; some joined an earlier one."""
        return {action["lead_id"] for action in self.actions(life)} | set(life.leads)

    def step_of(self, touch: Touch) -> str:
        return self.steps.get(touch.touch_id, "")

    def calm(self, begin: float, end: float) -> bool:
        """Returns whether nothing had gone wrong shortly before, or did meanwhile."""
        return not any(begin - TROUBLE_SECONDS <= at <= end for _, at in self.record.troubles)


def _announced(booking: dict[str, Any]) -> str:
    """Returns the meeting that a touch is about, and the dates that it may list."""
    listed = [booking, *booking["series"]]
    return ", ".join(f"{meeting['uid']} {meeting['starts_at']}" for meeting in listed)


def clock(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)


# ---- the promises


def every_form_is_answered(seen: Evidence) -> Iterator[Broken]:
    """Every form gets an answer, and a form with a name and an address is accepted."""
    for life in seen.lives:
        for submission in life.submissions:
            if submission.status != 200:
                yield f"the form {submission.form} was answered {submission.status}", _who(life)


def every_door_brings_one_lead(seen: Evidence) -> Iterator[Broken]:
    """Who comes by a platform, a message or a file is one lead, however often we are told."""
    for life in seen.lives:
        for submission in life.submissions:
            if submission.door != "form" and not submission.lead_id and not _erased(life):
                yield f"no lead came by {submission.door}", _who(life)
        more = named_leads(seen.record.kommo, life.person) - seen.own_leads(life)
        if more and not _erased(life):
            yield f"besides theirs, Kommo has the leads {sorted(more)}", _who(life)


def who_is_only_kept_is_not_contacted(seen: Evidence) -> Iterator[Broken]:
    """Who is imported to be kept is not contacted, until they send a form themselves."""
    for life in seen.lives:
        if all(submission.door == ONLY_KEPT for submission in life.submissions):
            for touch in seen.touches(life):
                yield f"{seen.step_of(touch)} by {touch.channel} left", _who(life)


def who_writes_first_is_answered_where_they_wrote(seen: Evidence) -> Iterator[Broken]:
    """Who writes first, and sends no form, is not called to be welcomed."""
    for life in seen.lives:
        if all(submission.door == BY_MESSAGE for submission in life.submissions):
            for touch in seen.touches(life):
                if touch.channel == "call":
                    yield f"{seen.step_of(touch)} called them", _who(life)


def a_form_that_is_repeated_gets_its_first_answer(seen: Evidence) -> Iterator[Broken]:
    """A form sent again gets its first answer, and another one under its key is refused."""
    for life in seen.lives:
        for submission in life.submissions:
            for repeat in submission.repeats:
                answer = (repeat.status, repeat.lead_id)
                if answer != ((409, 0) if repeat.is_changed else (200, submission.lead_id)):
                    again = "another form" if repeat.is_changed else "the same form"
                    yield f"{again} under the key of {submission.lead_id} got {answer}", _who(life)


def every_accepted_form_has_its_first_contact(seen: Evidence) -> Iterator[Broken]:
    """Every accepted form has its first contact, or a reason that the console names."""
    for life in seen.lives:
        # who was erased and comes back is answered again
        since = life.first("is_erased") or 0.0
        accepted = [form for form in life.submissions if form.lead_id and form.sent_at > since]
        if not accepted:
            continue
        ended = {
            action["detail"]["step"]
            for action in seen.actions(life)
            if action["action"].startswith("touch.")
            and action["action"] != "touch.due"
            and _seconds(action) > since
        }
        for step in _first_steps(accepted[0]):
            # a message that its person's form overtook joins their lead, as a reply
            if step == "first_message" and "reply.received" in seen.names(life):
                continue
            if ended.isdisjoint({step, "already_booked"}):
                yield f"nothing is known of {step}; actions {sorted(seen.names(life))}", _who(life)


def _first_steps(submission: Submission) -> Iterator[str]:
    """Yields the steps with which the submission is answered."""
    if submission.door == BY_MESSAGE:
        yield "first_message"
    elif submission.door != ONLY_KEPT:
        if "email" in submission.form:
            yield "welcome_email"
        if "telefono" in submission.form:
            yield "welcome_call"


def nothing_is_made_twice(seen: Evidence) -> Iterator[Broken]:
    """Nobody is called, written to or mailed twice for the same reason."""
    for touch_id, touches in seen.by_touch.items():
        steps = seen.steps.get(touch_id, "")
        allowed = 2 if steps == "reminder" else 1  # twice is better than not at all
        if len(touches) > allowed:
            times = ", ".join(f"{touch.channel} at {touch.at:.1f}" for touch in touches)
            yield (
                f"touch {touch_id} ({steps}) was made {len(touches)} times: {times}",
                _owner(seen, touches[0]),
            )


def nobody_is_reached_more_often_than_a_day_allows(seen: Evidence) -> Iterator[Broken]:
    """A number gets one unasked call and one follow-up text per channel a day, a mailbox one mail.

    A request may reach its provider a little after the day in which it was decided.
    """
    for what, (channel, steps) in DAILY.items():
        by_day: dict[tuple[str, int], list[Touch]] = defaultdict(list)
        for touches in seen.by_touch.values():
            touch = touches[0]
            is_settled = touch.at % DAY > SENDING_SECONDS
            if touch.channel == channel and seen.step_of(touch) in steps and is_settled:
                by_day[touch.to.lower(), int(touch.at // DAY)].append(touch)
        for touches in by_day.values():
            if len(touches) > 1:
                times = ", ".join(f"{touch.at:.1f}" for touch in touches)
                yield f"{len(touches)} times a {what} in a day: {times}", _owner(seen, touches[0])


def a_form_is_answered_by_one_welcome(seen: Evidence) -> Iterator[Broken]:
    """Each form gets one welcome at most, however often it had to be sent."""
    for life in seen.lives:
        welcomed = Counter(
            touches[0].to
            for touches in seen.by_touch.values()
            if seen.step_of(touches[0]) in FIRST_MAILS
            and seen.lead_of[touches[0].touch_id] in seen.own_leads(life)
        )
        for address, count in welcomed.items():
            forms = [
                submission
                for submission in life.submissions
                if submission.lead_id and address in addresses_in(submission.form)
            ]
            if count > len(forms):
                yield f"{len(forms)} forms were welcomed {count} times", _who(life)


def every_step_is_made_once(seen: Evidence) -> Iterator[Broken]:
    """A step is made once by each channel, for each run of the journey and each meeting's hour."""
    made: dict[tuple[Any, ...], set[str]] = defaultdict(set)
    for life in seen.lives:
        announced: dict[tuple[int, str], str] = {}  # a message that follows another is about its
        for action in seen.actions(life):
            detail = action["detail"]
            if action["action"] == "touch.due":
                meeting = seen.meetings.get(detail["touch_id"], "")
                announced[action["lead_id"], detail["step"]] = meeting
            if action["action"] == "touch.sent":
                about = seen.meetings.get(detail["touch_id"]) or announced.get(
                    (action["lead_id"], detail["step"]), ""
                )
                name = (action["lead_id"], detail["step"], detail["channel"], detail["run"], about)
                made[name].add(detail["touch_id"])
    for (lead, step, channel, *_), touch_ids in made.items():
        if len(touch_ids) > 1:
            yield f"{step} of lead {lead} was made {len(touch_ids)} times by {channel}", None


def nothing_goes_to_an_address_of_somebody_else(seen: Evidence) -> Iterator[Broken]:
    """What is sent for a lead goes to an address that its own person gave."""
    owners: dict[int, Life] = {}
    for life in seen.lives:
        owners |= dict.fromkeys(seen.own_leads(life), life)
    for touch in seen.record.touches:
        owner = owners.get(seen.lead_of.get(touch.touch_id, 0))
        if owner is not None and touch.to not in addresses_of(owner):
            yield f"{seen.step_of(touch)} by {touch.channel} went to another's address", _who(owner)


def nobody_who_ended_it_is_followed_up(seen: Evidence) -> Iterator[Broken]:
    """After a stop or a close, no follow-up leaves."""
    for life in seen.lives:
        ends = [moment for moment in life.moments if _is_end(moment)]
        if not ends:
            continue
        end = min(ends, key=lambda moment: moment.at)
        # a form after a stop is a new lead
        if any(submission.answered_at > end.at for submission in life.submissions):
            continue
        ended = _ended_leads(seen, life, end)
        for touch in seen.touches(life):
            after = touch.at - end.at
            concerned = seen.lead_of.get(touch.touch_id) in ended
            if concerned and seen.step_of(touch) in UNASKED and after > PERMIT_SECONDS:
                step = f"{seen.step_of(touch)} by {touch.channel}"
                yield f"{step} left {after:.1f} s after {end.what} {end.detail}", _who(life)


def what_a_reply_asks_for_is_kept(seen: Evidence) -> Iterator[Broken]:
    """After "no gracias", a wish or a pause, no follow-up leaves until that is taken back."""
    for life in seen.lives:
        for lead in life.leads:
            for since, until, intent in _silences(seen.record.actions[lead]):
                for touch in seen.touches(life):
                    is_follow_up = seen.step_of(touch) in UNASKED
                    own = is_follow_up and seen.lead_of.get(touch.touch_id) == lead
                    if own and since + PERMIT_SECONDS < touch.at < until:
                        after = touch.at - since
                        yield f"{seen.step_of(touch)} left {after:.1f} s after {intent}", _who(life)


def _silences(actions: list[dict[str, Any]]) -> Iterator[tuple[float, float, str]]:
    """Yields from when until when a reply or an operator forbids a follow-up, and the cause."""
    ends = ("lead.resumed", "lead.restored", "lead.updated")
    for action in actions:
        intent = action["detail"].get("intent", "")
        if action["action"] == "lead.paused":
            intent = "a pause"
        elif action["action"] != "reply.received" or intent not in SILENCING:
            continue
        since = _seconds(action)
        later = [_seconds(other) for other in actions if other["action"] in ends]
        yield since, min((at for at in later if at > since), default=float("inf")), intent


def _seconds(action: dict[str, Any]) -> float:
    return datetime.fromisoformat(action["at"]).timestamp()


def nothing_leaves_while_outbound_is_paused(seen: Evidence) -> Iterator[Broken]:
    """Once an operator has paused outbound, nothing leaves until it is resumed."""
    troubles = sorted(seen.record.troubles, key=lambda trouble: trouble[1])
    for what, paused_at in troubles:
        if what != "outbound_is_paused is over":
            continue
        since = paused_at + PAUSE_SECONDS
        later = [at for name, at in troubles if name == "outbound_is_resumed" and at > paused_at]
        until = min(later, default=since)
        others = [at for name, at in troubles if not name.startswith("outbound")]
        if any(paused_at - TROUBLE_SECONDS < at < until for at in others):
            continue
        for touch in seen.record.touches:
            if since < touch.at < until:
                step = f"{seen.step_of(touch)} by {touch.channel}"
                yield f"{step} left {touch.at - paused_at:.1f} s after it", _owner(seen, touch)


def nobody_who_booked_is_followed_up(seen: Evidence) -> Iterator[Broken]:
    """While a meeting lies ahead or has been held, no follow-up leaves."""
    for life in seen.lives:
        if not life.first("books", "takes_a_seat", "is_a_guest") or _gave_up(seen, life):
            continue
        registered = [
            action["at"] for action in seen.actions(life) if action["action"] == "lead.booked"
        ]
        if not registered:
            continue
        # crm's clock may be wrong
        booked_at = life.first("books", "takes_a_seat", "is_a_guest") or 0.0
        known = max(datetime.fromisoformat(registered[0]).timestamp(), booked_at)
        for touch in seen.touches(life):
            if seen.step_of(touch) in UNASKED and touch.at > known + PERMIT_SECONDS:
                yield (
                    f"{seen.step_of(touch)} left {touch.at - known:.1f} s after the booking",
                    _who(life),
                )


def _gave_up(seen: Evidence, life: Life) -> bool:
    """Returns whether the person cancelled, or may have been a guest of one who did."""
    if life.first("is_a_guest"):
        return "booking.cancelled" in seen.names(life)
    return life.first("cancels", "gives_up_their_seat") is not None


def every_booking_is_known(seen: Evidence) -> Iterator[Broken]:
    """A booking by our link is its person's, whatever email it names; so is a seat they took."""
    for life in seen.lives:
        if not life.leads or _gave_up(seen, life) or life.first("is_erased"):
            continue
        if life.first("books", "takes_a_seat") and "lead.booked" not in seen.names(life):
            yield f"the booking is not known; actions {sorted(seen.names(life))}", _who(life)


def the_log_has_the_calendars_meetings(seen: Evidence) -> Iterator[Broken]:
    """The meetings that the log says last are the calendar's: each date, and no other one."""
    calendar = {booked["uid"]: booked for booked in seen.record.calendar}
    for life in seen.lives:
        for lead in seen.own_leads(life):
            meetings = _meetings_in_the_log(seen.record.actions.get(lead, []))
            accepted = {uid: booked for uid, booked in calendar.items() if _is_accepted(booked)}
            expected = {
                uid: _instant(accepted[uid]["start"]) for uid in meetings if uid in accepted
            }
            series = {calendar[uid]["series"] for uid in meetings if uid in calendar} - {None}
            expected |= {
                uid: _instant(booked["start"])
                for uid, booked in accepted.items()
                if booked["series"] in series
            }
            if meetings != expected and not life.first("is_erased"):
                yield f"the log says {meetings}, the calendar {expected}", _who(life)


def _meetings_in_the_log(actions: list[dict[str, Any]]) -> dict[str, float]:
    """Returns the lead's meetings by uid, each with its start."""
    published = [
        action["detail"]
        for action in actions
        if action["action"] in ("lead.booked", "booking.cancelled", *CHANGED_MEETINGS)
    ]
    last = max(published, key=lambda detail: detail["revision"], default=None)
    if last is None or "reason" in last:
        return {}
    booking = last["booking"]
    return {
        meeting["uid"]: _instant(meeting["starts_at"]) for meeting in booking["series"] or [booking]
    }


def _is_accepted(booked: dict[str, Any]) -> bool:
    return bool(booked["status"] == "ACCEPTED")


def _instant(written: str) -> float:
    return round(datetime.fromisoformat(written).timestamp(), 1)


def a_meeting_changes_only_by_its_own_person(seen: Evidence) -> Iterator[Broken]:
    """A meeting that somebody keeps is neither moved nor cancelled by what others do."""
    for life in seen.lives:
        if not life.first("books", "takes_a_seat") or life.first("is_a_guest", "is_erased"):
            continue
        names = seen.names(life)
        if "booking.cancelled" in names and not _gave_up(seen, life):
            yield "the meeting was cancelled, and not by them", _who(life)
        if "booking.rescheduled" in names and not life.first("moves", "moves_their_seat"):
            yield "the meeting was moved, and not by them", _who(life)


def nothing_leaves_outside_its_hours(seen: Evidence) -> Iterator[Broken]:
    """No call or message that nobody asked for comes at night, or outside the step's hours."""
    for touch in seen.record.touches:
        step = seen.step_of(touch)
        if not touch.to.startswith("+"):
            continue
        place = place_of(touch.to)
        at = clock(touch.at)
        if step in CALL_STEPS and touch.channel == "call":
            is_fine = is_open(at, place, CALLS)
        elif step in FOLLOW_UP or step == "no_show":
            is_fine = is_open(at, place, MESSAGES)
        elif step in ("welcome_call", "reminder"):
            is_fine = is_waking(at, place)
        else:
            continue
        if not is_fine:
            yield (
                f"{step} by {touch.channel} reached {place.name} at {at:%a %H:%M:%S} UTC",
                _owner(seen, touch),
            )


def no_mail_of_the_follow_up_leaves_outside_its_hours(seen: Evidence) -> Iterator[Broken]:
    """No mail of the follow-up comes outside the step's hours where its person lives."""
    for life in seen.lives:
        phones = {address for address in addresses_of(life) if address.startswith("+")}
        zones = {submission.form.get("zona_horaria") for submission in life.submissions}
        places = [place_of(phone) for phone in phones]
        if zones != {None} or len(places) != 1 or not places[0].zones or places[0].law:
            continue  # a law is about calls and messages
        for touch in seen.touches(life):
            is_follow_up = touch.channel == "email" and seen.step_of(touch) in FOLLOW_UP
            at = clock(touch.at)
            if is_follow_up and not is_open(at, places[0], MESSAGES):
                where = f"{places[0].name} at {at:%a %H:%M:%S} UTC"
                yield f"{seen.step_of(touch)} by email reached {where}", _who(life)


def nobody_is_called_in_no_country(seen: Evidence) -> Iterator[Broken]:
    """A number that belongs to no country that we serve is neither called nor written to."""
    for touch in seen.record.touches:
        if touch.to.startswith("+") and not place_of(touch.to).zones:
            step = f"{seen.step_of(touch)} by {touch.channel}"
            yield f"{step} went to a satellite", _owner(seen, touch)


def every_step_has_an_end(seen: Evidence) -> Iterator[Broken]:
    """Every step of the journey is there once, with an outcome, a reason, or an hour to come."""
    for life in seen.lives:
        if not life.leads or life.first("is_erased"):
            continue
        for lead in life.leads:
            plan = seen.record.plans.get(lead)
            if plan is None or plan["stopped"] or plan["paused"]:
                continue
            planned = {touch["step"]: touch["due_at"] for touch in plan["touches"]}
            known = {
                action["detail"].get("step")
                for action in seen.record.actions[lead]
                if action["action"].startswith("touch.") and action["action"] != "touch.due"
            }
            for step in FOLLOW_UP:
                if step in LAST and planned.keys() | known >= {_other_last(step)}:
                    continue
                if step in planned:
                    due = datetime.fromisoformat(planned[step]).timestamp()
                    if due < seen.record.ended_at - TROUBLE_SECONDS and step not in known:
                        late = seen.record.ended_at - due
                        yield f"lead {lead}: {step} is overdue by {late:.0f} s", _who(life)
                elif step not in known and not _left(seen, lead):
                    yield f"lead {lead}: {step} is neither planned nor done", _who(life)


def _other_last(step: str) -> str:
    [other] = set(LAST) - {step}
    return other


def what_was_deferred_is_planned(seen: Evidence) -> Iterator[Broken]:
    """A touch that was deferred has an hour to come, unless the lead left the follow-up."""
    for life in seen.lives:
        for lead in life.leads:
            plan = seen.record.plans.get(lead)
            if plan is None or plan["stopped"] or plan["paused"] or _left(seen, lead):
                continue
            last: dict[str, dict[str, Any]] = {}
            for action in seen.record.actions[lead]:
                if action["action"].startswith("touch."):
                    last[action["detail"]["touch_id"]] = action
            planned = {touch["step"] for touch in plan["touches"]}
            for action in last.values():
                step = action["detail"]["step"]
                late = seen.record.ended_at - _seconds(action)
                is_deferred = action["action"] == "touch.deferred" and late > TROUBLE_SECONDS
                if is_deferred and step not in planned and action["lead_id"] == lead:
                    yield f"lead {lead}: {step} was deferred, and is not planned", _who(life)


def every_touch_that_was_due_has_an_end(seen: Evidence) -> Iterator[Broken]:
    """What fell due was sent, or says why not."""
    for life in seen.lives:
        if life.first("is_erased"):
            continue
        known: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for action in seen.actions(life):
            if action["action"].startswith("touch."):
                known[action["detail"]["touch_id"]].append(action)
        for actions in known.values():
            if all(action["action"] == "touch.due" for action in actions):
                detail = actions[0]["detail"]
                yield f"{detail['step']} by {detail['channel']} fell due, and no more", _who(life)


def an_unanswered_call_is_followed_by_a_message(seen: Evidence) -> Iterator[Broken]:
    """Where the welcome call is not answered, a message follows, or a reason why not."""
    for life in seen.lives:
        if life.first("is_erased"):
            continue
        actions = seen.actions(life)
        unanswered = any(action["action"] == "call.unanswered" for action in actions)
        followed = any(
            action["action"].startswith("touch.")
            and action["detail"]["step"] == "welcome_call"
            and action["detail"]["channel"] in ("whatsapp", "sms")
            for action in actions
        )
        if unanswered and not followed:
            yield "nothing followed the call that was not answered", _who(life)


def the_first_contact_is_fast(seen: Evidence) -> Iterator[Broken]:
    """Where nothing is broken and the hours are open, the first contact leaves at once."""
    for life in seen.lives:
        if len(life.submissions) != 1 or not life.leads:
            continue
        [submission] = life.submissions
        begin = submission.sent_at
        end = submission.answered_at + FIRST_SECONDS
        if not seen.calm(begin, end) or submission.tries > 1:
            continue
        asked = {
            seen.step_of(touch): touch.at
            for touch in sorted(seen.touches(life), key=lambda touch: -touch.at)
            if touch.channel in ("call", "email") or submission.door == BY_MESSAGE
        }
        reasons = {
            action["detail"].get("step")
            for action in seen.actions(life)
            if action["action"] in ("touch.failed", "touch.skipped", "touch.held", "touch.deferred")
        }
        for step in _first_steps(submission):
            if step == "welcome_call" and not is_open(
                clock(end), place_of(life.person.phone), CALLS
            ):
                continue
            waited = asked.get(step, float("inf")) - submission.answered_at
            if waited > FIRST_SECONDS and step not in reasons:
                yield f"{step} was asked of the provider after {waited:.1f} s", _who(life)


def kommo_shows_what_happened(seen: Evidence) -> Iterator[Broken]:
    """Kommo has one lead for each of ours, in its stage, and no note twice."""
    leads = seen.record.kommo["leads"]
    named: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for lead in leads:
        named[str(lead["name"]).rpartition("#")[2]].append(lead)
    for life in seen.lives:
        if life.first("is_erased"):
            continue
        for number in life.leads:
            names = {action["action"] for action in seen.record.actions[number]}
            own = {action["lead_id"] for action in seen.record.actions[number]} or {number}
            shown: list[dict[str, Any]] = []
            for lead_id in own:
                shown += named.get(str(lead_id), [])
            times = len(shown)
            if "lead.registered" in names and times != 1:
                yield f"lead {number} is {times} times in Kommo", _who(life)
            if times == 1 and not names & UNSETTLED and not life.first("is_closed_in_kommo"):
                wanted = KOMMO["booked" if "lead.booked" in names else "initial"]
                stage = shown[0]["status_id"]
                if stage != wanted:
                    yield f"lead {number} is in stage {stage}, not {wanted}", _who(life)
            if "lead.registered" not in names and "lead.registration_failed" not in names:
                yield f"lead {number} was never registered in Kommo", _who(life)
    notes = seen.record.kommo["notes"]
    counted = Counter((note["entity_id"], note["params"]["text"]) for note in notes)
    for (lead, text), count in counted.items():
        if count > 1:
            yield f"Kommo's lead {lead} has {count} times the note {text[:60]!r}", None


def kommo_has_one_contact_of_a_person(seen: Evidence) -> Iterator[Broken]:
    """Forms with the same addresses are leads of one contact in Kommo, unless people change it."""
    contact_of = {
        str(lead["name"]).rpartition("#")[2]: lead["contact_id"]
        for lead in seen.record.kommo["leads"]
    }
    for life in seen.lives:
        if life.first("is_erased", "contact_is_deleted", "contact_is_merged"):
            continue
        contacts: dict[frozenset[str], set[int]] = defaultdict(set)
        for submission in life.submissions:
            if str(submission.lead_id) in contact_of:
                card = frozenset(addresses_in(submission.form))
                contacts[card].add(contact_of[str(submission.lead_id)])
        for found in contacts.values():
            if len(found) > 1:
                yield f"{len(found)} contacts have the same addresses", _who(life)


def the_log_and_the_providers_agree(seen: Evidence) -> Iterator[Broken]:
    """What the audit log says was sent is what the providers were asked for."""
    for life in seen.lives:
        if life.first("is_erased"):
            continue
        recorded = {
            action["detail"]["touch_id"]
            for action in seen.actions(life)
            if action["action"]
            in ("touch.sent", "touch.delivered", "touch.unresolved", "touch.uncertain")
        }
        sent = {
            action["detail"]["touch_id"]
            for action in seen.actions(life)
            if action["action"] == "touch.sent"
        }
        made = {touch.touch_id for touch in seen.touches(life)}
        for touch_id in sent - set(seen.by_touch):
            yield f"{seen.steps[touch_id]} is recorded as sent and was never made", _who(life)
        for touch_id in made - recorded:
            failed = any(
                action["detail"].get("touch_id") == touch_id
                and action["action"] in ("touch.failed", "touch.checked")
                for action in seen.actions(life)
            )
            if not failed:
                step = seen.steps.get(touch_id, "an unknown step")
                yield f"{step} was made and is not recorded ({touch_id})", _who(life)


def the_log_knows_what_became_of_a_message(seen: Evidence) -> Iterator[Broken]:
    """What the provider says became of a message is in the log, and not its contrary."""
    for life in seen.lives:
        if life.first("is_erased"):
            continue
        logged: dict[str, set[str]] = defaultdict(set)
        for action in seen.actions(life):
            logged[action["detail"].get("touch_id", "")].add(action["action"])
        for touch in seen.touches(life):
            expected = OUTCOMES.get(touch.outcome)
            if touch.channel not in ("whatsapp", "sms") or expected is None:
                continue
            [contrary] = set(OUTCOMES.values()) - {expected}
            known = logged[touch.touch_id]
            if expected not in known or contrary in known:
                step = f"{seen.step_of(touch)} by {touch.channel}"
                yield f"{step} was {touch.outcome}, and the log says {sorted(known)}", _who(life)


def the_log_has_everything_once(seen: Evidence) -> Iterator[Broken]:
    """No event is in the log twice, and no touch is sent, and no lead made, by two events."""
    for lead, actions in seen.record.actions.items():
        own = [action for action in actions if action["lead_id"] == lead]
        counted = Counter(action["event_id"] for action in own)
        counted |= Counter(
            action["action"] for action in own if action["action"] in ONCE_IN_THE_LOG
        )
        counted |= Counter(
            f"touch.sent {action['detail']['touch_id']}"
            for action in own
            if action["action"] == "touch.sent"
        )
        for what, count in counted.items():
            if count > 1:
                yield f"{what} is {count} times in the log of lead {lead}", None


def kommo_has_a_note_of_what_happened(seen: Evidence) -> Iterator[Broken]:
    """What was sent, answered or booked is a note in Kommo, which names its event."""
    texts: dict[str, str] = defaultdict(str)
    for note in seen.record.kommo["notes"]:
        texts[str(note["entity_id"])] += f"{note['params']['text']}\n"
    ids = {
        str(lead["name"]).rpartition("#")[2]: str(lead["id"]) for lead in seen.record.kommo["leads"]
    }
    for life in seen.lives:
        if life.first("is_erased"):
            continue
        first: dict[tuple[str, ...], dict[str, Any]] = {}
        for action in seen.actions(life):
            if action["action"] in NOTED and str(action["lead_id"]) in ids:
                about = action["detail"].get("touch_id") or action["event_id"]
                first.setdefault((action["action"], about), action)
        for action in first.values():
            event = action["event_id"][-12:]
            if event not in texts[ids[str(action["lead_id"])]]:
                yield f"no note of {action['action']} {event} ({action['detail']})", _who(life)


def kommo_is_asked_at_its_pace(seen: Evidence) -> Iterator[Broken]:
    """Kommo gets no more requests a second than it allows, but for a change of the leader."""
    asked = sorted(seen.record.kommo_asked)
    for first, last in zip(asked, asked[KOMMO_PACE:], strict=False):
        if last - first < 1 - LATE_SECONDS and seen.calm(first, last):
            yield f"{KOMMO_PACE + 1} requests within {last - first:.2f} s at {first:.1f}", None


def no_lead_goes_in_circles(seen: Evidence) -> Iterator[Broken]:
    """No lead has more than a bounded number of events."""
    for life in seen.lives:
        for lead in life.leads:
            if len(seen.record.actions[lead]) > EVENTS:
                most = Counter(action["action"] for action in seen.record.actions[lead])
                yield f"lead {lead} has {most.most_common(3)} events", _who(life)


def no_answer_is_an_error(seen: Evidence) -> Iterator[Broken]:
    """Our doors answer nothing with 5xx but an honest 502 or 503 while something is down."""
    for (what, status), count in Counter(seen.record.answers).items():
        if status >= 500 and status not in (502, 503):
            yield f"{what} was answered {status}, {count} times", None


def nobody_but_a_provider_is_believed(seen: Evidence) -> Iterator[Broken]:
    """A webhook that does not prove who sent it is refused."""
    for path, status in seen.record.forged:
        if status < 400:
            yield f"a forged webhook to {path} was answered {status}", None


def nothing_private_is_in_a_log(seen: Evidence) -> Iterator[Broken]:
    """No log holds a phone, an email address or a name, and neither does the audit log."""
    private = personal_data(seen.lives)
    pattern = re.compile("|".join(map(re.escape, sorted(private))), re.IGNORECASE)
    for lead, actions in seen.record.actions.items():
        for action in actions:
            if found := pattern.search(json.dumps(action, ensure_ascii=False)):
                yield f"{found[0]!r} in {action['action']} of lead {lead}", None
    for line in seen.record.logs.splitlines():
        if found := pattern.search(line):
            yield f"{found[0]!r} in {line[:200]}", None


def no_process_grows(seen: Evidence) -> Iterator[Broken]:
    """No process takes more memory than its bound."""
    for name, megabytes in seen.record.memory.items():
        if megabytes > BOUND:
            yield f"{name} took {megabytes} MB", None


def nothing_is_left_over(seen: Evidence) -> Iterator[Broken]:
    """Queues are empty at the end, and there are no dead letters."""
    for name, depth in seen.record.depths.items():
        if depth:
            yield f"{depth} messages are left in {name}", None
    for letter in seen.record.dead_letters:
        reason = f"{letter['queue']}: {letter['topic']}, {letter['error'][:200]}"
        lead = letter["lead_id"]
        owners = [life.person.number for life in seen.lives if lead in life.leads]
        yield f"dead letter of lead {lead} in {reason}", owners[0] if owners else None


def a_doubtful_mailbox_gets_no_more_mail(seen: Evidence) -> Iterator[Broken]:
    """After the third soft bounce in a row, nothing more goes to a mailbox."""
    for life in seen.lives:
        suspended = [
            datetime.fromisoformat(action["at"]).timestamp()
            for action in seen.actions(life)
            if action["action"] == "address.suspended" and action["detail"]["doubtful"]
        ]
        bounces = [
            action
            for action in seen.actions(life)
            if action["action"] == "touch.failed" and action["detail"]["kind"] == "bounced"
        ]
        if len(bounces) > SOFT_BOUNCES and not suspended:
            yield f"{len(bounces)} mails bounced, and the mailbox is not doubtful", _who(life)
        for touch in seen.touches(life):
            if (
                touch.to == life.person.email
                and suspended
                and touch.at > suspended[0] + PERMIT_SECONDS
            ):
                yield (
                    f"a mail left {touch.at - suspended[0]:.1f} s after it was doubtful",
                    _who(life),
                )


def a_dead_address_gets_nothing_more(seen: Evidence) -> Iterator[Broken]:
    """After a provider said that an address reaches nobody, nothing more goes there."""
    for life in seen.lives:
        addresses = addresses_of(life)
        for action in seen.actions(life):
            if action["action"] != "address.suspended" or action["detail"]["doubtful"]:
                continue
            is_mail = action["detail"]["channel"] == "email"
            dead = {address for address in addresses if ("@" in address) is is_mail}
            since = _seconds(action) + PERMIT_SECONDS
            for touch in seen.touches(life):
                if len(dead) == 1 and touch.to in dead and touch.at > since:
                    step = f"{seen.step_of(touch)} by {touch.channel}"
                    yield f"{step} left {touch.at - since:.1f} s after that", _who(life)


def two_people_are_two_leads(seen: Evidence) -> Iterator[Broken]:
    """Who gives another's phone or email is another lead, and takes nothing of theirs over."""
    owners: dict[int, Life] = {}
    for life in seen.lives:
        for lead in seen.own_leads(life):
            other = owners.setdefault(lead, life)
            if other is not life:
                yield f"person {_who(other)} has the same lead {lead}", _who(life)


def a_booking_has_its_touches(seen: Evidence) -> Iterator[Broken]:
    """A booking is confirmed, and reminded of; who came is asked, who did not is invited again."""
    for life in seen.lives:
        for booked in (moment for moment in life.moments if moment.what == "books"):
            uid = booked.detail["uid"]
            for lead in seen.own_leads(life):
                actions = seen.record.actions.get(lead, [])
                names = {action["action"] for action in actions}
                if names & CHANGES_A_MEETING or uid not in _booked_uids(actions):
                    continue
                known = _steps_about(seen, lead)
                refused = {
                    action["detail"]["step"]
                    for action in actions
                    if action["detail"].get("reason") == "not_booked"
                }
                for step in _wanted_for(life, booked):
                    if step not in known or step in refused:
                        yield f"lead {lead} booked, and nothing is known of {step}", _who(life)


def _wanted_for(life: Life, booked: Moment) -> Iterator[str]:
    """Yields the steps that a booking calls for, by what became of the meeting."""
    yield from _announcements(life, booked)
    after = {"the_meeting_ends": "after_meeting", "does_not_come": "no_show"}
    for moment in life.moments:
        if moment.what in after and moment.detail["uid"] == booked.detail["uid"]:
            yield after[moment.what]


def _announcements(life: Life, booked: Moment) -> Iterator[str]:
    """Yields the steps before a meeting: its confirmation, and the reminder if there is time."""
    yield "confirmation_email"
    yield "confirmation"
    reminded = booked.detail["start"] - REMINDER_SECONDS
    is_ahead = reminded > booked.at + TROUBLE_SECONDS / 2
    phones = [address for address in addresses_of(life) if address.startswith("+")]
    # who gives numbers of several countries is reminded when all of them are awake
    is_open = all(is_waking(clock(reminded), place_of(phone)) for phone in phones)
    if is_ahead and life.person.phone and is_open:
        yield "reminder"


def _booked_uids(actions: list[dict[str, Any]]) -> set[str]:
    return {
        action["detail"]["booking"]["uid"]
        for action in actions
        if action["action"] == "lead.booked"
    }


def _steps_about(seen: Evidence, lead: int) -> set[str]:
    """Returns the steps that are planned, were made, or say why they were not."""
    planned = {touch["step"] for touch in seen.record.plans.get(lead, {}).get("touches", [])}
    return planned | {
        action["detail"]["step"]
        for action in seen.record.actions[lead]
        if action["action"].startswith("touch.")
    }


def a_cancellation_is_confirmed(seen: Evidence) -> Iterator[Broken]:
    """A cancelled meeting that lay ahead is confirmed by mail, or a reason why not."""
    for life in seen.lives:
        booked = [moment for moment in life.moments if moment.what == "books"]
        cancelled = life.first("cancels")
        if cancelled is None or len(booked) != 1 or life.first("is_erased", "moves"):
            continue
        lies_ahead = booked[0].detail["start"] > cancelled + TROUBLE_SECONDS
        for lead in seen.own_leads(life):
            actions = seen.record.actions.get(lead, [])
            names = {action["action"] for action in actions}
            is_over = "lead.closed" in names or "booking.cancelled" not in names
            if lies_ahead and not is_over and "cancellation" not in _steps_about(seen, lead):
                yield f"nothing is known of lead {lead}'s cancellation", _who(life)


def a_moved_meeting_is_confirmed_and_reminded_of(seen: Evidence) -> Iterator[Broken]:
    """Who moves a meeting gets its new hour confirmed, and is reminded of it then."""
    for life in seen.lives:
        moves = [moment for moment in life.moments if moment.what == "moves"]
        if len(moves) != 1 or life.count("books") != 1 or life.first("is_erased", "cancels"):
            continue
        [moved] = moves
        for lead in seen.own_leads(life):
            actions = seen.record.actions.get(lead, [])
            names = {action["action"] for action in actions}
            if "booking.rescheduled" not in names or names & {"lead.closed", "booking.updated"}:
                continue
            known = {
                action["detail"]["step"]
                for action in actions
                if seen.bookings.get(action["detail"].get("touch_id", "")) == moved.detail["uid"]
            }
            for step in _announcements(life, moved):
                if step not in known:
                    yield f"lead {lead} moved, and nothing is known of {step}", _who(life)


def who_did_not_come_is_not_asked_how_it_was(seen: Evidence) -> Iterator[Broken]:
    """Who did not come to the meeting gets no survey about it."""
    for life in seen.lives:
        for moment in life.moments:
            if moment.what != "does_not_come" or not seen.calm(moment.at, moment.at + 5):
                continue
            for touch in seen.touches(life):
                is_survey = seen.step_of(touch) == "after_meeting"
                if is_survey and seen.bookings.get(touch.touch_id) == moment.detail["uid"]:
                    yield f"after_meeting left {touch.at - moment.at:.1f} s later", _who(life)


def who_is_not_reached_is_called_again_until_they_are(seen: Evidence) -> Iterator[Broken]:
    """Whom a call did not reach is called again as the journey says, and not once they are."""
    for life in seen.lives:
        if _erased(life):
            continue
        for lead in life.leads:
            actions = [each for each in seen.record.actions[lead] if each["lead_id"] == lead]
            reached_at = min(map(_seconds, filter(_reaches, actions)), default=float("inf"))
            for touch in seen.touches(life):
                is_attempt = seen.step_of(touch) in NEXT_ATTEMPT.values()
                own = is_attempt and seen.lead_of.get(touch.touch_id) == lead
                if own and touch.at > reached_at + PERMIT_SECONDS:
                    after = touch.at - reached_at
                    yield f"{seen.step_of(touch)} came {after:.1f} s after that", _who(life)
            plan = seen.record.plans.get(lead)
            is_over = plan is None or plan["stopped"] or plan["paused"] or _left(seen, lead)
            if is_over or reached_at < float("inf"):
                continue
            known = _steps_about(seen, lead)
            begun = _calls_that_begin(actions)
            for action in actions:
                detail = action["detail"]
                is_first = action["action"] == "call.unanswered" and detail["touch_id"] in begun
                if is_first and detail["reason"] in NOT_REACHED:
                    again = NEXT_ATTEMPT.get(detail["step"], detail["step"])
                    if again not in known:
                        yield f"lead {lead}: nothing is known of {again}", _who(life)


def _calls_that_begin(actions: Sequence[dict[str, Any]]) -> set[str]:
    """Returns the calls of a journey's runs. A form that adds a number has one call besides."""
    runs = {0} | {
        action["detail"]["submission_id"]
        for action in actions
        if action["action"] == "lead.updated" and action["detail"]["returned"]
    }
    return {
        action["detail"]["touch_id"]
        for action in actions
        if action["action"] == "touch.sent" and action["detail"]["run"] in runs
    }


def _reaches(action: dict[str, Any]) -> bool:
    """Returns whether it shows that the person was reached."""
    if action["action"] == "reply.received":
        return bool(action["detail"]["intent"] != "automatic")
    return bool(action["action"] == "call.answered")


def who_asks_for_the_link_gets_it(seen: Evidence) -> Iterator[Broken]:
    """Who presses 1 during a call gets the booking link, or a reason why not."""
    for life in seen.lives:
        if life.first("is_erased"):
            continue
        actions = seen.actions(life)
        asked = any(action["detail"].get("intent") == "wants_link" for action in actions)
        if asked and not any(action["detail"].get("step") == "booking_link" for action in actions):
            yield "nothing is known of the link that was asked for", _who(life)


def a_message_that_failed_goes_by_the_next_channel(seen: Evidence) -> Iterator[Broken]:
    """Where WhatsApp does not reach the person, an SMS follows, or a reason why not."""
    for life in seen.lives:
        if life.first("is_erased"):
            continue
        touched = {
            (action["detail"]["step"], action["detail"]["channel"])
            for action in seen.actions(life)
            if action["action"].startswith("touch.")
        }
        for action in seen.actions(life):
            detail = action["detail"]
            if action["action"] != "touch.failed" or detail["channel"] != "whatsapp":
                continue
            if detail["kind"] not in HOPELESS and (detail["step"], "sms") not in touched:
                yield f"nothing followed {detail['step']} by whatsapp: {detail['kind']}", _who(life)


def the_log_tells_what_people_did(seen: Evidence) -> Iterator[Broken]:
    """What a person or an operator did, and our door had answered, is in the audit log."""
    for life in seen.lives:
        names: set[str] = set()
        for lead in seen.own_leads(life):
            names |= {action["action"] for action in seen.record.actions.get(lead, [])}
        for what, topics in LOGGED_AS.items():
            is_erased = life.first("is_erased") and what != "is_erased"
            # of several meetings, the log says which one stands
            is_one_of_several = what == "cancels" and life.count("books") > 1
            excused = is_erased or is_one_of_several
            if life.first(what) and not excused and not names & topics:
                yield f"{what} is not in the log, only {sorted(names)}", _who(life)


def nothing_is_left_of_an_erased_person(seen: Evidence) -> Iterator[Broken]:
    """Who is erased is in no database any more, but for the list of those never to contact."""
    for number, place in seen.record.remains:
        yield f"something is left in {place}", number


PROMISES: tuple[Callable[[Evidence], Iterator[Broken]], ...] = (
    every_form_is_answered,
    a_form_that_is_repeated_gets_its_first_answer,
    every_door_brings_one_lead,
    who_is_only_kept_is_not_contacted,
    who_writes_first_is_answered_where_they_wrote,
    every_accepted_form_has_its_first_contact,
    nothing_is_made_twice,
    nobody_is_reached_more_often_than_a_day_allows,
    a_form_is_answered_by_one_welcome,
    every_step_is_made_once,
    nothing_goes_to_an_address_of_somebody_else,
    nobody_who_ended_it_is_followed_up,
    what_a_reply_asks_for_is_kept,
    nothing_leaves_while_outbound_is_paused,
    nobody_who_booked_is_followed_up,
    every_booking_is_known,
    the_log_has_the_calendars_meetings,
    a_meeting_changes_only_by_its_own_person,
    two_people_are_two_leads,
    a_booking_has_its_touches,
    a_cancellation_is_confirmed,
    a_moved_meeting_is_confirmed_and_reminded_of,
    who_did_not_come_is_not_asked_how_it_was,
    nothing_leaves_outside_its_hours,
    no_mail_of_the_follow_up_leaves_outside_its_hours,
    nobody_is_called_in_no_country,
    every_step_has_an_end,
    what_was_deferred_is_planned,
    every_touch_that_was_due_has_an_end,
    an_unanswered_call_is_followed_by_a_message,
    who_is_not_reached_is_called_again_until_they_are,
    who_asks_for_the_link_gets_it,
    a_message_that_failed_goes_by_the_next_channel,
    the_first_contact_is_fast,
    kommo_shows_what_happened,
    kommo_has_one_contact_of_a_person,
    kommo_has_a_note_of_what_happened,
    the_log_and_the_providers_agree,
    the_log_knows_what_became_of_a_message,
    the_log_has_everything_once,
    the_log_tells_what_people_did,
    a_doubtful_mailbox_gets_no_more_mail,
    a_dead_address_gets_nothing_more,
    kommo_is_asked_at_its_pace,
    no_lead_goes_in_circles,
    no_answer_is_an_error,
    nobody_but_a_provider_is_believed,
    nothing_private_is_in_a_log,
    nothing_is_left_of_an_erased_person,
    no_process_grows,
    nothing_is_left_over,
)


def breaches(record: Record) -> list[Breach]:
    """Returns where the promises were broken."""
    seen = Evidence(record)
    found = []
    for promise in PROMISES:
        sentence = (promise.__doc__ or "").strip()
        found += [Breach(sentence, who, what) for what, who in promise(seen)]
    return found


def _erased(life: Life) -> bool:
    return life.first("is_erased") is not None


def _who(life: Life) -> int:
    return life.person.number


def _owner(seen: Evidence, touch: Touch) -> int | None:
    for life in seen.lives:
        if any(touch.to in addresses_in(submission.form) for submission in life.submissions):
            return _who(life)
    return None


def _is_end(moment: Moment) -> bool:
    """Returns whether the person, or an operator for them, ended the follow-up."""
    if moment.what != "writes":
        return moment.what in ("unsubscribes", "is_stopped", "is_closed_in_kommo", "is_erased")
    text = str(moment.detail["text"]).lower()
    return any(word in text for word in ENDINGS)


def _ended_leads(seen: Evidence, life: Life, end: Moment) -> set[int]:
    """Returns the leads whose follow-up it ends: those that named the address it came from."""
    concerned: set[int] = set()
    for submission in life.submissions:
        addresses = addresses_in(submission.form)
        by_mail = end.what == "unsubscribes" and life.person.email in addresses
        by_phone = end.what == "writes" and life.person.phone in addresses
        by_operator = submission is life.submissions[0]
        if submission.lead_id and (by_mail or by_phone or by_operator):
            concerned |= {action["lead_id"] for action in seen.record.actions[submission.lead_id]}
    return concerned


def _left(seen: Evidence, lead: int) -> bool:
    """Returns whether the lead left the follow-up: by a booking, a stop, a close, another lead."""
    ends = {
        "lead.booked",
        "lead.opted_out",
        "lead.closed",
        "lead.erased",
        "lead.superseded",
        "reply.received",
        "lead.needs_attention",
    }
    return bool(ends & {action["action"] for action in seen.record.actions[lead]})
