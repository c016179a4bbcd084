"""What notify makes of crm's permit."""

import time

import pytest

import services.crm.settings as crm_settings
import services.notify.settings as notify_settings
from services.notify.crm_client import (
    ANSWER_SECONDS,
    MARGIN_SECONDS,
    CrmClient,
    CrmUnavailable,
)
from tests.wire import Wire

SEND_SECONDS = 10.0
RESERVED = SEND_SECONDS + MARGIN_SECONDS


async def test_a_permit_is_good_as_long_as_sending_ends_before_it() -> None:
    async with Wire() as wire:
        wire.answers(200, {"seconds": 60, "booked_elsewhere": True})
        crm = CrmClient(wire.url, send_seconds=SEND_SECONDS)
        before = time.monotonic()
        async with crm.permission(7, 5) as permission:
            after = time.monotonic()
            asked = [request.method for request in wire.requests]
        await crm.close()

    assert before + 60 - RESERVED <= permission.good_until <= after + 60 - RESERVED
    assert permission.good
    assert permission.eligibility.booked_elsewhere
    assert asked == ["PUT"], "it is open while the touch is sent"
    assert wire.requests[0].query == {"lead_id": "7", "person_id": "5"}
    assert [request.method for request in wire.requests] == ["PUT", "DELETE"]
    assert wire.requests[1].path == wire.requests[0].path


async def test_a_permit_that_is_too_short_to_send_in_is_said_with_its_setting() -> None:
    async with Wire() as wire:
        wire.answers(200, {"seconds": RESERVED})
        crm = CrmClient(wire.url, send_seconds=SEND_SECONDS)
        with pytest.raises(CrmUnavailable, match="PERMIT_SECONDS"):
            async with crm.permission(7):
                pytest.fail("the lead was contacted")
        await crm.close()

    assert wire.requests[0].query == {"lead_id": "7"}
    assert [request.method for request in wire.requests] == ["PUT", "DELETE"]


def test_the_times_that_are_shipped_leave_time_to_decide_and_to_send() -> None:
    permit = crm_settings.Settings.model_fields["permit_seconds"].default
    timeout = notify_settings.Settings.model_fields["provider_timeout"].default
    lease = notify_settings.Settings.model_fields["touch_lease"].default
    to_decide = permit - timeout - MARGIN_SECONDS

    assert to_decide >= ANSWER_SECONDS + 2, "crm's answer, the claim and the text"
    assert lease - timeout > to_decide, "the permit ends first: a claim does not outlive it"


@pytest.mark.parametrize(("status", "body"), [(503, {"seconds": 60}), (200, {"second": 60})])
async def test_without_an_answer_nobody_is_contacted_and_the_permit_is_ended(
    status: int, body: object
) -> None:
    async with Wire() as wire:
        wire.answers(status, body)
        crm = CrmClient(wire.url, send_seconds=SEND_SECONDS)
        with pytest.raises(CrmUnavailable):
            async with crm.permission(7):
                pytest.fail("the lead was contacted")
        await crm.close()

    assert [request.method for request in wire.requests] == ["PUT", "DELETE"]
