"""The rules of all services around one lead, in memory: decisions meet decisions, without servers.

Each class does for one service what its use cases do around the pure decisions, with dictionaries
in place of tables, and a bus that hands events over in any order.
"""

from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import get_args
from uuid import UUID

from contracts.api.permits import ContactEligibility
from contracts.events.base import Event
from contracts.events.call import CallUnanswered
from contracts.events.lead import (
    LeadClosed,
    LeadCreated,
    LeadErased,
    LeadOptedOut,
    LeadPaused,
    LeadRestored,
    LeadResumed,
    LeadUpdated,
)
from contracts.events.reply import WAITS_FOR_A_PERSON, Intent, ReplyReceived
from contracts.events.touch import (
    Channel,
    HoldReason,
    Kind,
    TouchDue,
    TouchFailed,
    TouchSkipped,
)
from domain.channels import AddressKind, facts_of
from domain.journey.contact_hours import legal_opening, waking_opening
from domain.journey.law import law_of
from domain.journey.parser import stored_journey
from domain.journey.time_zones import whereabouts
from domain.receipts import Outcome
from providers.calcom.models import BookingUpdate, UpdateKind
from services.console.decisions.leads import Lead as ConsoleLead
from services.console.decisions.leads import fold
from services.crm.decisions.bookings import (
    Appointment,
    apply_update,
    changes_to_publish,
    current_booking,
)
from services.notify.claims import Claim, Settlement
from services.notify.decisions import settlements
from services.notify.decisions.addressing import ABOUT_MEETINGS
from services.notify.decisions.fallback import after_call, after_failure
from services.notify.decisions.first_contact import already_booked, first_touches, may_have_booked
from services.notify.decisions.limits import limit_of
from services.notify.decisions.receipts import advance, events_for
from services.notify.decisions.sending import (
    FOLLOW_UP_GAP,
    OPEN,
    RECLAIMABLE,
    Defer,
    Facts,
    Hold,
    Ignore,
    Send,
    Skip,
    decide,
)
from services.notify.touches import Form, State, Touch
from services.scheduler.decisions.enrolment import (
    Change,
    Enrolment,
    Name,
    apply_event,
    changes_enrolment,
    enrol,
    erased,
    happened_by,
    moved_to,
)
from services.scheduler.decisions.lateness import (
    Drop,
    Fire,
    Move,
    resolve_timer,
)
from services.scheduler.decisions.planning import plan
from services.scheduler.decisions.reconciliation import StoredTimer, reconcile, reopened

JOURNEY = stored_journey(Path("deploy/journey.yml").read_text(encoding="utf-8"))
ZONE = "America/Monterrey"
REGION = "MX"
LEAD = 7
CHANGES = tuple(get_args(Change))
NOBODY = Claim(UUID(int=0), attempt=1)


class Bus:
    """Holds what was published, for each service until it is handed over."""

    def __init__(self) -> None:
        self.published: list[Event] = []
        self.waiting: list[tuple[str, Event]] = []

    def publish(self, *events: Event) -> None:
        for event in events:
            self.published.append(event)
            self.waiting += [(name, event) for name in ("scheduler", "notify", "console")]

    def count(self, kind: type[Event]) -> int:
        return sum(isinstance(event, kind) for event in self.published)


class Crm:
    """Knows the person's appointments, and answers whether the lead may be contacted."""

    def __init__(self, bus: Bus) -> None:
        self.bus = bus
        self.appointments: dict[tuple[str, str], Appointment] = {}
        self.published: Appointment | None = None
        self.revision = 0
        self.closed: str | None = None
        self.cancelled_at: dict[str, datetime] = {}

    def apply(self, update: BookingUpdate, now: datetime) -> None:
        if update.what is UpdateKind.CANCELLED:
            self.cancelled_at.setdefault(update.uid, now)
        changed = apply_update(list(self.appointments.values()), update, REGION)
        self.appointments |= {appointment.name: appointment for appointment in changed}
        known = list(self.appointments.values())
        before = self.published
        after = current_booking(known, before, now=now)
        events = changes_to_publish(LEAD, before, after, known, revision=self.revision, now=now)
        if events:
            self.revision += len(events)
            self.published = after
            self.bus.publish(*(event.model_copy(update={"at": now}) for event in events))

    def close(self, event: LeadClosed) -> None:
        self.closed = str(event.reason)
        self.bus.publish(event)

    def eligibility(self, now: datetime) -> ContactEligibility:
        published = self.published
        booking = published.booking if published is not None else None
        meetings = booking.series if booking is not None else ()
        ends_at = booking.ends_at if booking is not None else None
        is_over = ends_at is not None and ends_at <= now
        return ContactEligibility(
            booking=published.uid if published is not None else None,
            meetings=tuple(meeting.uid for meeting in meetings),
            closed=self.closed,
            meeting=None if is_over else booking,
        )


