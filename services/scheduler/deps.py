"""What scheduler needs from outside."""

from dataclasses import dataclass
from typing import Annotated

from kit.bus import FromContext
from kit.leader import Leader
from services.scheduler.settings import Settings
from services.scheduler.store import Store


@dataclass(frozen=True, slots=True)
class Deps:
    settings: Settings
    store: Store
    leader: Leader


FromApp = Annotated[Deps, FromContext("deps")]
