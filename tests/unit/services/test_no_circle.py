"""Scheduler's and notify's rules against each other: whatever the facts are, every touch comes to an end.

Both sides' own pure rules run here; only the queues between them and their tables are played. What notify says goes to
the scheduler at once, late, or never (a dead letter).
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
from contracts.events.touch import Channel, SkipReason, TouchDeferred, TouchDue, TouchSkipped
from domain.journey.model import Journey
from domain.journey.settings import JourneySettings, load_journey
from services.notify.decisions.sending import Defer, Facts, Send, Skip, decide
from services.notify.touches import Form, Touch
from services.scheduler.decisions import (
    MOST_DEFERRALS,
    MOST_FIRINGS,
    Change,
    Drop,
    Enrolment,
    Fire,
    Move,
    Row,
    SetAside,
    changed,
    enrol,
    plan,
    reconcile,
    reopened,
    resolve_timer,
)
from tests.builders import a_booking, a_card, a_lead_created

JOURNEY: Journey = load_journey(JourneySettings(_env_file=None))[0]
ENTERED = datetime(2026, 3, 2, 16, tzinfo=UTC)
LEAD = 123456
CARD = a_card()
OUTCOMES_EACH = MOST_FIRINGS + MOST_DEFERRALS


@dataclass
class World:
    """One lead: the scheduler's tables, and what notify knows of it."""

    journey: Journey = JOURNEY
    now: datetime = ENTERED
    lead: Enrolment = field(
        default_factory=lambda: enrol(
            a_lead_created(lead_id=LEAD).model_copy(update={"at": ENTERED}),
            zone="America/Mexico_City",
            region="MX",
        )
    )
    rows: dict[int, Row] = field(default_factory=dict)
    fired: dict[int, list[datetime]] = field(default_factory=dict)
    facts: Facts = field(default_factory=lambda: Facts(claimed=True))
    settled: dict[object, str] = field(default_factory=dict)
    due: Counter[object] = field(default_factory=Counter)
    outcomes: Counter[object] = field(default_factory=Counter)
    revision: int = 0
    parked: bool = False
    late: list[Change] = field(default_factory=list)

    def hear(self, event: Change) -> None:
        """The scheduler folds the event in, and brings its timers up to date."""
        before = self.lead
        self.lead = changed(before, event, self.journey)
        changes = reconcile(
            list(self.rows.values()), plan(self.lead, self.journey), reopened(before, self.lead)
        )
        for timer_id in changes.delete:
            del self.rows[timer_id]
        for timer in changes.insert:
            number = max(self.rows, default=0) + 1
            self.rows[number] = Row(number, timer, timer.due_at, "pending")
        for timer_id, due_at in (*changes.move, *changes.reopen):
            row = self.rows[timer_id]
            self.rows[timer_id] = Row(
                timer_id, replace(row.timer, due_at=due_at), due_at, "pending"
            )

    def run_until(self, end: datetime, *, steps: int = 2000) -> None:
        """Lets timers run out, one after another; the clock jumps to the next."""
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
            self._fall_due(row)
        pytest.fail(f"it goes on and on: {self.due.most_common(3)}")

    def _fall_due(self, row: Row) -> None:
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
        """Notify decides; a touch that was skipped for a booking may be claimed again, any other end is final."""
        self.due[event.touch_id] += 1
        claimed = self.settled.get(event.touch_id) in (
            None,
            SkipReason.BOOKED,
            SkipReason.BOOKED_ELSEWHERE,
        )
        said = {
            "lead_id": LEAD,
            "touch_id": event.touch_id,
            "step": event.step,
            "channel": event.channel,
        }
        said["at"] = self.now
        match decide(
            Touch.due(event, Form(LEAD, CARD)), replace(self.facts, claimed=claimed), self.now
        ):
            case Send():
                self.settled[event.touch_id] = "sent"
                self.outcomes[event.touch_id] += 1
            case Skip(reason):
                self.settled[event.touch_id] = reason
                self.outcomes[event.touch_id] += 1
                self._say(TouchSkipped(**said, reason=reason))
            case Defer(reason):
                booking = event.booking.uid if event.booking else ""
                self._say(TouchDeferred(**said, reason=reason, booking=booking))
            case _:
                pass

    def _say(self, event: Change) -> None:
        if self.parked:
            self.late.append(event)
        else:
            self.hear(event)


