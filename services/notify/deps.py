"""The dependencies of notify's consumers, routes, jobs and use cases."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends

from contracts.commands.failed_work import DiscardWork, RetryWork
from contracts.events.base import Event
from contracts.events.touch import Channel
from kit.circuit_breaker import CircuitBreaker
from kit.clock import Clock
from kit.database import Database
from kit.messaging.broker import FromContext
from kit.outbound_switch import OutboundSwitch
from kit.runtime import deps_of
from providers.twilio.models import Bill, CallEvent
from services.notify.budget import Budget
from services.notify.content import Wording
from services.notify.crm_client import CrmClient
from services.notify.journeys import Journeys
from services.notify.repositories.call_turns import CallTurns
from services.notify.repositories.touches import Touches
from services.notify.senders import Sender
from services.notify.settings import Settings


@dataclass(frozen=True, slots=True)
class Deps:
    settings: Settings
    journeys: Journeys
    database: Database
    touches: Touches
    failed_work: Callable[[RetryWork | DiscardWork], Awaitable[None]]
    crm: CrmClient
    senders: Mapping[Channel, Sender]
    breakers: Mapping[Channel, CircuitBreaker]
    call_turns: CallTurns
    call_events: Callable[[str], Awaitable[list[CallEvent]]]
    turn_call: Callable[[str, str], Awaitable[bool]]
    bill_of: Callable[[str], Awaitable[Bill | None]]
    budget: Budget
    switch: OutboundSwitch
    wording: Wording
    publish_directly: Callable[[Event], Awaitable[None]]
    now: Clock


BusDeps = Annotated[Deps, FromContext("deps")]
HttpDeps = Annotated[Deps, Depends(deps_of)]
