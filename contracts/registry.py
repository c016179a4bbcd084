"""Every event, every command, and every answer between services."""

from contracts.api.addresses import SuspendedAddress
from contracts.api.backlog import BacklogStatus
from contracts.api.lead_plan import LeadPlan
from contracts.api.model import ApiModel
from contracts.api.permits import Permit
from contracts.api.submissions import (
    Delivery,
    DeliveryDetail,
    FileImport,
    HeldList,
    NewSourceKey,
    SourceStatus,
)
from contracts.api.texts import SentText, TextPreview
from contracts.commands.address import RestoreAddress
from contracts.commands.base import Command
from contracts.commands.failed_work import DiscardWork, RetryWork
from contracts.commands.lead import (
    AssignBooking,
    EraseLead,
    PauseLead,
    RestoreLead,
    ResumeLead,
    SkipStep,
    StopLead,
)
from contracts.commands.outbound import PauseOutbound, ResumeOutbound
from contracts.commands.submission import AcceptSubmission, DiscardSubmission, ReplayDelivery
from contracts.commands.touch import ReleaseTouches, ResolveTouch
from contracts.events.address import AddressRestored, AddressSuspended
from contracts.events.backup import BackupStarted
from contracts.events.base import Event
from contracts.events.booking import (
    BookingAssigned,
    BookingCancelled,
    BookingRescheduled,
    BookingUnmatched,
    BookingUpdated,
    LeadBooked,
    MeetingEnded,
)
from contracts.events.cadence import BacklogHeld, BacklogReleased, CadenceFinished
from contracts.events.call import CallAnswered, CallUnanswered
from contracts.events.dead_letter import DeadLetterDiscarded, DeadLetterReplayed
from contracts.events.failed_work import WorkDiscarded, WorkFailed, WorkRetried
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
    LeadRestored,
    LeadResumed,
    LeadSuperseded,
    LeadUpdated,
)
from contracts.events.link import LinkOpened
from contracts.events.outbound import (
    OutboundPaused,
    OutboundResumed,
    ProviderRecovered,
    ProviderUnavailable,
    SpendingReached,
)
from contracts.events.reply import ReplyAttended, ReplyReceived, ReplyUnmatched
from contracts.events.submission import (
    DeliveryReplayed,
    InquiryReceived,
    SourceChanged,
    SubmissionAccepted,
    SubmissionDiscarded,
    SubmissionHeld,
)
from contracts.events.touch import (
    TouchChecked,
    TouchDeferred,
    TouchDelayed,
    TouchDelivered,
    TouchDue,
    TouchesReleased,
    TouchFailed,
    TouchHeld,
    TouchResolved,
    TouchSent,
    TouchSkipped,
    TouchUncertain,
    TouchUnresolved,
)
from contracts.message import Message

ALL_EVENTS: tuple[type[Event], ...] = (
    SubmissionHeld,
    SubmissionAccepted,
    SubmissionDiscarded,
    DeliveryReplayed,
    SourceChanged,
    InquiryReceived,
    LeadCreated,
    LeadUpdated,
    LeadSuperseded,
    LeadRegistered,
    LeadRegistrationFailed,
    LeadOptedOut,
    LeadRestored,
    LeadClosed,
    LeadNeedsAttention,
    LeadPaused,
    LeadResumed,
    LeadErased,
    LeadBooked,
    BookingRescheduled,
    BookingUpdated,
    BookingCancelled,
    BookingUnmatched,
    BookingAssigned,
    MeetingEnded,
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
    TouchResolved,
    TouchHeld,
    TouchDelayed,
    TouchesReleased,
    AddressSuspended,
    AddressRestored,
    CallAnswered,
    CallUnanswered,
    ReplyReceived,
    ReplyUnmatched,
    ReplyAttended,
    LinkOpened,
    OutboundPaused,
    OutboundResumed,
    ProviderUnavailable,
    ProviderRecovered,
    SpendingReached,
    DeadLetterReplayed,
    DeadLetterDiscarded,
    WorkFailed,
    WorkRetried,
    WorkDiscarded,
    JourneyPublished,
    BackupStarted,
)

ALL_COMMANDS: tuple[type[Command], ...] = (
    PauseLead,
    ResumeLead,
    StopLead,
    RestoreLead,
    EraseLead,
    SkipStep,
    AssignBooking,
    ResolveTouch,
    ReleaseTouches,
    RestoreAddress,
    PauseOutbound,
    ResumeOutbound,
    AcceptSubmission,
    DiscardSubmission,
    ReplayDelivery,
    RetryWork,
    DiscardWork,
)

MESSAGES: dict[str, type[Message]] = {
    message.topic_name(): message for message in (*ALL_EVENTS, *ALL_COMMANDS)
}

API_ANSWERS: tuple[type[ApiModel], ...] = (
    Permit,
    LeadPlan,
    BacklogStatus,
    SentText,
    TextPreview,
    SuspendedAddress,
    HeldList,
    SourceStatus,
    NewSourceKey,
    Delivery,
    DeliveryDetail,
    FileImport,
)
