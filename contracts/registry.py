"""Every event there is: the vocabulary of the bus."""

from contracts.events.backup import BackupStarted
from contracts.events.base import Event
from contracts.events.booking import (
    BookingAttached,
    BookingCancelled,
    BookingMoved,
    BookingUnmatched,
    LeadBooked,
    MeetingEnded,
)
from contracts.events.cadence import CadenceFinished, CatchUpHeld, CatchUpReleased, StepSkipped
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
    LeadStopped,
    LeadSuperseded,
    LeadUnpaused,
    LeadUnregistered,
    LeadUpdated,
)
from contracts.events.outbound import OutboundPaused, OutboundResumed, ProviderAway, ProviderBack, SpendingReached
from contracts.events.reply import ReplyReceived
from contracts.events.touch import (
    ReleaseTouches,
    TouchDeferred,
    TouchDelayed,
    TouchDelivered,
    TouchDue,
    TouchFailed,
    TouchHeld,
    TouchLookedUp,
    TouchReviewed,
    TouchSent,
    TouchSkipped,
    TouchUncertain,
    TouchUnknown,
)

EVERY_EVENT: tuple[type[Event], ...] = (
    LeadCreated,
    LeadUpdated,
    LeadSuperseded,
    LeadRegistered,
    LeadUnregistered,
    LeadOptedOut,
    LeadClosed,
    LeadNeedsAttention,
    LeadPaused,
    LeadUnpaused,
    LeadStopped,
    LeadErased,
    LeadBooked,
    BookingMoved,
    BookingCancelled,
    BookingUnmatched,
    BookingAttached,
    MeetingEnded,
    StepSkipped,
    CadenceFinished,
    CatchUpHeld,
    CatchUpReleased,
    TouchDue,
    TouchDeferred,
    TouchSent,
    TouchDelivered,
    TouchFailed,
    TouchSkipped,
    TouchUncertain,
    TouchLookedUp,
    TouchUnknown,
    TouchReviewed,
    TouchHeld,
    TouchDelayed,
    ReleaseTouches,
    CallAnswered,
    CallUnanswered,
    ReplyReceived,
    OutboundPaused,
    OutboundResumed,
    ProviderAway,
    ProviderBack,
    SpendingReached,
    DeadLetterReplayed,
    DeadLetterDiscarded,
    WorkFailed,
    RetryWork,
    DiscardWork,
    JourneyPublished,
    BackupStarted,
)
