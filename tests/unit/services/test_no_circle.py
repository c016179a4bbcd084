"""The rules of scheduler and notify against each other: whatever the facts, every touch ends.

The pure rules of both services run here. Only their tables and the queues between them are
simulated: an event of notify reaches the scheduler at once, late, or never (a dead letter).
"""

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.api.permits import ContactEligibility
from contracts.events.booking import BookingCancelled, LeadBooked
from contracts.events.lead import Closing, LeadClosed, LeadOptedOut, LeadPaused, LeadResumed
from contracts.events.touch import Channel, Kind, SkipReason, TouchDeferred, TouchDue, TouchSkipped
from domain.journey.model import Journey
from domain.journey.settings import JourneySettings, load_journey
from services.notify.decisions.sending import Defer, Facts, Send, Skip, decide
from services.notify.touches import Form, Touch
from services.scheduler.decisions.enrolment import (
    Change,
    Enrolment,
    apply_event,
    enrol,
    happened_by,
)
from services.scheduler.decisions.lateness import (
    MOST_DEFERRALS,
    MOST_FIRINGS,
    Drop,
    Fire,
    Move,
    SetAside,
    resolve_timer,
)
from services.scheduler.decisions.planning import plan
from services.scheduler.decisions.reconciliation import StoredTimer, reconcile, reopened
from tests.builders import a_booking, a_card, a_lead_created

JOURNEY: Journey = load_journey(JourneySettings(_env_file=None))[0]
ENTERED = datetime(2026, 3, 2, 16, tzinfo=UTC)
LEAD = 123456
CARD = a_card()
OUTCOMES_EACH = MOST_FIRINGS + MOST_DEFERRALS


@dataclass
class World:
    """One lead: the scheduler's tables, and the facts that notify has about it."""

    journey: Journey = JOURNEY
    now: datetime = ENTERED
    lead: Enrolment = field(
        default_factory=lambda: enrol(
            a_lead_created(lead_id=LEAD).model_copy(update={"at": ENTERED}),
            zone="America/Mexico_City",
            region="MX",
        )
    )
    rows: dict[int, StoredTimer] = field(default_factory=dict)
    fired: dict[int, list[datetime]] = field(default_factory=dict)
    facts: Facts = field(default_factory=lambda: Facts(claimed=True))
    settled: dict[object, str] = field(default_factory=dict)
    due: Counter[object] = field(default_factory=Counter)
    outcomes: Counter[object] = field(default_factory=Counter)
    revision: int = 0
    queue_blocked: bool = False
    late: list[Change] = field(default_factory=list)

    def apply(self, event: Change) -> None:
        """Applies the event to the scheduler's lead, and updates its timers."""
        before = self.lead
        self.lead = apply_event(before, event, self.journey)
        rows = list(self.rows.values())
        may_reopen = reopened(before, self.lead, rows)
        changes = reconcile(rows, plan(self.lead, self.journey), may_reopen)
        for timer_id in changes.delete:
            del self.rows[timer_id]
        for timer in changes.insert:
            number = max(self.rows, default=0) + 1
            self.rows[number] = StoredTimer(number, timer, timer.due_at, "pending")
        for timer_id, due_at in (*changes.move, *changes.reopen):
            row = self.rows[timer_id]
            self.rows[timer_id] = StoredTimer(
                timer_id, replace(row.timer, due_at=due_at), due_at, "pending"
            )

    def run_until(self, end: datetime, *, steps: int = 2000) -> None:
        """Fires timers one after another. The clock jumps to the next one."""
        for _ in range(steps):
            pending = [
                row
                for row in self.rows.values()
                if row.state == "pending" and row.timer.due_at <= end
            ]
            if not pending:
                self.now = max(self.now, end)
                return
            row = min(pending, key=lambda r: (r.timer.due_at, r.timer_id))
            self.now = max(self.now, row.timer.due_at) + timedelta(milliseconds=300)
            self._fire(row)
        pytest.fail(f"it never ends: {self.due.most_common(3)}")

    def _fire(self, row: StoredTimer) -> None:
        fired = self.fired.setdefault(row.timer_id, [])
        match resolve_timer(
            self.lead,
            self.journey,
            row.timer,
            planned_at=row.planned_at,
            now=self.now,
            fired_at=fired,
        ):
            case Fire(events):
                fired.append(self.now)
                self.rows[row.timer_id] = replace(row, state="fired")
                for event in events:
                    if isinstance(event, TouchDue):
                        self._deliver(event)
            case Move(due_at):
                self.rows[row.timer_id] = replace(row, timer=replace(row.timer, due_at=due_at))
            case Drop():
                self.rows[row.timer_id] = replace(row, state="dropped")
            case SetAside():
                self.rows[row.timer_id] = replace(row, state="failed")

    def _deliver(self, event: TouchDue) -> None:
        """Decides as notify does. Only a touch skipped for a booking may be claimed again."""
        self.due[event.touch_id] += 1
        claimed = self.settled.get(event.touch_id) in (
            None,
            SkipReason.BOOKED,
            SkipReason.BOOKED_ELSEWHERE,
        )
        about = {
            "lead_id": LEAD,
            "touch_id": event.touch_id,
            "step": event.step,
            "channel": event.channel,
        }
        about["at"] = self.now
        match decide(
            Touch.due(event, Form(LEAD, CARD)), replace(self.facts, claimed=claimed), self.now
        ):
            case Send():
                assert not self._is_unwanted(event), f"{event.step} left although it must not"
                self.settled[event.touch_id] = "sent"
                self.outcomes[event.touch_id] += 1
            case Skip(reason):
                self.settled[event.touch_id] = reason
                self.outcomes[event.touch_id] += 1
                self._publish(TouchSkipped(**about, reason=reason))
            case Defer(reason):
                booking = event.booking.uid if event.booking else ""
                self._publish(TouchDeferred(**about, reason=reason, booking=booking))
            case _:
                pass

    def _is_unwanted(self, event: TouchDue) -> bool:
        """Returns whether notify knows of a stop, a close or a booking that forbids the touch."""
        eligibility = self.facts.eligibility
        forbidden = self.facts.opted_out or eligibility.closed is not None
        if event.kind is Kind.FOLLOW_UP:
            booked = eligibility.booking is not None or eligibility.booked_elsewhere
            return forbidden or booked or self.facts.lead_paused
        return forbidden

    def _publish(self, event: Change) -> None:
        if self.queue_blocked:
            self.late.append(event)
        else:
            self.apply(event)


