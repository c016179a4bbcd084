"""What console needs from outside."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated

from journey.model import Journey
from kit.bus import FromContext
from kit.leader import Leader
from services.console.decisions.disk import Disk
from services.console.door import Door
from services.console.neighbours import Neighbours
from services.console.rendering import Pages
from services.console.set_aside import SetAside
from services.console.settings import Settings
from services.console.store.actions import Heard, Store
from services.console.store.figures import Figures
from services.console.store.logins import Logins
from services.console.store.projections import Projections
from services.console.store.sessions import EndedSessions


@dataclass(frozen=True, slots=True)
class Deps:
    settings: Settings
    journey: Journey
    store: Store
    add: Callable[[Heard], Awaitable[bool]]
    figures: Figures
    projections: Projections
    set_aside: SetAside
    neighbours: Neighbours
    pages: Pages
    door: Door
    logins: Logins
    ended_sessions: EndedSessions
    disk: Callable[[], Disk]
    log_writer: Leader
    projector: Leader


FromApp = Annotated[Deps, FromContext("deps")]
