"""What notify needs from outside."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Annotated

from contracts.event import Event
from contracts.failed_work import DiscardWork, RetryWork
from contracts.touch import Channel
from kit.breaker import Breaker
from kit.bus import FromContext
from kit.clock import Clock
from kit.switch import Switch
from providers.twilio.client import CallEvent
from services.notify.budget import Budget
from services.notify.journeys import Journeys
from services.notify.permission import Crm
from services.notify.senders import Sender
from services.notify.settings import Settings
from services.notify.store.leads import Leads
from services.notify.store.ledger import Store
from services.notify.store.orders import Orders
from services.notify.store.texts import Texts
from services.notify.wording import Wording


@dataclass(frozen=True, slots=True)
class Deps:
    settings: Settings
    journeys: Journeys
    store: Store
    leads: Leads
    texts: Texts
    orders: Orders
    erase: Callable[[int], Awaitable[None]]
    failed_work: Callable[[RetryWork | DiscardWork], Awaitable[None]]
    crm: Crm
    senders: Mapping[Channel, Sender]
    breakers: Mapping[Channel, Breaker]
    call_events: Callable[[str], Awaitable[list[CallEvent]]]
    budget: Budget
    switch: Switch
    wording: Wording
    say_directly: Callable[[Event], Awaitable[None]]
    now: Clock


FromApp = Annotated[Deps, FromContext("deps")]
