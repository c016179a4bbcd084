"""When a change in Kommo means that a lead is no longer ours to follow up. Pure."""

from dataclasses import dataclass

from contracts.events.lead import Closing
from providers.kommo.models import Change
from services.crm.decisions.kommo import LOST, WON

ROBOT = 0


@dataclass(frozen=True, slots=True)
class Stages:
    """The stages that we ourselves move leads between."""

    pipeline: int
    initial: int
    booked: int


def closed_by(change: Change, stages: Stages, *, ever_booked: bool) -> Closing | None:
    """Why the lead is closed; None for a move that we made, or may have made: Kommo tells us of our own writes too.

    A lead that a person puts into the booked stage by hand has its meeting arranged some other way. An account's robots
    move leads too, and take nobody over.
    """
    if change.deleted:
        return Closing.DELETED
    if change.status_id == WON:
        return Closing.WON
    if change.status_id == LOST:
        return Closing.LOST
    if change.by == ROBOT:
        return None
    ours = {stages.initial, stages.booked} if ever_booked else {stages.initial}
    if change.pipeline_id in (None, stages.pipeline) and change.status_id in (None, *ours):
        return None
    return Closing.TAKEN_OVER