def assert_confirmed_at_once(world: World) -> None:
    for row in world.rows.values():
        if row.timer.step == "confirmation" and row.state == "pending":
            assert row.timer.due_at <= world.now


def happen(world: World, incident: str) -> None:
    """Lets an incident happen to the lead. Both services learn of it, or only notify does."""
    world.revision += 1
    about = {"lead_id": LEAD, "at": world.now}
    eligibility = world.facts.eligibility
    match incident:
        case "booked":
            booking = a_booking(
                f"b{world.revision}", starts_at=world.now + timedelta(days=9), ends_at=None
            )
            world.facts = replace(
                world.facts, eligibility=eligibility.model_copy(update={"booking": booking.uid})
            )
            world.apply(LeadBooked(**about, revision=world.revision, booking=booking))
        case "booked, by a clock that is ahead":
            starts_at = world.now + timedelta(days=9)
            booking = a_booking(f"b{world.revision}", starts_at=starts_at, ends_at=None)
            ahead = world.now + timedelta(minutes=10)
            world.facts = replace(
                world.facts, eligibility=eligibility.model_copy(update={"booking": booking.uid})
            )
            booked = LeadBooked(lead_id=LEAD, at=ahead, revision=world.revision, booking=booking)
            world.apply(happened_by(booked, world.now))
            assert_confirmed_at_once(world)
        case "booked, and the scheduler never learns of it":
            world.facts = replace(
                world.facts, eligibility=eligibility.model_copy(update={"booking": "b"})
            )
        case "booked elsewhere":
            world.facts = replace(
                world.facts, eligibility=eligibility.model_copy(update={"booked_elsewhere": True})
            )
        case "cancelled":
            world.facts = replace(world.facts, eligibility=ContactEligibility())
            world.apply(BookingCancelled(**about, revision=world.revision, uid="b"))
        case "closed":
            world.facts = replace(
                world.facts, eligibility=eligibility.model_copy(update={"closed": "won"})
            )
            world.apply(LeadClosed(**about, reason=Closing.WON))
        case "closed, and the scheduler never learns of it":
            world.facts = replace(
                world.facts, eligibility=eligibility.model_copy(update={"closed": "won"})
            )
        case "paused":
            world.facts = replace(world.facts, lead_paused=True)
            world.apply(LeadPaused(**about, by="x"))
        case "paused, and the scheduler never learns of it":
            world.facts = replace(world.facts, lead_paused=True)
        case "resumed":
            world.facts = replace(world.facts, lead_paused=False)
            world.apply(LeadResumed(**about, by="x"))
        case "opted out":
            world.facts = replace(world.facts, opted_out=True)
            world.apply(LeadOptedOut(**about, channel="whatsapp", reason="reply"))
        case "opted out, and the scheduler never learns of it":
            world.facts = replace(world.facts, opted_out=True)
        case "its address is dead":
            world.facts = replace(world.facts, dead=True)
        case "events are blocked":
            world.queue_blocked = True
        case "events arrive late":
            world.queue_blocked = False
            for event in world.late:
                world.apply(event)
            world.late.clear()