def happen(world: World, what: str) -> None:
    """Something happens to the lead, as both services hear of it, or as only one of them does."""
    world.revision += 1
    about = {"lead_id": LEAD, "at": world.now}
    standing = world.facts.standing
    match what:
        case "booked":
            booking = a_booking(
                f"b{world.revision}", starts_at=world.now + timedelta(days=9), ends_at=None
            )
            world.facts = replace(
                world.facts, standing=standing.model_copy(update={"booking": booking.uid})
            )
            world.hear(LeadBooked(**about, revision=world.revision, booking=booking))
        case "booked, and the scheduler never hears":
            world.facts = replace(
                world.facts, standing=standing.model_copy(update={"booking": "b"})
            )
        case "booked elsewhere":
            world.facts = replace(
                world.facts, standing=standing.model_copy(update={"booked_elsewhere": True})
            )
        case "cancelled":
            world.facts = replace(world.facts, standing=ContactEligibility())
            world.hear(BookingCancelled(**about, revision=world.revision, uid="b"))
        case "closed":
            world.facts = replace(
                world.facts, standing=standing.model_copy(update={"closed": "won"})
            )
            world.hear(LeadClosed(**about, reason=Closing.WON))
        case "closed, and the scheduler never hears":
            world.facts = replace(
                world.facts, standing=standing.model_copy(update={"closed": "won"})
            )
        case "paused":
            world.facts = replace(world.facts, lead_paused=True)
            world.hear(LeadPaused(**about, by="x"))
        case "paused, and the scheduler never hears":
            world.facts = replace(world.facts, lead_paused=True)
        case "unpaused":
            world.facts = replace(world.facts, lead_paused=False)
            world.hear(LeadResumed(**about, by="x"))
        case "opted out":
            world.facts = replace(world.facts, opted_out=True)
            world.hear(LeadOptedOut(**about, channel="whatsapp", reason="reply"))
        case "opted out, and the scheduler never hears":
            world.facts = replace(world.facts, opted_out=True)
        case "its address is dead":
            world.facts = replace(world.facts, dead=True)
        case "news are parked":
            world.parked = True
        case "news arrive late":
            world.parked = False
            for event in world.late:
                world.hear(event)
            world.late.clear()


THINGS = (
    "booked",
    "booked, and the scheduler never hears",
    "booked elsewhere",
    "cancelled",
    "closed",
    "closed, and the scheduler never hears",
    "paused",
    "paused, and the scheduler never hears",
    "unpaused",
    "opted out",
    "opted out, and the scheduler never hears",
    "its address is dead",
    "news are parked",
    "news arrive late",
)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(THINGS), st.integers(0, 5 * 24 * 60)), max_size=12),
)
def test_every_touch_ends_whatever_happens(story: list[tuple[str, int]]) -> None:
    world = World()
    world.hear(LeadResumed(lead_id=LEAD, at=ENTERED, by="x"))
    for what, minutes in story:
        happen(world, what)
        world.run_until(world.now + timedelta(minutes=minutes))
    world.run_until(world.now + timedelta(days=90))

    cancellations = 1 + sum(what in ("cancelled", "unpaused") for what, _ in story)
    assert all(count <= OUTCOMES_EACH for count in world.due.values())
    assert all(count <= 1 + cancellations for count in world.outcomes.values())


def test_a_booking_under_another_lead_of_the_person_is_asked_about_once() -> None:
    """As it was found: some 400 events a minute, and a note in Kommo for each."""
    world = World()
    world.hear(LeadResumed(lead_id=LEAD, at=ENTERED, by="x"))
    happen(world, "booked elsewhere")
    world.run_until(ENTERED + timedelta(days=30))

    assert set(world.due.values()) == {1}
    assert len(world.due) == len(JOURNEY.follow_up)


def test_a_skip_is_made_good_when_the_booking_is_cancelled_and_not_before() -> None:
    world = World()
    world.hear(LeadResumed(lead_id=LEAD, at=ENTERED, by="x"))
    happen(world, "booked, and the scheduler never hears")
    world.run_until(ENTERED + timedelta(days=4))
    [day_3] = world.due
    world.run_until(ENTERED + timedelta(days=5))

    assert world.due == {day_3: 1}
    happen(world, "cancelled")
    world.run_until(ENTERED + timedelta(days=5, hours=1))
    assert world.settled[day_3] == "sent"


def test_a_touch_that_is_deferred_again_and_again_is_set_aside() -> None:
    """Notify and the scheduler disagree about the hours, by a fault of ours: each says the other is wrong."""
    world = World()
    world.hear(LeadResumed(lead_id=LEAD, at=ENTERED, by="x"))
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
            world._fall_due(row)
        world.hear(deferred)

    assert world.rows[email.timer_id].state == "failed"
    assert world.due[next(iter(world.due))] <= MOST_FIRINGS