class Scheduler:
    """Folds what happens into the lead's enrolment, and fires its timers."""

    def __init__(self, bus: Bus) -> None:
        self.bus = bus
        self.lead: Enrolment | None = None
        self.timers: dict[Name, StoredTimer] = {}
        self.fired_at: dict[Name, list[datetime]] = defaultdict(list)
        self.failed: list[str] = []
        self.numbers = count(1)

    def consume(self, event: Event, now: datetime) -> bool:
        """Returns False where the event must come again later."""
        if isinstance(event, LeadCreated):
            self.lead = enrol(happened_by(event, now), zone=ZONE, region=REGION)
            self._replan(self.lead, self.lead)
            return True
        if self.lead is None:
            return False
        event = happened_by(event, now)
        if isinstance(event, LeadErased):
            self._replan(self.lead, erased(self.lead))
        elif isinstance(event, CHANGES) and changes_enrolment(event):
            moved = self.lead
            if isinstance(event, LeadUpdated):
                moved = moved_to(moved, event, zone=ZONE, region=REGION)
            self._replan(self.lead, apply_event(moved, event, JOURNEY))
        return True

    def _replan(self, before: Enrolment, after: Enrolment) -> None:
        self.lead = after
        stored = list(self.timers.values())
        changes = reconcile(stored, plan(after, JOURNEY), reopened(before, after, stored))
        by_id = {row.timer_id: row.timer.name for row in stored}
        for timer_id in changes.delete:
            del self.timers[by_id[timer_id]]
        for timer in changes.insert:
            self.timers[timer.name] = StoredTimer(
                next(self.numbers), timer, timer.due_at, "pending"
            )
        for timer_id, due_at in (*changes.move, *changes.reopen):
            row = self.timers[by_id[timer_id]]
            timer = replace(row.timer, due_at=due_at)
            self.timers[timer.name] = StoredTimer(row.timer_id, timer, due_at, "pending")

    def next_due(self) -> datetime | None:
        due = [row.timer.due_at for row in self.timers.values() if row.state == "pending"]
        return min(due, default=None)

    def fire(self, now: datetime) -> bool:
        """Settles the first timer that is due. Returns whether there was one."""
        assert self.lead is not None
        due = [
            row
            for row in self.timers.values()
            if row.state == "pending" and row.timer.due_at <= now
        ]
        if not due:
            return False
        row = min(due, key=lambda row: row.timer.due_at)
        end = resolve_timer(
            self.lead,
            JOURNEY,
            row.timer,
            planned_at=row.planned_at,
            now=now,
            overtaken=self._is_overtaken(row, now),
            fired_at=self.fired_at[row.timer.name],
        )
        match end:
            case Move(due_at):
                timer = replace(row.timer, due_at=due_at)
                self.timers[timer.name] = replace(row, timer=timer)
            case Fire(events):
                self.timers[row.timer.name] = replace(row, state="fired")
                self.fired_at[row.timer.name].append(now)
                self.bus.publish(*(event.model_copy(update={"at": now}) for event in events))
            case Drop(_, events):
                self.timers[row.timer.name] = replace(row, state="dropped")
                self.bus.publish(*(event.model_copy(update={"at": now}) for event in events))
            case _:
                self.timers[row.timer.name] = replace(row, state="failed")
                self.failed.append(end.reason)
        return True

    def _is_overtaken(self, row: StoredTimer, now: datetime) -> bool:
        timer = row.timer
        return any(
            other.timer.channel is timer.channel
            and other.planned_at > row.planned_at
            and other.timer.due_at <= now
            and other.state in ("pending", "fired")
            and (other.timer.booking, other.timer.run) == (timer.booking, timer.run)
            for other in self.timers.values()
        )