INCIDENTS = (
    "booked",
    "booked, by a clock that is ahead",
    "booked, and the scheduler never learns of it",
    "booked elsewhere",
    "cancelled",
    "closed",
    "closed, and the scheduler never learns of it",
    "paused",
    "paused, and the scheduler never learns of it",
    "resumed",
    "opted out",
    "opted out, and the scheduler never learns of it",
    "its address is dead",
    "events are blocked",
    "events arrive late",
)


@settings(max_examples=300)
@given(
    st.lists(st.tuples(st.sampled_from(INCIDENTS), st.integers(0, 5 * 24 * 60)), max_size=12),
)
def test_every_touch_ends_whatever_happens(story: list[tuple[str, int]]) -> None:
    world = World()
    world.apply(LeadResumed(lead_id=LEAD, at=ENTERED, by="x"))
    for incident, minutes in story:
        happen(world, incident)
        world.run_until(world.now + timedelta(minutes=minutes))
    world.run_until(world.now + timedelta(days=90))

    reopenings = 1 + sum(incident in ("cancelled", "resumed") for incident, _ in story)
    assert all(count <= OUTCOMES_EACH for count in world.due.values())
    assert all(count <= 1 + reopenings for count in world.outcomes.values())


def test_a_booking_under_another_lead_of_the_person_is_asked_about_once() -> None:
    """This once made some 400 events a minute, with a note in Kommo for each."""
    world = World()
    world.apply(LeadResumed(lead_id=LEAD, at=ENTERED, by="x"))
    happen(world, "booked elsewhere")
    world.run_until(ENTERED + timedelta(days=30))

    assert set(world.due.values()) == {1}
    assert len(world.due) == len(JOURNEY.follow_up)


def test_a_skip_is_made_good_when_the_booking_is_cancelled_and_not_before() -> None:
    world = World()
    world.apply(LeadResumed(lead_id=LEAD, at=ENTERED, by="x"))
    happen(world, "booked, and the scheduler never learns of it")
    world.run_until(ENTERED + timedelta(days=4))
    [day_3] = world.due
    world.run_until(ENTERED + timedelta(days=5))

    assert world.due == {day_3: 1}
    happen(world, "cancelled")
    world.run_until(ENTERED + timedelta(days=5, hours=1))
    assert world.settled[day_3] == "sent"


def test_a_touch_that_is_deferred_again_and_again_is_set_aside() -> None:
    """Notify and the scheduler disagree about the hours: the one fires, the other defers."""
    world = World()
    world.apply(LeadResumed(lead_id=LEAD, at=ENTERED, by="x"))
    email = next(row for row in world.rows.values() if row.timer.channel is Channel.EMAIL)
    touch_step = email.timer.step
    at = email.timer.due_at
    for number in range(20):
        world.now = at + timedelta(seconds=number)
        deferred = TouchDeferred(
            lead_id=LEAD,
            touch_id="6f1d3b52-0c43-5b0e-9d5c-6a2f0f1c7a11",
            step=touch_step,
            channel=Channel.EMAIL,
            at=world.now,
        )
        pending = [
            row
            for row in world.rows.values()
            if row.state == "pending" and row.timer.due_at <= world.now
        ]
        for row in pending:
            world._fire(row)
        world.apply(deferred)

    assert world.rows[email.timer_id].state == "failed"
    assert world.due[next(iter(world.due))] <= MOST_FIRINGS
