"""Decides whether a change in Kommo ends our follow-up of a lead. Pure."""

from dataclasses import dataclass

from contracts.events.lead import Closing
from providers.kommo.models import Change
from services.crm.decisions.kommo import LOST, WON

ROBOT = 0  # the user id of the account's robots


@dataclass(frozen=True, slots=True)
class Stages:
    """The stages that crm itself moves leads between."""

    pipeline: int
    initial: int
    booked: int


def closed_by(change: Change, stages: Stages, *, ever_booked: bool) -> Closing | None:
    """Returns why the lead is closed, or None if it is not.

    A move that crm made, or may have made, closes nothing: Kommo sends webhooks about our own
    writes too. A lead that a person puts into the booked stage by hand has its meeting arranged
    some other way. An account's robots also move leads, but take over none.
    """
    if change.deleted:
        return Closing.DELETED
    if change.status_id == WON:
        return Closing.WON
    if change.status_id == LOST:
        return Closing.LOST
    if change.by == ROBOT:
        return None
    our_stages: set[int | None] = {None, stages.initial}
    if ever_booked:
        our_stages.add(stages.booked)
    if change.pipeline_id in (None, stages.pipeline) and change.status_id in our_stages:
        return None
    return Closing.TAKEN_OVER
