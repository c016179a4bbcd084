"""Whole lives by the rules of all services together, with every promise that applies to them.

Hypothesis draws what a person, their calendar, their phone and the team do, and in which order the
services hear of it.
"""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from contracts.events.booking import Booking
from contracts.events.cadence import CadenceFinished
from contracts.events.call import Unanswered
from contracts.events.lead import (
    Closing,
    LeadClosed,
    LeadCreated,
    LeadPaused,
    LeadResumed,
    LeadUpdated,
)
from contracts.events.reply import Intent
from contracts.events.touch import Channel, FailureKind, Kind, TouchSkipped
from domain.receipts import Accepted, Answered, Arrived, Undeliverable, Unheard
from providers.calcom.models import AttendeeHints, BookingUpdate, UpdateKind
from services.notify.decisions.first_contact import ALREADY_BOOKED
from services.notify.touches import State
from tests.builders import a_card
from tests.lives import JOURNEY, LEAD, Bus, Console, Crm, Notify, Row, Scheduler, Sent
from tests.storm.places import CALLS, MESSAGES, PLACES, is_open

MOST_EVENTS = 300
UNASKED = (Kind.FIRST_CONTACT, Kind.FOLLOW_UP)
MOMENTS = (
    datetime(2026, 3, 2, 14, 59, tzinfo=UTC),  # before nine in Monterrey, a Monday
    datetime(2026, 3, 7, 20, 30, tzinfo=UTC),  # a Saturday afternoon
    datetime(2026, 3, 8, 9, 0, tzinfo=UTC),  # clocks change in the United States
    datetime(2026, 4, 1, 2, 30, tzinfo=UTC),  # before Easter's holidays
)
WAITS = st.sampled_from([timedelta(minutes=m) for m in (1, 20, 300, 1500, 4500, 10_000)])
INTENTS = st.sampled_from(
    [Intent.STOP, Intent.NO_INTEREST, Intent.QUESTION, Intent.WISH, Intent.THANKS]
)


