"""What notify needs from outside."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from faststream import Context

from contracts.touch import Channel
from journey.model import Journey
from kit.clock import Clock
from services.notify.permission import Crm
from services.notify.senders import Sender
from services.notify.settings import Settings
from services.notify.store import Store
from services.notify.wording import Wording


@dataclass(frozen=True, slots=True)
class Deps:
    settings: Settings
    journey: Journey
    store: Store
    crm: Crm
    senders: Mapping[Channel, Sender]
    wording: Wording
    now: Clock


FromApp = Annotated[Deps, Context("deps")]
