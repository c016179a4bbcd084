"""Whether a touch goes out now."""

from dataclasses import dataclass
from datetime import datetime

from contracts.touch import DeferReason, HoldReason, Kind, SkipReason
from services.notify.touches import Touch


@dataclass(frozen=True, slots=True)
class Standing:
    """What crm says stands against reaching the lead out, at the instant it was asked."""

    booking: str | None = None
    booked_elsewhere: bool = False
    closed: str | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """What the ledger, the opt-outs and crm say at the instant of sending.

    `dead`: the address is known to reach nobody; `in_session`: they wrote by WhatsApp within a day; `called_today`:
    this number had another's welcome call; `abroad`: its country is none of ours; `unusable`: it is nobody's own;
    `paused`: an operator stopped everything; `lead_paused`: an operator has this lead's follow-up wait; `spent`: this
    touch would exceed the day's spending cap; `held_for`: why it waited before.
    """

    claimed: bool
    opted_out: bool = False
    dead: bool = False
    in_session: bool = False
    called_today: bool = False
    abroad: bool = False
    unusable: bool = False
    paused: bool = False
    lead_paused: bool = False
    spent: bool = False
    held_for: str | None = None
    standing: Standing = Standing()


@dataclass(frozen=True, slots=True)
class Send:
    address: str


@dataclass(frozen=True, slots=True)
class Skip:
    reason: SkipReason


@dataclass(frozen=True, slots=True)
class Defer:
    """This is no hour for it, or an operator has it wait: the scheduler plans it again."""

    reason: DeferReason


@dataclass(frozen=True, slots=True)
class Hold:
    """It waits here, and goes out by itself once it may."""

    reason: HoldReason


@dataclass(frozen=True, slots=True)
class Leave:
    """Somebody else has it in hand, or it is settled."""


def decide(touch: Touch, facts: Facts, now: datetime) -> Send | Skip | Defer | Hold | Leave:
    if not facts.claimed:
        return Leave()
    if facts.opted_out:
        return Skip(SkipReason.OPTED_OUT)
    if (against := _against(touch, facts.standing)) is not None:
        return Skip(against)
    if touch.address is None:
        return Skip(SkipReason.NO_ADDRESS)
    if facts.unusable:
        return Skip(SkipReason.UNUSABLE_NUMBER)
    if facts.dead:
        return Skip(SkipReason.BAD_ADDRESS)
    if facts.abroad:
        return Skip(SkipReason.ABROAD)
    if facts.called_today:
        return Skip(SkipReason.CALLED_TODAY)
    if touch.until is not None and now >= touch.until:
        return Defer(DeferReason.HOURS)
    if facts.lead_paused and touch.kind is Kind.FOLLOW_UP:
        return Defer(DeferReason.PAUSED)
    if facts.paused:
        return Hold(HoldReason.PAUSED)
    if facts.spent:
        return Hold(HoldReason.BUDGET_SPENT)
    return Send(touch.address)


def _against(touch: Touch, standing: Standing) -> SkipReason | None:
    """Why the lead's booking, or its end in Kommo, stops the touch. Neither stops what the person asked for."""
    match touch.kind:
        case Kind.ASKED_FOR:
            return None
        case _ if standing.closed is not None:
            return SkipReason.CLOSED
        case Kind.MEETING:
            same = touch.booking is not None and touch.booking.uid == standing.booking
            return None if same else SkipReason.NOT_BOOKED
        case _:
            if standing.booking is not None:
                return SkipReason.BOOKED
            return SkipReason.BOOKED_ELSEWHERE if standing.booked_elsewhere else None
