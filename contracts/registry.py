"""Every event there is: the vocabulary of the bus."""

from contracts.events.backup import BackupStarted
from contracts.events.base import Event
from contracts.events.booking import (
    BookingAssigned,
    BookingCancelled,
    BookingRescheduled,
    BookingUnmatched,
    LeadBooked,
    MeetingEnded,
)
from contracts.events.cadence import BacklogHeld, BacklogReleased, CadenceFinished, StepSkipped
from contracts.events.call import CallAnswered, CallUnanswered
from contracts.events.dead_letter import DeadLetterDiscarded, DeadLetterReplayed
from contracts.events.failed_work import DiscardWork, RetryWork, WorkFailed
from contracts.events.journey import JourneyPublished
from contracts.events.lead import (
    LeadClosed,
    LeadCreated,
    LeadErased,
    LeadNeedsAttention,
    LeadOptedOut,
    LeadPaused,
    LeadRegistered,
    LeadRegistrationFailed,
    LeadResumed,
    LeadStopped,
    LeadSuperseded,
    LeadUpdated,
)
from contracts.events.outbound import (
    OutboundPaused,
    OutboundResumed,
    ProviderRecovered,
    ProviderUnavailable,
    SpendingReached,
)
from contracts.events.reply import ReplyReceived
from contracts.events.touch import (
    ReleaseTouches,
    TouchChecked,
    TouchDeferred,
    TouchDelayed,
    TouchDelivered,
    TouchDue,
    TouchFailed,
    TouchHeld,
    TouchReviewed,
    TouchSent,
    TouchSkipped,
    TouchUncertain,
    TouchUnresolved,
)

ALL_EVENTS: tuple[type[Event], ...] = (
    LeadCreated,
    LeadUpdated,
    LeadSuperseded,
    LeadRegistered,
    LeadRegistrationFailed,
    LeadOptedOut,
    LeadClosed,
    LeadNeedsAttention,
    LeadPaused,
    LeadResumed,
    LeadStopped,
    LeadErased,
    LeadBooked,
    BookingRescheduled,
    BookingCancelled,
    BookingUnmatched,
    BookingAssigned,
    MeetingEnded,
    StepSkipped,
    CadenceFinished,
    BacklogHeld,
    BacklogReleased,
    TouchDue,
    TouchDeferred,
    TouchSent,
    TouchDelivered,
    TouchFailed,
    TouchSkipped,
    TouchUncertain,
    TouchChecked,
    TouchUnresolved,
    TouchReviewed,
    TouchHeld,
    TouchDelayed,
    ReleaseTouches,
    CallAnswered,
    CallUnanswered,
    ReplyReceived,
    OutboundPaused,
    OutboundResumed,
    ProviderUnavailable,
    ProviderRecovered,
    SpendingReached,
    DeadLetterReplayed,
    DeadLetterDiscarded,
    WorkFailed,
    RetryWork,
    DiscardWork,
    JourneyPublished,
    BackupStarted,
)