class Lives(RuleBasedStateMachine):
    @initialize(begins=st.sampled_from(MOMENTS), place=st.sampled_from(sorted(PLACES)))
    def a_form_comes(self, begins: datetime, place: str) -> None:
        self.now = begins
        self.place = PLACES[place]
        self.bus = Bus()
        self.crm = Crm(self.bus)
        self.scheduler = Scheduler(self.bus)
        self.notify = Notify(self.bus, self.crm)
        self.console = Console()
        self.updates: list[BookingUpdate] = []
        self.meetings: dict[str, Booking] = {}
        self.series: set[str] = set()
        self.cancelled: dict[str, Booking] = {}
        self.held = False
        self.ended = False
        self.stopped_at: datetime | None = None
        self.submissions = LEAD
        phone = self.place.prefix + "5" * (self.place.digits + 4)
        self.card = a_card(phone=phone)
        self.bus.publish(LeadCreated(lead_id=LEAD, at=self.now, card=self.card))

    # ---- the bus and the clock

    @rule(data=st.data())
    def some_services_consume(self, data: st.DataObject) -> None:
        for _ in range(data.draw(st.integers(1, 6))):
            if self.bus.waiting:
                self._hand_over(data.draw(st.integers(0, len(self.bus.waiting) - 1)))

    @rule(how_long=WAITS, scheduler_is_down=st.booleans(), consume_all=st.booleans())
    def time_passes(self, how_long: timedelta, scheduler_is_down: bool, consume_all: bool) -> None:
        self._pass(self.now + how_long, down=scheduler_is_down, consume_all=consume_all)

    # ---- the calendar

    @precondition(lambda self: len(self.meetings) < 3)
    @rule(hours=st.sampled_from([1, 23, 30, 100]))
    def books(self, hours: int) -> None:
        self._book(UpdateKind.CREATED, hours, None)

    @precondition(lambda self: not self.meetings)
    @rule()
    def books_a_series(self) -> None:
        for week in range(3):
            self._book(UpdateKind.CREATED, 30 + week * 168, None, recurring=True)

    @precondition(lambda self: self.meetings)
    @rule(hours=st.sampled_from([2, 50]), data=st.data())
    def moves(self, hours: int, data: st.DataObject) -> None:
        uid = data.draw(st.sampled_from(sorted(self.meetings)))
        del self.meetings[uid]
        self._book(UpdateKind.MOVED, hours, uid)

    @precondition(lambda self: self.meetings)
    @rule(data=st.data())
    def cancels(self, data: st.DataObject) -> None:
        uid = data.draw(st.sampled_from(sorted(self.meetings)))
        booking = self.meetings.pop(uid)
        self.cancelled[uid] = booking
        self._report(UpdateKind.CANCELLED, uid, booking)

    @precondition(lambda self: self.updates)
    @rule(data=st.data(), again=st.booleans())
    def crm_applies_an_update(self, data: st.DataObject, again: bool) -> None:
        index = data.draw(st.integers(0, len(self.updates) - 1))
        self.crm.apply(self.updates[index], self.now)
        if not again:
            del self.updates[index]

    # ---- the person and their phone

    @precondition(lambda self: self.notify.form)
    @rule(intent=INTENTS)
    def writes(self, intent: Intent) -> None:
        self._tick()
        self.notify.read_reply(intent, self.now)

    @precondition(lambda self: self._on_the_way())
    @rule(data=st.data())
    def a_receipt_comes(self, data: st.DataObject) -> None:
        row = data.draw(st.sampled_from(self._on_the_way()))
        receipts: list[Any] = [Accepted("r")]
        receipts += [
            Undeliverable("r", kind, "…")
            for kind in (FailureKind.UNREACHABLE, FailureKind.BAD_ADDRESS)
        ]
        if row.touch.channel is Channel.CALL:
            receipts += [Answered("r"), Unheard("r", Unanswered.NO_ANSWER)]
        else:
            receipts.append(Arrived("r"))
        self.notify.receive(row, data.draw(st.sampled_from(receipts)), self.now)

    @precondition(lambda self: self.submissions < LEAD + 3)
    @rule(days=st.sampled_from([2, 20]))
    def returns(self, days: int) -> None:
        self._pass(self.now + timedelta(days=days), down=False, consume_all=True)
        self.submissions += 1
        self.bus.publish(
            LeadUpdated(
                lead_id=LEAD,
                at=self.now,
                submission_id=self.submissions,
                person_id=LEAD,
                card=self.card,
                returned=True,
            )
        )

    # ---- the team

    @rule(paused=st.booleans())
    def an_operator_pauses(self, paused: bool) -> None:
        self._tick()
        event = LeadPaused if paused else LeadResumed
        self.bus.publish(event(lead_id=LEAD, at=self.now, by="ana"))

    @precondition(lambda self: self.notify.form)
    @rule()
    def an_operator_takes_a_stop_back(self) -> None:
        self.notify.restore(self.now)

    @precondition(lambda self: self.crm.closed is None)
    @rule()
    def an_operator_closes(self) -> None:
        self.ended = True
        self.crm.close(LeadClosed(lead_id=LEAD, at=self.now, reason=Closing.LOST))

    # ---- the promises

    @invariant()
    def nothing_leaves_twice(self) -> None:
        sent = Counter(sent.touch.touch_id for sent in self.notify.sent)
        assert not [touch for touch, count in sent.items() if count > 1]

    @invariant()
    def nobody_is_nagged(self) -> None:
        for sent in self.notify.sent:
            if sent.touch.kind not in UNASKED:
                continue
            assert not sent.stopped, sent
            assert not sent.refused, sent
            assert sent.eligibility.closed is None, sent
            assert sent.eligibility.booking is None, sent

    @invariant()
    def a_pause_holds(self) -> None:
        assert not [
            sent for sent in self.notify.sent if sent.paused and sent.touch.kind is Kind.FOLLOW_UP
        ]

    @invariant()
    def nobody_is_disturbed_at_night(self) -> None:
        assert not [
            sent
            for sent in self.notify.sent
            if sent.touch.kind in UNASKED and not self._is_open(sent)
        ]

    @invariant()
    def no_meeting_is_announced_after_it_began(self) -> None:
        for sent in self.notify.sent:
            booking = sent.touch.booking
            if sent.touch.kind is Kind.MEETING and booking and booking.last_start:
                assert sent.at < booking.last_start, sent

    @invariant()
    def nothing_circles(self) -> None:
        assert len(self.bus.published) < MOST_EVENTS
        assert not self.scheduler.failed

    def teardown(self) -> None:
        """Lets everything end: all is heard, every receipt comes, and two months pass."""
        if not hasattr(self, "bus"):
            return
        self._consume_all()
        if self.console.lead.paused or self.notify.paused:
            self.an_operator_pauses(paused=False)
        self._pass(self.now + timedelta(days=60), down=False, consume_all=True)
        self._consume_all()
        self.nothing_leaves_twice()
        self.nobody_is_nagged()
        self.nobody_is_disturbed_at_night()
        self.nothing_circles()
        self._everybody_agrees_about_the_meeting()
        self._what_was_cancelled_leaves_the_calendar()
        self._every_step_has_an_end()

    def _everybody_agrees_about_the_meeting(self) -> None:
        published = self.crm.published
        uid = published.uid if published else None
        scheduler = self.scheduler.lead
        assert scheduler is not None
        assert (scheduler.booking.uid if scheduler.booking else None) == uid
        assert self.console.lead.booking == uid
        known = self.scheduler.lead.booking if self.scheduler.lead else None
        uids = {meeting.uid for meeting in known.meetings} if known else set()
        assert bool(uids) == bool(uid)
        if self.meetings:
            assert uids & set(self.meetings)
        if self.meetings and set(self.meetings) <= self.series:
            assert uids == set(self.meetings)

    def _what_was_cancelled_leaves_the_calendar(self) -> None:
        """Whatever was put into the person's calendar is taken off it, unless it had begun."""
        put = self._meetings_sent(Kind.MEETING)
        taken = self._meetings_sent(Kind.CANCELLATION)
        dropped = [
            event
            for event in self.bus.published
            if isinstance(event, TouchSkipped) and event.step == "cancellation"
        ]
        for uid in self.cancelled:
            starts_at = self.cancelled[uid].starts_at
            known_at = self.crm.cancelled_at.get(uid)
            if known_at is None or starts_at is None or self.ended or dropped:
                continue
            if uid in put and put[uid] < known_at < starts_at:
                assert uid in taken, uid

    def _meetings_sent(self, kind: Kind) -> dict[str, datetime]:
        """Returns the meetings of touches of this kind, each with when the first one left."""
        found: dict[str, datetime] = {}
        for sent in self.notify.sent:
            booking = sent.touch.booking
            if sent.touch.kind is kind and booking is not None:
                for meeting in booking.meetings:
                    found.setdefault(meeting.uid, sent.at)
        return found

    def _every_step_has_an_end(self) -> None:
        lead = self.scheduler.lead
        assert lead is not None
        assert self.scheduler.next_due() is None
        if lead.follow_up_ended or lead.stopped or lead.booking is not None:
            return
        ended = {
            (event.step, event.run)
            for event in self.bus.published
            if isinstance(event, TouchSkipped)
        }
        ended |= {(sent.touch.step, sent.touch.run) for sent in self.notify.sent}
        wanted = {(step.name, lead.run) for step in JOURNEY.follow_up}
        if (ALREADY_BOOKED, lead.run) not in ended:  # which takes the first contact's place
            steps = [step for step in JOURNEY.first_contact if not step.on_first_message]
            wanted |= {(step.name, lead.run) for step in steps}
        assert wanted <= ended, wanted - ended
        finished = [event for event in self.bus.published if isinstance(event, CadenceFinished)]
        assert finished

    # ---- how things happen

    def _hand_over(self, index: int) -> None:
        assert len(self.bus.published) < MOST_EVENTS
        name, event = self.bus.waiting.pop(index)
        done = True
        if name == "scheduler":
            done = self.scheduler.consume(event, self.now)
        elif name == "notify":
            done = self.notify.consume(event, self.now)
        else:
            self.console.consume(event)
        if not done:
            self.bus.waiting.append((name, event))

    def _consume_all(self) -> None:
        while self.updates:
            self.crm.apply(self.updates.pop(0), self.now)
        created = [
            index
            for index, (_, event) in enumerate(self.bus.waiting)
            if isinstance(event, LeadCreated)
        ]
        for index in reversed(created):
            self._hand_over(index)
        while self.bus.waiting:
            self._hand_over(0)

    def _pass(self, until: datetime, *, down: bool, consume_all: bool) -> None:
        while True:
            if consume_all:
                self._consume_all()
                for row in self._on_the_way():
                    is_call = row.touch.channel is Channel.CALL
                    receipt = Answered("r") if is_call else Arrived("r")
                    self.notify.receive(row, receipt, self.now)
                self._consume_all()
            instants = [until]
            due = self.scheduler.next_due()
            if due is not None and not down:
                instants.append(due)
            instants += [
                row.held_until for row in self.notify.rows.values() if row.held_until is not None
            ]
            self.now = max(self.now, min(instants))
            self.notify.resume_held(self.now)
            if self.scheduler.lead is not None and not down:
                while self.scheduler.fire(self.now):
                    pass
            if self.now >= until:
                break
        if consume_all:
            self._consume_all()

    def _book(
        self, what: UpdateKind, hours: int, previous: str | None, *, recurring: bool = False
    ) -> None:
        uid = f"b{len(self.crm.appointments) + len(self.updates) + self.submissions}-{self.now:%s}"
        uid += f"-{len(self.meetings)}"
        starts_at = self.now + timedelta(hours=hours)
        ends_at = starts_at + timedelta(minutes=30)
        booking = Booking(uid=uid, starts_at=starts_at, ends_at=ends_at, recurring=recurring)
        self.meetings[uid] = booking
        if recurring or previous in self.series:
            self.series.add(uid)
        self._report(what, uid, booking, previous)

    def _report(
        self, what: UpdateKind, uid: str, booking: Booking, previous: str | None = None
    ) -> None:
        self._tick()
        self.updates.append(
            BookingUpdate(
                what=what,
                uid=uid,
                previous_uid=previous,
                attendees=(AttendeeHints(email="ana@example.com"),),
                booking=booking,
                at=self.now,
            )
        )

    def _tick(self) -> None:
        """Lets a moment pass, because no two acts happen at the same instant."""
        self.now += timedelta(seconds=1)

    def _on_the_way(self) -> list[Row]:
        open_states = (State.SENDING, State.SENT)
        return [row for row in self.notify.rows.values() if row.state in open_states]

    def _is_open(self, sent: Sent) -> bool:
        if sent.touch.channel is Channel.EMAIL:
            return True
        hours = CALLS if sent.touch.channel is Channel.CALL else MESSAGES
        return is_open(sent.at, self.place, hours)


TestLives = Lives.TestCase
TestLives.settings = settings(max_examples=150, stateful_step_count=20, deadline=None)
