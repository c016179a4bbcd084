"""What notify needs from outside."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from faststream import Context

from contracts.touch import Channel
from services.notify.senders import Sender, Wording
from services.notify.settings import Settings
from services.notify.store import Store


@dataclass(frozen=True, slots=True)
class Deps:
    settings: Settings
    store: Store
    senders: Mapping[Channel, Sender]
    wording: Wording


FromApp = Annotated[Deps, Context("deps")]
