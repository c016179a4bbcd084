"""What console needs from outside."""

from dataclasses import dataclass
from typing import Annotated

from faststream import Context

from kit.leader import Leader
from services.console.dead_letters import DeadLetters
from services.console.store import Store


@dataclass(frozen=True, slots=True)
class Deps:
    store: Store
    dead_letters: DeadLetters
    log_writer: Leader


FromApp = Annotated[Deps, Context("deps")]
