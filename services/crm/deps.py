"""What crm needs from outside."""

from dataclasses import dataclass
from typing import Annotated

from faststream import Context

from kit.leader import Leader
from providers.kommo.client import KommoClient
from services.crm.settings import Settings
from services.crm.store import Store


@dataclass(frozen=True, slots=True)
class Deps:
    settings: Settings
    store: Store
    kommo: KommoClient
    leader: Leader


FromApp = Annotated[Deps, Context("deps")]
