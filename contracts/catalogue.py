"""Every event there is: the vocabulary of the bus."""

from contracts.booking import BookingCancelled, BookingMoved, BookingUnmatched, LeadBooked, MeetingEnded
from contracts.cadence import CadenceFinished, CatchUpHeld, CatchUpReleased
from contracts.call import CallAnswered, CallUnanswered
from contracts.dead_letter import DeadLetterDiscarded, DeadLetterReplayed
from contracts.event import Event
from contracts.lead import LeadClosed, LeadCreated, LeadOptedOut, LeadRegistered, LeadReturned, LeadUnregistered
from contracts.outbound import OutboundPaused, OutboundResumed, ProviderAway, ProviderBack
from contracts.reply import ReplyReceived
from contracts.touch import (
    TouchDeferred,
    TouchDelivered,
    TouchDue,
    TouchFailed,
    TouchHeld,
    TouchLookedUp,
    TouchSent,
    TouchSkipped,
    TouchUncertain,
    TouchUnknown,
)

EVERY_EVENT: tuple[type[Event], ...] = (
    LeadCreated,
    LeadReturned,
    LeadRegistered,
    LeadUnregistered,
    LeadOptedOut,
    LeadClosed,
    LeadBooked,
    BookingMoved,
    BookingCancelled,
    BookingUnmatched,
    MeetingEnded,
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
    TouchHeld,
    CallAnswered,
    CallUnanswered,
    ReplyReceived,
    OutboundPaused,
    OutboundResumed,
    ProviderAway,
    ProviderBack,
    DeadLetterReplayed,
    DeadLetterDiscarded,
)