@dataclass
class Row:
    """A touch in notify's ledger."""

    touch: Touch
    state: State = State.PLANNED
    reason: str = ""
    held_until: datetime | None = None
    sent_at: list[datetime] = field(default_factory=list)


@dataclass(frozen=True)
class Sent:
    """A touch at the instant at which it left, and what was known then."""

    touch: Touch
    at: datetime
    stopped: bool
    refused: bool
    paused: bool
    eligibility: ContactEligibility


class Notify:
    """Delivers touches, unless a rule speaks against it, and reads receipts."""

    def __init__(self, bus: Bus, crm: Crm) -> None:
        self.bus = bus
        self.crm = crm
        self.form: Form | None = None
        self.rows: dict[UUID, Row] = {}
        self.sent: list[Sent] = []
        self.quotas: dict[tuple[str, str, object], int] = defaultdict(int)
        self.stopped = False
        self.refused = False
        self.paused = False
        self.paused_at: datetime | None = None

    def consume(self, event: Event, now: datetime) -> bool:
        """Returns False where the event must come again later."""
        match event:
            case LeadCreated():
                self.form = Form(LEAD, event.card)
                self._answer(event, now)
            case _ if self.form is None:
                return False
            case LeadUpdated():
                self.form = Form(event.submission_id, event.card)
                self.refused = self.refused and not event.returned
                self._answer(event, now)
            case TouchDue():
                self.deliver(Touch.due(event, self.form), now)
            case CallUnanswered():
                row = self.rows[event.touch_id]
                self._follow(after_call(row.touch, event.reason, self.form.card), now)
            case TouchFailed():
                row = self.rows[event.touch_id]
                self._follow(after_failure(row.touch, event.kind, self.form.card), now)
            case LeadPaused() | LeadResumed():
                self._pause(event.at, paused=isinstance(event, LeadPaused))
            case _:
                pass
        return True

    def read_reply(self, intent: Intent, now: datetime) -> None:
        """Reads a reply, and obeys it at once."""
        if intent is Intent.STOP:
            if not self.stopped:
                self.stopped = True
                self.bus.publish(
                    LeadOptedOut(lead_id=LEAD, at=now, channel="whatsapp", reason="reply")
                )
            return
        if intent is Intent.NO_INTEREST:
            self.refused = True
        elif intent in WAITS_FOR_A_PERSON:
            self._pause(now, paused=True)
        reply = ReplyReceived(
            lead_id=LEAD, at=now, channel=Channel.WHATSAPP, text="…", intent=intent
        )
        self.bus.publish(reply)

    def restore(self, now: datetime) -> None:
        if self.stopped:
            self.stopped = False
            self.bus.publish(LeadRestored(lead_id=LEAD, at=now, by="ana"))

    def resume_held(self, now: datetime) -> None:
        for row in list(self.rows.values()):
            if row.state is State.PLANNED and row.held_until and row.held_until <= now:
                self.deliver(row.touch, now)

    def receive(self, row: Row, receipt: Outcome, now: datetime) -> None:
        after = advance(row.state, receipt)
        if after is None:
            return
        events = events_for(receipt, row.state, **row.touch.about())
        row.state = after
        self.bus.publish(*(event.model_copy(update={"at": now}) for event in events))

    def _pause(self, at: datetime, *, paused: bool) -> None:
        if self.paused_at is None or at > self.paused_at:
            self.paused, self.paused_at = paused, at

    def _answer(self, event: LeadCreated | LeadUpdated, now: datetime) -> None:
        meeting = self.crm.eligibility(now).meeting
        if meeting is not None and may_have_booked(event, JOURNEY, now):
            self.deliver(already_booked(event, meeting), now)
            return
        for touch in first_touches(event, JOURNEY, now, zone=ZONE, region=REGION):
            self.deliver(touch, now)

    def _follow(self, touch: Touch | None, now: datetime) -> None:
        if touch is not None:
            self.deliver(touch, now)

    def deliver(self, touch: Touch, now: datetime) -> None:
        row = self.rows.setdefault(touch.touch_id, Row(touch))
        is_free = row.state is State.PLANNED or (
            row.state is State.SKIPPED and row.reason in RECLAIMABLE
        )
        row.held_until = None
        facts = self._facts(touch, now, claimed=is_free)
        match decide(touch, facts, now):
            case Ignore():
                return
            case Skip(reason):
                row.touch, row.state, row.reason = touch, State.SKIPPED, reason
                self._settle(settlements.skipped(touch, NOBODY, reason), now)
            case Defer() as defer:
                row.touch, row.state = touch, State.PLANNED
                self._settle(settlements.deferred(touch, NOBODY, defer), now)
            case Hold(HoldReason.HOURS, until=until):
                row.touch, row.held_until = touch, until
            case Send():
                row.touch, row.state = touch, State.SENDING
                row.sent_at.append(now)
                self._count(touch, now)
                self.sent.append(
                    Sent(touch, now, self.stopped, self.refused, self.paused, facts.eligibility)
                )
            case other:
                raise AssertionError(other)

    def _settle(self, settlement: Settlement, now: datetime) -> None:
        assert settlement.event is not None
        self.bus.publish(settlement.event.model_copy(update={"at": now}))

    def _facts(self, touch: Touch, now: datetime, *, claimed: bool) -> Facts:
        assert self.form is not None
        card = self.form.card
        place = whereabouts(card.time_zone, card.phone, zone=ZONE, region=REGION)
        limit = limit_of(
            touch, now, zone=place.home, calls_per_day=1, calls_per_week=3, journey=JOURNEY
        )
        is_over = limit is not None and self._used(limit.place, limit.what, limit.day)
        by_phone = facts_of(touch.channel).address is AddressKind.PHONE
        week = [sent for sent in self.sent if now - sent.at < timedelta(days=7)]
        follow_ups = [sent for sent in week if sent.touch.kind is Kind.FOLLOW_UP]
        return Facts(
            claimed=claimed,
            stopped=self.stopped,
            refused=self.refused,
            lead_paused=self.paused,
            again_at=limit.again_at if limit is not None and is_over else None,
            channels_this_week=frozenset(sent.touch.channel for sent in follow_ups),
            followed_up_today=any(now - sent.at < FOLLOW_UP_GAP for sent in follow_ups),
            one_channel_a_week=law_of(place.country).one_channel_a_week,
            opens_at=self._opens_at(touch, now) if by_phone else OPEN,
            eligibility=self.crm.eligibility(now),
        )

    def _opens_at(self, touch: Touch, now: datetime) -> datetime | None:
        assert self.form is not None
        card = self.form.card
        place = whereabouts(card.time_zone, touch.address, zone=ZONE, region=REGION)
        if touch.kind in ABOUT_MEETINGS:
            return OPEN
        if touch.kind is Kind.ASKED_FOR:
            if touch.until is None or now < touch.until:
                return OPEN
            span = waking_opening(now, place)
        else:
            span = legal_opening(now, touch.channel, place)
        return span.opens if span is not None else None

    def _used(self, place: str, what: str, day: object) -> bool:
        return self.quotas[place, what, day] >= 1

    def _count(self, touch: Touch, now: datetime) -> None:
        assert self.form is not None
        card = self.form.card
        place = whereabouts(card.time_zone, card.phone, zone=ZONE, region=REGION)
        limit = limit_of(
            touch, now, zone=place.home, calls_per_day=1, calls_per_week=3, journey=JOURNEY
        )
        if limit is not None:
            self.quotas[limit.place, limit.what, limit.day] += 1


class Console:
    """Folds every event into what the team sees of the lead."""

    def __init__(self) -> None:
        self.lead = ConsoleLead(LEAD)
        self.skipped: list[TouchSkipped] = []

    def consume(self, event: Event) -> None:
        self.lead = fold(self.lead, event)
