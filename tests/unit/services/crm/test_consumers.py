"""The name that crm gives to the outcome of a touch."""

from typing import Any
from uuid import uuid4

from contracts.events.base import Event
from contracts.events.call import CallUnanswered, Unanswered
from contracts.events.touch import Channel, FailureKind, TouchFailed, TouchSent
from services.crm.decisions.kommo import outcome_of


def test_the_same_outcome_of_a_touch_has_one_name_however_many_events_carry_it() -> None:
    about: dict[str, Any] = {"lead_id": 1, "touch_id": uuid4(), "step": "welcome"}

    def sent() -> Event:
        return TouchSent(**about, channel=Channel.EMAIL)

    def failed(reason: str) -> Event:
        return TouchFailed(
            **about, channel=Channel.EMAIL, kind=FailureKind.UNREACHABLE, reason=reason
        )

    assert outcome_of(sent()) == outcome_of(sent()) == f"{about['touch_id']}/touch.sent/"
    assert outcome_of(failed("63016")) != outcome_of(failed("63024"))
    unanswered = CallUnanswered(**about, reason=Unanswered.BUSY)
    assert outcome_of(unanswered) == f"{about['touch_id']}/call.unanswered/busy"
