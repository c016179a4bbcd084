"""Every event there is: the vocabulary of the bus."""

from contracts.call import CallAnswered, CallUnanswered
from contracts.event import Event
from contracts.lead import LeadCreated, LeadOptedOut, LeadRegistered, LeadReturned, LeadUnregistered
from contracts.reply import ReplyReceived
from contracts.touch import TouchDelivered, TouchFailed, TouchSent, TouchSkipped, TouchUncertain

EVERY_EVENT: tuple[type[Event], ...] = (
    LeadCreated,
    LeadReturned,
    LeadRegistered,
    LeadUnregistered,
    LeadOptedOut,
    TouchSent,
    TouchDelivered,
    TouchFailed,
    TouchSkipped,
    TouchUncertain,
    CallAnswered,
    CallUnanswered,
    ReplyReceived,
)
