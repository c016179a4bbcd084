"""Decides whether a change in Kommo ends our follow-up of a lead. Pure."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from contracts.events.lead import Closing
from providers.kommo.models import LOST, WON, Change
from services.crm.decisions.kommo import Place

ROBOT = 0  # the user id of the account's robots; some accounts give it for people's moves too


@dataclass(frozen=True, slots=True)
class Stages:
    """The stages that crm itself moves leads between, and those that the robots move them to."""

    pipeline: int
    initial: int
    booked: int
    robots: AbstractSet[int] = frozenset()


def closed_by(
    change: Change, stages: Stages, *, ever_booked: bool, before: Place | None = None
) -> Closing | None:
    """Returns why the lead is closed, or None if it is not.

    A move that crm made, or may have made, closes nothing: Kommo sends webhooks about our own
    writes too. `before` is the place to which crm returns a lead whose booking is cancelled. A lead
    that a person puts into the booked stage by hand has its meeting arranged some other way. The
    account's robots also move leads, but take over none.
    """
    if change.deleted:
        return Closing.DELETED
    if change.status_id == WON:
        return Closing.WON
    if change.status_id == LOST:
        return Closing.LOST
    if _may_be_ours(change, stages, ever_booked=ever_booked, before=before):
        return None
    if change.by == ROBOT and change.status_id in stages.robots:
        return None
    return Closing.TAKEN_OVER


def is_unclear(
    change: Change, stages: Stages, *, ever_booked: bool, before: Place | None = None
) -> bool:
    """Returns whether it depends on who made the change, which its webhook does not say."""
    unnamed = change.by is None and change.status_id in stages.robots and not change.deleted
    return unnamed and not _may_be_ours(change, stages, ever_booked=ever_booked, before=before)


def _may_be_ours(
    change: Change, stages: Stages, *, ever_booked: bool, before: Place | None
) -> bool:
    if change.status_id is None:
        return change.pipeline_id in (None, stages.pipeline)
    ours = {Place(stages.pipeline, stages.initial)}
    if ever_booked:
        ours.add(Place(stages.pipeline, stages.booked))
        if before is not None:
            ours.add(before)
    if change.pipeline_id is None:
        return change.status_id in {place.status_id for place in ours}
    return Place(change.pipeline_id, change.status_id) in ours
